//! Against the running kernel; these tests need root.

#![allow(unsafe_code)] // system calls as a program makes them

use windrow_core::calls::by::By;
use windrow_core::calls::selection::Selection;
use windrow_core::calls::window::{Call, Window};
use windrow_core::edges::{Span, WallNanos};
use windrow_core::timed::Counters;

use super::*;
use crate::kernel::Grace;

fn settings() -> Settings {
    Settings {
        by: By::default(),
        selection: Selection::default(),
        tracked: false,
        own: true,
        measure: Measure::Histograms,
        tracepoints: Tracepoints::Typed,
        rows: 10_000,
        buffers: 2,
    }
}

/// What was counted while `work` was done, and how many tasks are in a call then.
fn counted(settings: &Settings, work: impl FnOnce()) -> (Window, u64) {
    let mut calls = Calls::load(settings).expect("programs load");
    calls.processes().expect("all tasks are gone through");
    let attached = calls.attach().expect("programs attach");
    calls.open();
    work();
    calls.close();
    Grace::new()
        .and_then(|grace| grace.wait())
        .expect("a grace period");
    let in_calls = calls
        .in_flight(attached)
        .expect("all tasks are gone through");
    let in_calls = in_calls.expect("none is hidden");
    let span = Span::on_edges(0, WallNanos(0), WallNanos(i64::MAX));
    (Window::merge(span, calls.drain(Epoch(0))), in_calls)
}

fn of(window: &Window, number: i64) -> Option<&Call> {
    let own = std::process::id();
    let mut calls = window.rows.iter();
    calls.find(|call| call.key.process.pid == own && i64::from(call.key.number) == number)
}

fn getppid() {
    // SAFETY: takes nothing.
    unsafe { libc::syscall(libc::SYS_getppid) };
}

/// Whichever tracepoints this kernel would be watched by.
#[test]
fn calls_are_counted_one_by_one() {
    for tracepoints in [Tracepoints::Typed, Tracepoints::Classic] {
        let settings = Settings {
            tracepoints,
            ..settings()
        };
        one_by_one(&settings);
    }
}

fn one_by_one(settings: &Settings) {
    let (window, in_calls) = counted(settings, || (0..10_000).for_each(|_| getppid()));
    let row = of(&window, libc::SYS_getppid).expect("a row");
    assert_eq!(
        (row.lo.calls, row.outcome.errors, row.is_exact()),
        (10_000, 0, true)
    );
    assert_eq!(row.durations.timed, 10_000);
    assert_eq!(row.durations.histogram().map(|it| it.count()), Some(10_000));
    assert_eq!(window.ledger.residue(), (0, 0));
    assert_eq!(window.ledger.counters.residue_of_ends(), 0);
    assert_eq!(window.ledger.counters.opened(), in_calls as i64);
}
