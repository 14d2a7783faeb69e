//! Which calls are counted, and what they are grouped by. What was not asked for is in the ledger.

use std::{collections::BTreeSet, thread, time::Duration};

use nix::libc::{SYS_execve, SYS_getppid, SYS_read, SYS_write};

use super::{
    report::Report,
    run::{Live, calls, held},
};
use crate::harness::root_or_skip;

const NOBODY: u32 = 65534;

/// All that is in rows is so many of one call.
#[track_caller]
fn assert_only(report: &Report, number: i64, count: u64) {
    assert_eq!(report.of(number).count, count, "{report:#?}");
    assert_eq!(report.sum(|_| true).count, count, "{report:#?}");
    assert!(report.summary.sums.filtered_events > 0);
}

#[test]
fn only_the_calls_that_were_named_are_counted() {
    root_or_skip!("only_the_calls_that_were_named_are_counted");
    let report = calls(&["--syscall", "getppid"], "counts 2 100");
    assert_only(&report, SYS_getppid, 200);
    let report = calls(&["--syscall", "read,write"], "counts 2 100");
    report.assert(SYS_read, 200, 0);
    report.assert(SYS_write, 200, 0);
    assert_eq!(report.sum(|_| true).count, 400);
    let report = calls(&["--syscall", "read", "--syscall", "write"], "counts 2 100");
    assert_eq!(report.sum(|_| true).count, 400);
}

#[test]
fn only_the_users_that_were_named_are_counted() {
    root_or_skip!("only_the_users_that_were_named_are_counted");
    let report = calls(&["--uid", &NOBODY.to_string()], "as-user 65534 50");
    // It is that user's from the first call that begins as such.
    assert_eq!(report.of(SYS_getppid).count, 50);
    for row in &report.rows {
        assert_eq!((row.uid, row.gid), (Some(NOBODY), Some(NOBODY)), "{row:?}");
    }
    assert!(report.summary.sums.filtered_events > 0);
    // Without the filter both are there, each with its own.
    let report = calls(&[], "as-user 65534 50");
    let of = |uid| report.sum(|row| row.is(SYS_getppid) && row.uid == Some(uid));
    assert_eq!((of(NOBODY).count, of(0).count), (50, 1));
}

#[test]
fn only_the_names_that_were_given_are_counted() {
    root_or_skip!("only_the_names_that_were_given_are_counted");
    // Of names the kernel keeps 15 bytes, and so do we.
    const LONG: &str = "somebody-with-a-long-name";
    let report = calls(
        &["--comm", LONG, "--syscall", "getppid"],
        &format!("renamed {LONG} 50"),
    );
    assert_only(&report, SYS_getppid, 50);
    for row in &report.rows {
        assert_eq!(row.comm.as_deref(), Some(&LONG[..15]));
    }
}

#[test]
fn only_the_processes_that_were_named_are_counted() {
    root_or_skip!("only_the_processes_that_were_named_are_counted");
    let mut held = [10, 20, 30].map(|n| held(&format!("ends {n} 0")));
    let pids = [held[0].pid(), held[2].pid()];
    let [first, third] = pids.map(|pid| pid.to_string());
    let live = Live::new(&["--pid", &first, "--pid", &third, "--syscall", "getppid"]);
    for held in &mut held {
        held.finish();
    }
    let report = live.stop();
    assert_only(&report, SYS_getppid, 40);
    for (pid, n) in [(pids[0], 10), (pids[1], 30)] {
        let of = report.sum(|row| row.pid == Some(pid));
        assert_eq!(of.count, n);
    }
}

#[test]
fn rows_are_what_they_are_grouped_by() {
    root_or_skip!("rows_are_what_they_are_grouped_by");
    const SCENARIO: &str = "renamed somebody 50";
    let report = calls(&["--by", "comm,syscall"], SCENARIO);
    assert_eq!(report.start.by, ["comm", "syscall"]);
    assert_eq!(report.by("somebody", SYS_getppid).count, 50);
    assert_eq!(report.by("calls", SYS_getppid).count, 1);
    assert_eq!(report.by("calls", SYS_execve).count, 1);
    let mut keys = BTreeSet::new();
    for row in &report.rows {
        assert_eq!((row.uid, row.pid, row.cgroup_id), (None, None, None));
        // None is there twice in one window.
        assert!(
            keys.insert((row.seq, row.comm.clone(), row.syscall)),
            "{row:?}"
        );
    }
    let report = calls(&["--by", "uid", "--window", "24h"], "as-user 65534 50");
    assert_eq!(report.rows.len(), 2, "{report:#?}");
    for row in &report.rows {
        let others = (row.pid, row.syscall, row.gid, row.comm.as_ref());
        assert_eq!(others, (None, None, None, None));
    }
    let nobody = report.sum(|row| row.uid == Some(NOBODY));
    // setuid ended as that user's, the calls behind it followed.
    assert_eq!(nobody.count, 51);
}

/// A run of the whole host, and what it has of windrow itself: calls in rows, and beside them.
fn of_itself(options: &[&str]) -> (u64, u64) {
    let live = Live::new(&[&["--window", "50ms"], options].concat());
    thread::sleep(Duration::from_millis(300));
    let report = live.stop();
    let own = report.sum(|row| row.pid == Some(report.start.pid)).count;
    (own, report.other("own"))
}

#[test]
fn its_own_calls_are_left_out_unless_asked_for() {
    root_or_skip!("its_own_calls_are_left_out_unless_asked_for");
    let (own, beside) = of_itself(&[]);
    assert!(own == 0 && beside > 0, "{own} in rows, {beside} beside");
    let (own, beside) = of_itself(&["--self"]);
    assert!(own > 0 && beside == 0, "{own} in rows, {beside} beside");
}
