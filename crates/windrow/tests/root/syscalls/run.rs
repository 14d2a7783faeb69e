//! `windrow syscalls` as the tests run it, and the programs whose calls it counts.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

use super::report::Report;
use crate::harness::{
    monitor::{exit_code, windrow},
    net::until,
};

/// A file of the programs, as it was when this was compiled.
macro_rules! source {
    ($name:literal) => {
        ($name, include_str!(concat!("programs/", $name)))
    };
}

const SOURCES: [(&str, &str); 6] = [
    source!("common.h"),
    source!("main.c"),
    source!("plain.c"),
    source!("tasks.c"),
    source!("times.c"),
    source!("image32.c"),
];

/// The programs, compiled once a run of the tests.
struct Programs {
    calls: String,
    /// None where there is none for 32 bits.
    image32: Option<String>,
}

fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        // Nobody would drop a directory of a static.
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("syscalls");
        fs::create_dir_all(&directory).expect("a directory");
        for (name, text) in SOURCES {
            fs::write(directory.join(name), text).expect("write");
        }
        // Without a loader, whose calls differ from host to host.
        let calls = compile(
            &directory,
            "calls",
            "-O1 -static -pthread main.c plain.c tasks.c times.c",
        );
        let image32 = compile(
            &directory,
            "image32",
            "-m32 -O1 -nostdlib -static -no-pie -fno-pie -ffreestanding -fno-stack-protector \
             image32.c",
        );
        Programs {
            calls: calls.unwrap_or_else(|said| panic!("cc: {said}")),
            image32: image32.ok(),
        }
    })
}

/// The path of a program, or what the compiler said.
fn compile(directory: &Path, name: &str, arguments: &str) -> Result<String, String> {
    let mut cc = Command::new("cc");
    cc.args(arguments.split_whitespace())
        .args(["-o", name])
        .current_dir(directory);
    let output = cc.output().expect("cc is what windrow is built with");
    let path = directory.join(name);
    match output.status.success() {
        true => Ok(path.to_str().expect("text").to_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The program that makes known calls; see programs/main.c.
pub fn program() -> String {
    programs().calls.clone()
}

/// The program for 32 bits, where the compiler makes such.
pub fn image32() -> Option<String> {
    programs().image32.clone()
}

/// Runs `windrow syscalls OPTIONS -- COMMAND`.
pub fn run(options: &[&str], command: &[&str]) -> Report {
    under(&[], options, command)
}

/// The same with a scenario of [`program`] for a command.
pub fn calls(options: &[&str], scenario: &str) -> Report {
    let program = program();
    let command: Vec<&str> = [program.as_str()]
        .into_iter()
        .chain(scenario.split(' '))
        .collect();
    let report = run(options, &command);
    assert_eq!(report.code, Some(0), "{scenario}: {}", report.stderr);
    report
}

/// The same, where `before` runs windrow.
pub fn under(before: &[&str], options: &[&str], command: &[&str]) -> Report {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name| directory.path().join(name);
    let create = |name| File::create(file(name)).expect("create");
    let lines = file("lines");
    let lines = lines.to_str().expect("text");
    let windrow = env!("CARGO_BIN_EXE_windrow");
    let mut words = before.to_vec();
    words.extend([windrow, "syscalls", "--json", "-o", lines]);
    words.extend(options);
    words.push("--");
    words.extend(command);
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(create("stdout"))
        .stderr(create("stderr"))
        .spawn()
        .expect("spawn");
    let code = exit_code(&mut child);
    let report = Report::parse(
        &read(Path::new(lines)),
        code,
        read(&file("stdout")),
        read(&file("stderr")),
    );
    assert!(report.summary.in_calls.is_some(), "all were looked at");
    report
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// A scenario that waits until it is told to begin.
pub struct Held {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Held {
    /// Starts it, and returns when it waits.
    pub fn new(scenario: &str) -> Held {
        let mut child = Command::new(program())
            .arg("held")
            .args(scenario.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("spawn");
        let stdout = child.stdout.take().expect("piped");
        let mut held = Held {
            stdin: child.stdin.take(),
            stdout: BufReader::new(stdout),
            child,
        };
        let mut line = String::new();
        held.stdout.read_line(&mut line).expect("a line");
        assert_eq!(line, "held\n");
        // It said so before it waits.
        let call = format!("/proc/{}/syscall", held.pid());
        let reads = format!("{} ", nix::libc::SYS_read);
        until("it waits", || read(Path::new(&call)).starts_with(&reads));
        held
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Lets it begin, and waits for its end.
    pub fn finish(&mut self) -> String {
        let mut stdin = self.stdin.take().expect("once");
        stdin.write_all(b"\n").expect("write");
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).expect("text");
        assert_eq!(exit_code(&mut self.child), Some(0));
        said
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Only where a test failed is it still there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A `windrow syscalls --json` of whatever runs, without a command.
pub struct Live {
    child: Child,
    directory: TempDir,
}

impl Live {
    /// Starts it, and returns when it counts.
    pub fn new(options: &[&str]) -> Live {
        let directory = tempfile::tempdir().expect("a directory");
        let file = |name| directory.path().join(name);
        let lines = file("lines");
        let child = windrow(&["syscalls", "--json", "-o"])
            .arg(&lines)
            .args(options)
            .stderr(File::create(file("stderr")).expect("create"))
            .spawn()
            .expect("spawn");
        let live = Live { child, directory };
        until("it counts", || live.read("lines").contains('\n'));
        live
    }

    fn read(&self, name: &str) -> String {
        read(&PathBuf::from(self.directory.path()).join(name))
    }

    /// SIGINT, and what it said.
    pub fn stop(mut self) -> Report {
        let pid = Pid::from_raw(self.child.id() as i32);
        kill(pid, Signal::SIGINT).expect("signal");
        let code = exit_code(&mut self.child);
        let report = Report::parse(
            &self.read("lines"),
            code,
            String::new(),
            self.read("stderr"),
        );
        assert_eq!(code, Some(0), "{}", report.stderr);
        assert!(report.summary.in_calls.is_some(), "all were looked at");
        report
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Only where a test failed is it still there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `windrow syscalls` counts of a scenario that runs already when counting begins.
pub fn calls_of_running(options: &[&str], scenario: &str) -> Report {
    let mut held = Held::new(scenario);
    let pid = held.pid().to_string();
    let mut all = vec!["--pid", &pid];
    all.extend(options);
    let live = Live::new(&all);
    let stdout = held.finish();
    Report {
        stdout,
        ..live.stop()
    }
}
