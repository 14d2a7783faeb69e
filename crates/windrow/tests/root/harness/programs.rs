//! Programs in C that make known numbers of what windrow counts, compiled once a run of the tests.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use super::{monitor::exit_code, net::until};

/// Named files, as they were when this was compiled.
pub type Sources = [(&'static str, &'static str)];

/// Files of the directory `programs` beside the one that says this.
macro_rules! sources {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("programs/", $name)))),+]
    };
}
pub(crate) use sources;

const SHARED: [(&str, &str); 1] = sources!("program.h");

/// A directory of that name with these files in it, and those that all programs share.
pub fn directory(name: &str, sources: &Sources) -> PathBuf {
    // Nobody would drop a directory of a static.
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&directory).expect("a directory");
    for (name, text) in SHARED.iter().chain(sources) {
        fs::write(directory.join(name), text).expect("write");
    }
    directory
}

/// The path of a program, or what the compiler said.
pub fn compile(directory: &Path, name: &str, arguments: &str) -> Result<String, String> {
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

/// A scenario that waits until it is told to begin, or to go on.
pub struct Held {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Held {
    /// Starts it, and returns when it waits.
    pub fn new(command: &mut Command) -> Held {
        let mut child = command
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
        until("it waits", || {
            fs::read_to_string(&call).is_ok_and(|call| call.starts_with(&reads))
        });
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
