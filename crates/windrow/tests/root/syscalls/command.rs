//! `windrow syscalls -- COMMAND`: what a command sees of windrow, and windrow of it.

use std::{
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use nix::{
    libc::{SYS_execve, SYS_getppid, SYS_rt_sigaction},
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::run::{program, run};
use crate::harness::{monitor::windrow, root_or_skip};

/// `windrow syscalls -- COMMAND`, as a user calls it.
fn plain(command: &[&str]) -> Output {
    let mut windrow = windrow(&["syscalls", "--"]);
    windrow.args(command).output().expect("run")
}

#[test]
fn it_ends_with_the_commands_exit_code() {
    root_or_skip!("it_ends_with_the_commands_exit_code");
    let program = program();
    for (code, wanted) in [("0", 0), ("3", 3), ("255", 255), ("-9", 137), ("-15", 143)] {
        let report = run(&[], &[&program, "ends", "10", code]);
        assert_eq!(report.code, Some(wanted), "{}", report.stderr);
        assert_eq!(report.summary.exit_code, Some(wanted));
        report.assert(SYS_getppid, 10, 0);
    }
    let text = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    for (command, code) in [
        ("/no/such/program", 127),
        ("no-such-program", 127),
        ("/etc/passwd", 126),
        ("/", 126),
    ] {
        let output = plain(&[command]);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(code), "{command}: {said}");
        assert_eq!(said.lines().count(), 1, "{command}: {said}");
        assert!(
            said.starts_with("windrow: ") && said.contains(command),
            "{said}"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn it_counts_the_command_from_its_execve_on_and_nothing_else() {
    root_or_skip!("it_counts_the_command_from_its_execve_on_and_nothing_else");
    let report = run(&[], &["/bin/true"]);
    report.assert(SYS_execve, 1, 0);
    report.assert(SYS_rt_sigaction, 0, 0);
    let sums = &report.summary.sums;
    assert_eq!((sums.never_returned, sums.without_enter.child), (1, 0));
    for row in &report.rows {
        assert_eq!(row.comm.as_deref(), Some("true"), "{row:?}");
        assert_ne!(row.pid, Some(report.start.pid), "{row:?}");
    }
    // A command may be called as windrow is, or be windrow.
    let windrow = env!("CARGO_BIN_EXE_windrow");
    let report = run(&[], &[windrow, "--version"]);
    report.assert(SYS_execve, 1, 0);
}

#[test]
fn standard_output_is_the_commands_and_the_report_is_on_standard_error() {
    root_or_skip!("standard_output_is_the_commands_and_the_report_is_on_standard_error");
    let output = plain(&["sh", "-c", "echo said; echo complained >&2; cat"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"said\n");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.starts_with("complained\n"), "{text}");
    assert!(
        text.contains("execve") && text.contains("residue 0"),
        "{text}"
    );
    assert!(!text.contains('\x1b'), "{text:?}");
}

#[test]
fn control_bytes_in_a_name_are_escaped() {
    root_or_skip!("control_bytes_in_a_name_are_escaped");
    const STRANGE: &str = "a\x1b[31m\x07";
    let program = program();
    let command = [program.as_str(), "renamed", STRANGE, "50"];
    let report = run(&[], &command);
    assert_eq!(report.by(r"a\u{1b}[31m\u{7}", SYS_getppid).count, 50);
    let output = windrow(&["syscalls", "--by", "comm,syscall", "--"])
        .args(command)
        .output();
    let output = output.expect("run");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!text.contains('\x1b') && !text.contains('\x07'), "{text:?}");
    assert!(text.contains(r"a\u{1b}[31m\u{7}"), "{text:?}");
}

#[test]
fn a_child_that_is_left_behind_is_not_waited_for() {
    root_or_skip!("a_child_that_is_left_behind_is_not_waited_for");
    let program = program();
    let started = Instant::now();
    let report = run(&[], &[&program, "left-behind"]);
    let took = started.elapsed();
    let child: i32 = report.stdout.trim().parse().expect("its number");
    kill(Pid::from_raw(child), Signal::SIGKILL).expect("it is there");
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert_eq!(report.code, Some(7), "{}", report.stderr);
    // Its sleep has begun and not ended.
    let sums = &report.summary.sums;
    assert_eq!((sums.in_flight, report.summary.in_calls), (1, Some(1)));
    assert_eq!(sums.never_returned, 1);
}

#[test]
fn a_signal_is_passed_on_and_the_report_comes() {
    root_or_skip!("a_signal_is_passed_on_and_the_report_comes");
    const SCRIPT: &str = "trap 'echo told; exit 5' TERM; echo ready; while :; do sleep .01; done";
    let mut child = windrow(&["syscalls", "--", "sh", "-c", SCRIPT])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("spawn");
    let mut stdout = std::io::BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stdout, &mut line).expect("a line");
    assert_eq!(line, "ready\n");
    kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM).expect("signal");
    std::io::BufRead::read_line(&mut stdout, &mut line).expect("a line");
    assert_eq!(line, "ready\ntold\n");
    let output = child.wait_with_output().expect("wait");
    assert_eq!(output.status.code(), Some(5));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("residue 0"), "{text}");
}

#[test]
fn a_user_without_privileges_gets_no_command_started() {
    const NAME: &str = "a_user_without_privileges_gets_no_command_started";
    root_or_skip!("a_user_without_privileges_gets_no_command_started");
    let ran = crate::harness::monitor::unprivileged(&["syscalls", "--", "echo", "started"]);
    let output = match ran {
        Ok(output) => output,
        Err(error) => return crate::harness::skip(NAME, &error.to_string()),
    };
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(output.stdout.is_empty(), "the command was started");
    assert!(text.contains("CAP_BPF"), "{text}");
}
