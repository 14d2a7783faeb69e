//! Bad invocations: one sentence that says what to do, the right exit code, and no command started. And a
//! run that is to end before it has said that it began.

use std::{
    fs,
    io::{Read, Write, pipe},
};

use nix::{
    fcntl::{FcntlArg, fcntl},
    libc::SYS_write,
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::harness::{
    monitor::{exit_code, windrow},
    net::until,
    root_or_skip,
};

/// What is asked for, the exit code, and what the answer says.
type Case = (&'static [&'static str], i32, &'static [&'static str]);

const CASES: &[Case] = &[
    (&["--by", "sycall"], 2, &["sycall", "did you mean syscall?"]),
    (&["--by", "uid,uid"], 2, &["uid is given twice"]),
    (&["--by", ""], 2, &["key"]),
    (&["--sort", "x"], 2, &["x", "count, time, max, errors"]),
    (&["--pid", "4194305"], 2, &["--pid", "no process 4194305"]),
    (&["--pid", "x"], 2, &["--pid"]),
    (&["--uid", "nosuchuser"], 2, &["--uid", "nosuchuser"]),
    (&["--comm", ""], 2, &["--comm"]),
    (&["--cgroup", "/no/such"], 2, &["/no/such"]),
    (&["--cgroup", "/a/../b"], 2, &["--cgroup", ".."]),
    (&["--syscall", "raed"], 2, &["--syscall", "raed", "read"]),
    (&["--syscall", ""], 2, &["--syscall"]),
    (&["--syscall", "syscall_9999"], 2, &["--syscall", "511"]),
    (&["--window", "0"], 2, &["--window"]),
    (&["--window", "8760h"], 2, &["1ms to 24h"]),
    (&["--rows", "0"], 2, &["--rows"]),
    (&["--rows", "1000M"], 2, &["--rows"]),
    (&["--rows", "-1"], 2, &["--rows", "above 0"]),
    (&["--top", "0"], 2, &["--top"]),
    (&["--rollup", "1500ms"], 2, &["1500 ms", "1 s"]),
    (&["--json", "--csv"], 2, &["--json", "--csv"]),
    (&["-o", "/no/such/file"], 1, &["/no/such/file"]),
    (&["-o", "/"], 1, &["cannot write to /"]),
];

#[test]
fn bad_invocations_are_told_in_a_sentence_and_start_nothing() {
    root_or_skip!("bad_invocations_are_told_in_a_sentence_and_start_nothing");
    for (arguments, code, parts) in CASES {
        for rest in [&["--duration", "100ms"][..], &["--", "echo", "started"]] {
            let mut windrow = windrow(&["syscalls"]);
            let output = windrow.args(*arguments).args(rest).output().expect("run");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {said}");
            assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
            let first = said.lines().next().expect("a sentence");
            let usage = first.starts_with("error: ");
            assert!(usage || first.starts_with("windrow: "), "{said}");
            assert!(usage || said.lines().count() == 1, "{said}");
            for part in *parts {
                assert!(said.contains(part), "{arguments:?}: {part:?} in {said}");
            }
        }
    }
}

#[test]
fn a_signal_amid_the_first_line_ends_the_run_with_a_summary() {
    root_or_skip!("a_signal_amid_the_first_line_ends_the_run_with_a_summary");
    // The reader is slow: there is no room for the line until it reads.
    let (mut reader, mut writer) = pipe().expect("a pipe");
    let room = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(1)).expect("its size");
    let filling = vec![b'\n'; room as usize];
    writer.write_all(&filling).expect("room");
    let mut command = windrow(&["syscalls", "--json", "--syscall", "getppid"]);
    let mut child = command.stdout(writer).spawn().expect("spawn");
    drop(command);
    let call = format!("/proc/{}/syscall", child.id());
    let writing = format!("{SYS_write} 0x1 ");
    until("it writes the first line", || {
        fs::read_to_string(&call).is_ok_and(|call| call.starts_with(&writing))
    });
    kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM).expect("signal");
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("text");
    assert_eq!(exit_code(&mut child), Some(0), "{text}");
    let last = text.lines().last().expect("a line");
    assert!(last.starts_with(r#"{"type":"summary","#), "{text}");
}
