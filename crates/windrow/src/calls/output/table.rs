//! A table of calls, fitted to a width.

use std::time::Duration;

use windrow_core::calls::by::{By, Key};
use windrow_core::calls::top::Sort;
use windrow_core::calls::window::Call;

use crate::calls::output::row::{comm_of, name_of};
use crate::output::layout::{self, Column};
use crate::output::units;
use crate::timed::output::Style;

/// What is shown of rows.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// What they are grouped by.
    pub by: By,
    /// What they are ranked by.
    pub sort: Sort,
    /// Calls are only counted.
    pub counts: bool,
}

/// Names are not made shorter than this.
const LEAST_NAME: usize = 8;

/// Titles, then a line a row. Rates and shares are of so long, and of the time of all; where calls are only
/// counted, that is all there is.
pub fn lines(
    calls: &[&Call],
    shown: &Shown,
    over: Duration,
    total_ns: u64,
    style: &mut Style,
) -> Vec<String> {
    let by = &shown.by;
    let mut columns = Vec::new();
    let mut add = |title, right, least, rank, cells: Vec<String>| {
        columns.push(Column {
            title,
            right,
            least,
            rank,
            cells,
        });
    };
    let cells = |cell: &mut dyn FnMut(&Call) -> String| -> Vec<String> {
        calls.iter().map(|call| cell(call)).collect()
    };
    if by.has(Key::Pid) || by.has(Key::Comm) {
        let names = cells(&mut |call| comm_of(call, by));
        add("COMMAND", false, Some(LEAST_NAME), 0, names);
    }
    if by.has(Key::Pid) {
        add("PID", true, None, 0, cells(&mut pid));
    }
    if by.has(Key::Uid) {
        let names = cells(&mut |call| style.users.name(call.key.uid));
        add("USER", false, Some(LEAST_NAME), 3, names);
    }
    // By default it says nothing that the user does not.
    if by.has(Key::Gid) && *by != By::default() {
        add(
            "GID",
            true,
            None,
            6,
            cells(&mut |call| call.key.gid.to_string()),
        );
    }
    if by.has(Key::Cgroup) {
        let paths = cells(&mut |call| {
            let path = style.cgroups.path(call.key.cgroup);
            path.unwrap_or_else(|| format!("{} (gone)", call.key.cgroup))
        });
        add("CGROUP", false, Some(LEAST_NAME), 7, paths);
    }
    if by.has(Key::Syscall) {
        let names = cells(&mut |call| match call.key.begun_before {
            true => format!("{} (begun before)", name_of(call)),
            false => name_of(call).into_owned(),
        });
        add("SYSCALL", false, None, 0, names);
    }
    if !by.has(Key::Syscall) && calls.iter().any(|call| call.key.begun_before) {
        let before = |call: &Call| match call.key.begun_before {
            true => "before".to_owned(),
            false => String::new(),
        };
        add("BEGUN", false, None, 0, cells(&mut |call| before(call)));
    }
    add("COUNT", true, None, 0, cells(&mut count));
    let rate = |call: &Call| units::event_rate(call.lo.calls, over);
    add("RATE", true, None, 2, cells(&mut |call| rate(call)));
    if !shown.counts {
        of_ends(calls, shown.sort, total_ns, &mut columns);
    }
    if let Some(width) = style.width {
        layout::fit(&mut columns, width);
    }
    layout::rows(&columns, calls.len(), style.width)
}

/// What is known where calls end.
fn of_ends(calls: &[&Call], sort: Sort, total_ns: u64, columns: &mut Vec<Column>) {
    // What rows are ranked by stays, however narrow it is.
    let rank = |by: Sort, rank: u8| if sort == by { 0 } else { rank };
    let mut add = |title, rank, cell: &dyn Fn(&Call) -> String| {
        columns.push(Column {
            title,
            right: true,
            least: None,
            rank,
            cells: calls.iter().map(|call| cell(call)).collect(),
        });
    };
    add("TIME", rank(Sort::Time, 4), &|call| nanos(Some(call.lo.ns)));
    add("TIME %", 1, &|call| {
        units::percent(call.lo.ns as f64 / total_ns.max(1) as f64)
    });
    add("MEAN", 5, &|call| nanos(mean(call)));
    for (title, q, at) in [("P50", 0.5, 4), ("P99", 0.99, 5)] {
        add(title, at, &|call| match call.durations.is_unknown() {
            true => "?".to_owned(),
            false => nanos(call.durations.quantile(q)),
        });
    }
    add("MAX", rank(Sort::Max, 6), &|call| {
        nanos((call.durations.timed > 0).then_some(call.durations.max_ns))
    });
    add(
        "ERRORS",
        rank(Sort::Errors, 6),
        &|call| match call.outcome.errors {
            0 => String::new(),
            errors => units::count(errors),
        },
    );
}

/// `20691 (1)`: in the process's own namespace it has another number.
fn pid(call: &Call) -> String {
    let pid = call.key.process.pid;
    match call.inner_pid {
        inner if inner == pid => pid.to_string(),
        inner => format!("{pid} ({inner})"),
    }
}

/// `1,234`, or `1,234 +56`: at most so many more.
fn count(call: &Call) -> String {
    let more = call.hi.calls - call.lo.calls.min(call.hi.calls);
    match more {
        0 => units::count(call.lo.calls),
        more => format!("{} +{}", units::count(call.lo.calls), units::count(more)),
    }
}

/// How long a call took in the mean.
fn mean(call: &Call) -> Option<u64> {
    call.lo.ns.checked_div(call.durations.timed)
}

fn nanos(ns: Option<u64>) -> String {
    ns.map_or_else(
        || "-".to_owned(),
        |ns| units::duration(Duration::from_nanos(ns)),
    )
}
