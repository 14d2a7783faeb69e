//! Signals: calls that they interrupt, and those that are made for them.

use nix::libc::{
    SYS_getpid, SYS_kill, SYS_nanosleep, SYS_read, SYS_restart_syscall, SYS_rt_sigreturn,
};

use super::run::{calls, calls_of_running};
use crate::harness::root_or_skip;

const MS: u64 = 1_000_000;

#[test]
fn a_return_from_a_handler_is_counted_as_what_it_began_as() {
    root_or_skip!("a_return_from_a_handler_is_counted_as_what_it_began_as");
    for report in [
        calls(&[], "signals 100"),
        calls_of_running(&[], "signals 100"),
    ] {
        report.assert(SYS_rt_sigreturn, 100, 0);
        report.assert(SYS_kill, 100, 0);
        report.assert(SYS_getpid, 100, 0);
        report.assert(-1, 0, 0);
        let untimed = report.sum(|row| !row.begun_before).untimed;
        assert_eq!(untimed, 0);
    }
}

#[test]
fn a_sleep_that_a_handler_ends_is_an_error() {
    root_or_skip!("a_sleep_that_a_handler_ends_is_an_error");
    let report = calls(&[], "handled");
    // The sleep returned -516 to the kernel; what it returned to the program, sigreturn returned.
    report.assert(SYS_nanosleep, 1, 1);
    report.assert(SYS_rt_sigreturn, 1, 1);
    report.assert(SYS_restart_syscall, 0, 0);
    assert!(report.of(SYS_nanosleep).total_ns < 10_000 * MS);
}

#[test]
fn a_sleep_that_goes_on_is_a_call_of_its_own() {
    root_or_skip!("a_sleep_that_goes_on_is_a_call_of_its_own");
    let report = calls(&[], "stopped");
    report.assert(SYS_nanosleep, 1, 1);
    report.assert(SYS_restart_syscall, 1, 0);
    let (slept, rest) = (report.of(SYS_nanosleep), report.of(SYS_restart_syscall));
    let both = slept.total_ns + rest.total_ns;
    // Stopped, it was in neither of them.
    assert!(
        slept.total_ns < 2_000 * MS && both < 4_000 * MS,
        "{slept:?} {rest:?}"
    );
}

#[test]
fn a_read_that_begins_again_is_counted_twice() {
    root_or_skip!("a_read_that_begins_again_is_counted_twice");
    let report = calls(&[], "restarted");
    let read = report.by("reader", SYS_read);
    assert_eq!((read.count, read.errors), (2, 1));
    assert_eq!(report.by("reader", SYS_rt_sigreturn).count, 1);
}
