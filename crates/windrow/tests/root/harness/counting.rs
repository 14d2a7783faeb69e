//! `windrow COMMAND --json` for what is no packet: of a command, or of whatever runs.

use std::{
    fs::{self, File},
    marker::PhantomData,
    path::Path,
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

use super::{
    monitor::{exit_code, windrow},
    net::until,
    skip,
    timed::{Kind, Run},
};

/// Runs what follows as the first process of a pid namespace of its own.
pub const FIRST: [&str; 3] = ["unshare", "-pf", "--mount-proc"];

/// Whether that can be done; says by the test's name if it cannot.
pub fn has_pid_namespaces(name: &str) -> bool {
    let mut unshare = Command::new(FIRST[0]);
    let ran = unshare.args(&FIRST[1..]).arg("true").output();
    let has = ran.is_ok_and(|ran| ran.status.success());
    if !has {
        skip(name, "no pid namespaces here");
    }
    has
}

/// What a run wrote.
#[derive(Debug, Default)]
pub struct Written {
    pub lines: String,
    pub code: Option<i32>,
    /// Of the command that was run.
    pub stdout: String,
    pub stderr: String,
}

/// Runs `windrow COMMAND OPTIONS -- WORDS`, which `before` runs.
pub fn run<K: Kind>(before: &[&str], options: &[&str], words: &[&str]) -> Run<K> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name| directory.path().join(name);
    let create = |name| File::create(file(name)).expect("create");
    let lines = file("lines");
    let mut all = before.to_vec();
    all.extend([env!("CARGO_BIN_EXE_windrow"), K::COMMAND, "--json", "-o"]);
    all.push(lines.to_str().expect("text"));
    all.extend(options);
    all.push("--");
    all.extend(words);
    let mut child = Command::new(all[0])
        .args(&all[1..])
        .stdin(Stdio::null())
        .stdout(create("stdout"))
        .stderr(create("stderr"))
        .spawn()
        .expect("spawn");
    whole(Written {
        code: exit_code(&mut child),
        lines: text(&lines),
        stdout: text(&file("stdout")),
        stderr: text(&file("stderr")),
    })
}

/// Of one that saw all tasks of the host.
fn whole<K: Kind>(written: Written) -> Run<K> {
    let run = Run::read(written);
    K::check_whole(&run);
    run
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// A run of whatever there is, without a command.
pub struct Live<K> {
    child: Child,
    directory: TempDir,
    kind: PhantomData<K>,
}

impl<K: Kind> Live<K> {
    /// Starts it, and returns when it counts.
    pub fn new(options: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = |name| directory.path().join(name);
        let child = windrow(&[K::COMMAND, "--json", "-o"])
            .arg(file("lines"))
            .args(options)
            .stderr(File::create(file("stderr")).expect("create"))
            .spawn()
            .expect("spawn");
        let mut live = Live {
            child,
            directory,
            kind: PhantomData,
        };
        until("it counts", || {
            live.text("lines").contains('\n') || live.child.try_wait().expect("wait").is_some()
        });
        live
    }

    fn text(&self, name: &str) -> String {
        text(&self.directory.path().join(name))
    }

    /// SIGINT, and what it said.
    pub fn stop(mut self) -> Run<K> {
        let pid = Pid::from_raw(self.child.id() as i32);
        kill(pid, Signal::SIGINT).expect("signal");
        let code = exit_code(&mut self.child);
        let stderr = self.text("stderr");
        assert_eq!(code, Some(0), "{stderr}");
        whole(Written {
            lines: self.text("lines"),
            code,
            stdout: String::new(),
            stderr,
        })
    }
}

impl<K> Drop for Live<K> {
    fn drop(&mut self) {
        // Only where a test failed is it still there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
