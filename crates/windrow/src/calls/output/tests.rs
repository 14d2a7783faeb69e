//! What tables and reports of calls look like.

use windrow_core::calls::by::Key;
use windrow_core::calls::key::CallKey;
use windrow_core::calls::slice::{Outcome, Row, Slice};
use windrow_core::edges::{Span, WallNanos};
use windrow_core::process::{Comm, Process};
use windrow_core::slice::MonoNanos;
use windrow_core::timed::durations::Durations;
use windrow_core::timed::spent::Spent;

use std::time::Duration;

use windrow_core::calls::by::By;
use windrow_core::calls::run::Run;

use super::*;
use crate::timed::cgroups::Cgroups;
use crate::timed::output::{Style, Summary};
use crate::timed::users::Users;

fn comm(name: &str) -> Comm {
    let mut comm = Comm::default();
    comm.0[..name.len()].copy_from_slice(name.as_bytes());
    comm
}

/// `calls` calls of `ns` each.
fn row(pid: u32, number: i32, calls: u64, ns: u64) -> Row {
    let mut durations = Durations::default();
    (0..calls).for_each(|_| durations.add(&Durations::new(1, ns, ns, None)));
    Row {
        key: CallKey {
            process: Process { pid, life: 1 },
            number,
            ..CallKey::default()
        },
        spent: Spent::new(calls, calls * ns),
        durations,
        outcome: Outcome::default(),
        comm: comm("sh"),
        inner_pid: pid,
        base: Spent::ZERO,
        hash: 0,
        first: MonoNanos(0),
        last: MonoNanos(0),
    }
}

/// A second in which two processes called, and one more call was folded if `folded`.
fn window(folded: bool) -> Window {
    let span = Span::on_edges(0, WallNanos(0), WallNanos(1_000_000_000));
    let mut failed = row(7, -1, 2, 400);
    (failed.outcome.errors, failed.inner_pid) = (2, 1);
    let mut slice = Slice {
        rows: vec![row(12, 0, 1500, 2_000), failed],
        capacity_rows: 10,
        ..Slice::default()
    };
    let counters = &mut slice.counters;
    (counters.events, counters.matched) = (1502, 1502);
    (counters.enters, counters.seen) = (1503, Spent::new(1502, 3_000_800));
    counters.never_returned = 1;
    if folded {
        slice.folded = Spent::new(1, 10);
        slice.rows[0].base = slice.folded;
        slice.counters.seen += slice.folded;
        (slice.counters.events, slice.counters.matched) = (1503, 1503);
        slice.counters.enters = 1504;
    }
    Window::merge(span, vec![slice])
}

fn style(width: Option<usize>) -> Style {
    Style {
        width,
        users: Users::new(true),
        cgroups: Cgroups::new(),
    }
}

fn table(window: &Window, by: &By, width: Option<usize>, counts: bool) -> Vec<String> {
    let calls = top(&window.rows, None, Sort::Count);
    let second = Duration::from_secs(1);
    let shown = table::Shown {
        by: *by,
        sort: Sort::Count,
        counts,
    };
    table::lines(&calls, &shown, second, 3_000_800, &mut style(width))
}

#[test]
fn rows_have_what_is_known_of_them() {
    let lines = table(&window(false), &By::default(), None, false);
    assert_eq!(
        lines,
        [
            "COMMAND    PID  USER  SYSCALL     COUNT      RATE    TIME   TIME %    MEAN     P50     P99     MAX  ERRORS",
            "sh          12  0     read        1,500  1.50 k/s  3.0 ms  >99.9 %  2.0 µs  2.0 µs  2.0 µs  2.0 µs",
            "sh       7 (1)  0     syscall_-1      2      2 /s  800 ns   <0.1 %  400 ns  400 ns  400 ns  400 ns       2",
        ]
    );
}

#[test]
fn what_may_be_missing_is_said_and_narrow_tables_keep_what_tells_rows_apart() {
    let lines = table(&window(true), &By::default(), Some(40), false);
    assert!(
        lines.iter().all(|line| line.chars().count() <= 40),
        "{lines:?}"
    );
    assert!(lines[1].contains("1,500 +1"), "{lines:?}");
    assert!(lines[0].contains("SYSCALL"), "{lines:?}");
}

#[test]
fn counts_alone_have_no_durations() {
    let lines = table(&window(false), &By::of(&[Key::Syscall]), None, true);
    assert_eq!(lines[0], "SYSCALL     COUNT      RATE");
}

#[test]
fn the_report_says_where_every_call_is() {
    let mut run = Run::default();
    run.add(&window(true), 0);
    let summary = Summary {
        run: &run,
        in_flight: Some(0),
        length: Duration::from_secs(1),
        exit_code: None,
    };
    let lines = report::lines(
        &summary,
        &By::default(),
        Some(1),
        Sort::Count,
        &mut style(None),
    );
    assert_eq!(
        lines[0],
        "Total calls: 1,503 in 1.00 s (1.50 k/s), 3.0 ms in them; at least 2 errors"
    );
    assert_eq!(
        lines[1],
        "Ended: 1,503 = 1,502 in rows + 1 in sums only, residue 0"
    );
    assert_eq!(
        lines[2],
        "Begun: 1,504 = 1,503 ended + 1 never returned, residue 0"
    );
    assert_eq!(
        lines[3],
        "Not told apart below: 1 call, of which each row may have some (+n: at most n more)"
    );
    assert_eq!(lines[5], "Top 1 by count:");
    assert_eq!(lines.len(), 8);
}

#[test]
fn csv_has_a_column_for_every_field_of_a_row() {
    for by in [
        "uid,gid,pid,syscall",
        "comm,syscall",
        "cgroup",
        "pid,comm,cgroup",
    ] {
        let by = By::parse(by).expect("keys");
        let window = window(false);
        let fields = row::RowFields::of(&window, &window.rows[0], &by, &mut Cgroups::new());
        let mut out = csv_of(&fields);
        out.truncate(out.trim_end().len());
        assert_eq!(out.split(',').count(), row::columns(&by).len(), "{out}");
    }
}

fn csv_of(fields: &row::RowFields) -> String {
    let mut writer = ::csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    writer.serialize(fields).expect("a row");
    String::from_utf8(writer.into_inner().expect("flushed")).expect("text")
}
