//! What a signal that is sent does to windrow and its command.

use std::io::{BufRead, BufReader};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::*;

/// Counts how often it is told, for a while after the first time; exits with 40 and that number.
pub const COUNT: &str = "n=0; trap 'n=$((n+1))' HUP INT QUIT TERM USR1 USR2; echo ready; \
                         for i in $(seq 500); do [ $n = 0 ] || break; sleep .02; done; \
                         sleep .3; sleep .01; exit $((40+n))";

/// The stand-in, once its command is ready.
fn ready(launcher: &[&str], script: &str) -> Child {
    let mut command = windrow(launcher, &["sh", "-c", script]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "ready"));
    child
}

fn tell(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
}

#[test]
fn a_signal_sent_to_windrow_reaches_the_command_once() {
    for signal in [
        Signal::SIGHUP,
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGTERM,
        Signal::SIGUSR1,
        Signal::SIGUSR2,
    ] {
        let mut child = ready(&[], COUNT);
        tell(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(41), "{signal}");
    }
}

#[test]
fn a_command_that_a_signal_ends_is_reported_by_windrow() {
    let mut child = ready(&[], "echo ready; exec sleep 30");
    tell(&child, Signal::SIGTERM);
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15));
}

#[test]
fn a_stopped_command_has_not_ended() {
    let output = script(&[], "(sleep .1; kill -CONT $$) & kill -STOP $$; exit 5");
    assert_eq!(output.status.code(), Some(5));
}

#[test]
fn what_windrow_was_started_to_ignore_the_command_ignores_too() {
    let output = script(&["env", "--ignore-signal=HUP"], "kill -HUP $$; exit 6");
    assert_eq!(output.status.code(), Some(6));
    let output = script(&[], "kill -HUP $$; exit 6");
    assert_eq!(output.status.code(), Some(128 + 1));
}

#[test]
fn a_command_is_ended_by_a_pipe_that_nobody_reads() {
    let output = script(&[], "kill -PIPE $$; exit 6");
    assert_eq!(output.status.code(), Some(128 + 13));
}

#[test]
fn no_signal_is_blocked_or_ignored_that_was_not_before() {
    let masks = "grep -E '^Sig(Blk|Ign)' /proc/self/status";
    let alone = Command::new("env")
        .args(["--default-signal", "sh", "-c", masks])
        .output()
        .unwrap();
    assert!(script(&[], masks).stdout.ends_with(&alone.stdout));
}

#[test]
fn its_end_is_seen_where_the_signal_of_it_was_ignored_or_blocked() {
    for launcher in ["--ignore-signal=CHLD", "--block-signal=CHLD"] {
        let output = script(&["env", launcher], "exit 7");
        assert_eq!(output.status.code(), Some(7), "{launcher}");
    }
}
