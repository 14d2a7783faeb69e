//! Tasks that begin and end in every way there is.

use std::collections::{BTreeMap, BTreeSet};

use nix::libc::{
    SYS_clone, SYS_clone3, SYS_execve, SYS_getppid, SYS_ppoll, SYS_prctl, SYS_read, SYS_setsid,
    SYS_wait4,
};

use super::{
    report::Report,
    run::{calls, calls_of_running, run},
};
use crate::harness::root_or_skip;

/// Calls that tasks did not come back from, and children's ways out, of a command.
#[track_caller]
fn assert_ends(report: &Report, never_returned: u64, children: u64) {
    let sums = &report.summary.sums;
    let seen = (sums.never_returned, sums.without_enter.child);
    assert_eq!(seen, (never_returned, children), "{report:#?}");
    assert_eq!(report.other("child_return"), children);
    assert_eq!(sums.without_enter.refused, 0);
    assert_eq!((sums.in_flight, report.summary.in_calls), (0, Some(0)));
}

#[test]
fn a_fork_is_one_call_and_its_child_comes_out_of_none() {
    root_or_skip!("a_fork_is_one_call_and_its_child_comes_out_of_none");
    let report = calls(&[], "forks 100");
    report.assert(SYS_clone, 100, 0);
    report.assert(SYS_wait4, 100, 0);
    assert_ends(&report, 101, 100);
    // No child has a call without a beginning.
    let untimed = report.sum(|_| true).untimed;
    assert_eq!(untimed, 0);
    let report = calls_of_running(&[], "forks 100");
    report.assert(SYS_clone, 100, 0);
    report.assert(SYS_wait4, 100, 0);
}

#[test]
fn children_that_share_memory_until_execve_are_followed() {
    root_or_skip!("children_that_share_memory_until_execve_are_followed");
    let report = calls(&[], "vforks 20 /bin/true");
    #[cfg(target_arch = "x86_64")]
    report.assert(nix::libc::SYS_vfork, 20, 0);
    report.assert(SYS_execve, 21, 0);
    assert_ends(&report, 21, 20);
}

#[test]
fn daemons_in_sessions_of_their_own_belong_to_the_command() {
    root_or_skip!("daemons_in_sessions_of_their_own_belong_to_the_command");
    let report = calls(&[], "daemons 10 7");
    report.assert(SYS_getppid, 70, 0);
    report.assert(SYS_setsid, 10, 0);
    report.assert(SYS_clone, 20, 0);
    let sums = &report.summary.sums;
    assert_eq!(sums.without_enter.child, 20);
}

#[test]
fn threads_that_end_leave_nothing_open() {
    root_or_skip!("threads_that_end_leave_nothing_open");
    let report = calls(&[], "threads 64 10");
    report.assert(SYS_getppid, 640, 0);
    let made = report.of(SYS_clone3).count - report.of(SYS_clone3).errors;
    assert_eq!(made + report.of(SYS_clone).count, 64);
    assert_ends(&report, 65, 64);
}

#[test]
fn an_execve_of_a_later_thread_is_the_processes() {
    root_or_skip!("an_execve_of_a_later_thread_is_the_processes");
    let report = calls(&[], "exec-thread 3 ends 10 0");
    report.assert(SYS_execve, 2, 0);
    report.assert(SYS_getppid, 10, 0);
    // The first thread and three others were sleeping: they are killed in it, and nobody sees it end.
    assert_eq!(report.of(SYS_ppoll).count, 0);
    assert_ends(&report, 5, 4);
    let pids: BTreeSet<u32> = report.rows.iter().filter_map(|row| row.pid).collect();
    assert_eq!(pids.len(), 1, "{report:#?}");
}

#[test]
fn an_exit_ends_the_calls_of_other_threads() {
    root_or_skip!("an_exit_ends_the_calls_of_other_threads");
    let report = calls(&[], "exit-amid 8");
    assert_eq!(report.of(SYS_ppoll).count, 0);
    assert_eq!(report.of(SYS_read).errors, 0);
    assert_ends(&report, 17, 16);
}

#[test]
fn a_storm_of_execves_names_each_process() {
    root_or_skip!("a_storm_of_execves_names_each_process");
    const SCRIPT: &str = "i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done";
    // Room for all of it on one CPU, if it so happens; windows that end in the middle of it all.
    let report = run(
        &["--rows", "40000", "--window", "10ms"],
        &["sh", "-c", SCRIPT],
    );
    assert_eq!(report.code, Some(0), "{}", report.stderr);
    report.assert(SYS_execve, 201, 0);
    assert_ends(&report, 201, 200);
    // A row carries the name that its process had last in its window, which may end amid an execve.
    let mut named = BTreeMap::new();
    for row in &report.rows {
        let name = row.comm.as_deref().expect("asked for");
        let before = named.insert((row.pid.expect("asked for"), row.seq), name);
        assert!(before.is_none_or(|before| before == name), "{row:?}");
    }
    let last: BTreeMap<u32, &str> = named.iter().map(|((pid, _), name)| (*pid, *name)).collect();
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for name in last.into_values() {
        *names.entry(name).or_default() += 1;
    }
    let names: Vec<(&str, usize)> = names.into_iter().collect();
    assert_eq!(names, [("sh", 1), ("true", 200)]);
    // By name: an execve ends under the new one.
    let report = run(&["--by", "comm,syscall"], &["sh", "-c", SCRIPT]);
    assert_eq!(report.by("true", SYS_execve).count, 200);
    assert_eq!(report.by("sh", SYS_execve).count, 1);
}

#[test]
fn a_row_carries_the_name_of_the_process_and_not_of_a_thread() {
    root_or_skip!("a_row_carries_the_name_of_the_process_and_not_of_a_thread");
    for by in ["pid,syscall", "comm,syscall"] {
        let report = calls(&["--by", by], "named-thread 50");
        assert_eq!(report.by("calls", SYS_getppid).count, 50, "--by {by}");
        assert_eq!(report.by("worker", SYS_getppid).count, 0, "--by {by}");
    }
}

#[test]
fn two_processes_of_one_pid_are_not_mixed() {
    root_or_skip!("two_processes_of_one_pid_are_not_mixed");
    let report = calls(&["--window", "10s"], "same-pid 10 20");
    let first = report.by("first", SYS_getppid).count;
    assert_eq!((first, report.by("second", SYS_getppid).count), (10, 20));
    report.assert(SYS_clone3, 2, 0);
    let named = report.rows.iter().filter(|row| row.is(SYS_prctl));
    let pids: BTreeSet<Option<u32>> = named.map(|row| row.pid).collect();
    assert_eq!(pids.len(), 1, "both had the same pid");
}
