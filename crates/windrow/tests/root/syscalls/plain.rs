//! Calls that simply return, from one thread or many, and numbers that are no call's.

use nix::libc::{SYS_getppid, SYS_openat, SYS_prctl, SYS_read, SYS_write};

use super::{
    report::Report,
    run::{calls, calls_of_running},
};
use crate::harness::root_or_skip;

/// Of `tasks` that make `n` of each of four calls.
#[track_caller]
fn assert_counts(report: &Report, tasks: u64, n: u64) {
    let all = tasks * n;
    report.assert(SYS_getppid, all, 0);
    report.assert(SYS_write, all, 0);
    let sum = report.of(SYS_openat);
    assert_eq!(sum.errors, all, "{sum:?}");
    assert_eq!(report.of(SYS_read).errors, 0);
    assert_eq!(report.summary.lost, 0);
    for row in &report.rows {
        assert!(row.exact, "{row:?}");
    }
}

#[test]
fn calls_of_threads_on_every_cpu_are_counted_exactly() {
    root_or_skip!("calls_of_threads_on_every_cpu_are_counted_exactly");
    let report = calls(&[], "counts 4 10000");
    assert_counts(&report, 4, 10_000);
    report.assert(SYS_read, 40_000, 0);
    // Each opened two files that there are.
    report.assert(SYS_openat, 40_000 + 8, 40_000);
    assert!(report.start.of_command);
    assert_eq!(report.summary.exit_code, Some(0));
    assert_eq!(report.stderr, "");
}

#[test]
fn calls_of_a_process_that_runs_already_are_counted_exactly() {
    root_or_skip!("calls_of_a_process_that_runs_already_are_counted_exactly");
    let report = calls_of_running(&["--window", "50ms"], "counts 4 10000");
    assert_counts(&report, 4, 10_000);
    // It waited in a call that nobody saw begin: a row of its own, without a time.
    let before = report.sum(|row| row.begun_before);
    assert_eq!((before.count, before.untimed, before.total_ns), (1, 1, 0));
    assert_eq!(
        report
            .sum(|row| row.is(SYS_read) && !row.begun_before)
            .count,
        40_000
    );
}

#[test]
fn a_storm_of_64_tasks_is_counted_exactly() {
    root_or_skip!("a_storm_of_64_tasks_is_counted_exactly");
    const TASKS: u64 = 64;
    const N: u64 = 5000;
    let report = calls(&["--window", "100ms"], &format!("storm {TASKS} {N}"));
    assert!(report.windows.len() > 1, "{:?}", report.summary);
    assert_counts(&report, TASKS, N);
    report.assert(SYS_read, TASKS * N, 0);
    report.assert(SYS_openat, TASKS * N + 2, TASKS * N);
    assert_eq!(report.summary.sums.folded_events, 0);
    // All that were called often have their quantiles.
    let often = report.rows.iter().filter(|row| row.count >= 3);
    assert!(often.clone().count() > 4 * TASKS as usize);
    for row in often {
        assert!(row.p50_ns.is_some() && row.p99_ns.is_some(), "{row:?}");
    }
    for window in &report.windows {
        assert_eq!(
            (window.lost, window.without_quantiles),
            (0, 0),
            "{window:?}"
        );
    }
}

#[test]
fn longer_windows_hold_what_the_shorter_ones_do() {
    root_or_skip!("longer_windows_hold_what_the_shorter_ones_do");
    let options = ["--window", "50ms", "--rollup", "200ms,1s"];
    let report = calls(&options, "storm 8 5000");
    assert_counts(&report, 8, 5000);
    for length_ns in [200_000_000, 1_000_000_000] {
        let rows = || report.rows.iter().filter(|row| row.window_ns == length_ns);
        let count = rows()
            .filter(|row| row.is(SYS_getppid))
            .map(|row| row.count);
        assert_eq!(count.sum::<u64>(), 40_000, "windows of {length_ns} ns");
        for row in rows().filter(|row| row.count >= 3) {
            assert!(row.p50_ns.is_some(), "{row:?}");
        }
    }
}

#[test]
fn numbers_that_are_no_calls_have_rows_of_their_own() {
    root_or_skip!("numbers_that_are_no_calls_have_rows_of_their_own");
    for report in [calls(&[], "odd 50"), calls_of_running(&[], "odd 50")] {
        report.assert(-1, 50, 50);
        report.assert(9999, 50, 50);
        for row in report.rows.iter().filter(|row| row.is(-1) || row.is(9999)) {
            let name = format!("syscall_{}", row.syscall.expect("asked for"));
            assert_eq!(row.name.as_deref(), Some(name.as_str()));
        }
    }
}

#[test]
fn what_seccomp_refuses_is_an_error_without_a_time() {
    root_or_skip!("what_seccomp_refuses_is_an_error_without_a_time");
    for report in [
        calls(&[], "refused 500"),
        calls_of_running(&[], "refused 500"),
    ] {
        report.assert(SYS_getppid, 500, 500);
        let rows = report.rows.iter().filter(|row| row.is(SYS_getppid));
        for row in rows {
            assert_eq!((row.untimed, row.total_ns), (row.count, 0), "{row:?}");
            let times = [row.min_ns, row.max_ns, row.p50_ns, row.p99_ns];
            assert_eq!(times, [None; 4], "{row:?}");
        }
        assert!(report.summary.sums.without_enter.refused >= 500);
        // The calls that asked for it are calls as any other.
        let asked = report.of(SYS_prctl);
        assert_eq!((asked.count, asked.errors, asked.untimed), (2, 0, 0));
    }
    let report = calls(&[], "refused 500");
    assert_eq!(report.summary.sums.without_enter.refused, 500);
}
