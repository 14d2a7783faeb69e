//! What `windrow syscalls --json` wrote: the lines of the contract, and the promises that hold for every run.

// Of some fields the tests ask no more than that a line has them.
#![allow(dead_code)]

use serde::Deserialize;

use crate::harness::timed::{Kind, Other, Run};

#[derive(Debug, Clone, Deserialize)]
pub struct Start {
    pub source: String,
    pub by: Vec<String>,
    pub window_ns: u64,
    pub memory_bytes: u64,
    pub rows_per_cpu: u64,
    pub pid: u32,
    pub of_command: bool,
}

/// Where calls are, of a window or of a run.
#[derive(Debug, Clone, Deserialize)]
pub struct Sums {
    pub events: u64,
    pub total_ns: u64,
    pub folded_events: u64,
    pub folded_ns: u64,
    pub other_events: u64,
    pub filtered_events: u64,
    pub enters: u64,
    pub matched: u64,
    pub never_returned: u64,
    pub without_enter: WithoutEnter,
    pub unfollowed_enters: u64,
    pub in_flight: i64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub struct WithoutEnter {
    pub child: u64,
    pub refused: u64,
    pub begun_before: u64,
    pub untracked: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Window {
    pub seq: u64,
    pub window_ns: u64,
    #[serde(flatten)]
    pub sums: Sums,
    pub rows: u64,
    pub absent_events_hi: u64,
    pub absent_ns_hi: u64,
    pub without_quantiles: u64,
    pub capacity_rows: u64,
    pub residue_events: i64,
    pub residue_ns: i64,
    pub residue_exits: i64,
    pub late: bool,
    pub occupancy: f64,
    pub lost: u64,
    /// Of longer windows only.
    pub windows: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    pub seq: u64,
    pub window_ns: u64,
    // What was not asked for is not there.
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub pid: Option<u32>,
    pub ns_pid: Option<u32>,
    pub comm: Option<String>,
    pub syscall: Option<i64>,
    pub name: Option<String>,
    pub compat: Option<bool>,
    pub cgroup: Option<String>,
    pub cgroup_id: Option<u64>,
    pub count: u64,
    pub count_hi: u64,
    pub total_ns: u64,
    pub total_ns_hi: u64,
    pub min_ns: Option<u64>,
    pub max_ns: Option<u64>,
    pub p50_ns: Option<u64>,
    pub p99_ns: Option<u64>,
    pub errors: u64,
    pub untimed: u64,
    pub begun_before: bool,
    pub exact: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Summary {
    pub windows: u64,
    #[serde(flatten)]
    pub sums: Sums,
    pub rows: u64,
    pub residue_events: u64,
    pub residue_ns: u64,
    pub residue_exits: i64,
    pub in_calls: Option<u64>,
    pub residue_enters: Option<i64>,
    pub lost: u64,
    pub exit_code: Option<i32>,
}

/// What `windrow syscalls` writes.
#[derive(Debug)]
pub struct Calls;

pub type Report = Run<Calls>;

/// Rows, added up.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    pub count: u64,
    pub count_hi: u64,
    pub errors: u64,
    pub untimed: u64,
    pub total_ns: u64,
}

impl Kind for Calls {
    const COMMAND: &'static str = "syscalls";
    const ROW: &'static str = "syscall";
    type Start = Start;
    type Window = Window;
    type Row = Row;
    type Summary = Summary;

    fn window_ns(start: &Start) -> u64 {
        start.window_ns
    }

    fn window(window: &Window) -> (u64, u64) {
        (window.window_ns, window.seq)
    }

    fn window_of(row: &Row) -> (u64, u64) {
        (row.window_ns, row.seq)
    }

    fn check(run: &Report) {
        let mut in_flight = 0;
        for filled in run.by_window() {
            let (window, rows) = (filled.window, filled.rows);
            assert_eq!(window.rows, rows.len() as u64, "{window:?}");
            window.sums.check(&rows);
            assert_eq!(window.sums.other_events, filled.others, "{window:?}");
            rows.into_iter().for_each(Row::check);
            let residue = (
                window.residue_events,
                window.residue_ns,
                window.residue_exits,
            );
            assert_eq!(residue, (0, 0, 0), "{window:?}");
            if window.windows.is_none() {
                in_flight += window.sums.opened();
                assert_eq!(window.sums.in_flight, in_flight, "{window:?}");
            }
        }
        let it = &run.summary;
        it.sums.check(&run.counted().collect::<Vec<_>>());
        assert_eq!(it.sums.in_flight, in_flight, "{it:?}");
        let residue = (it.residue_events, it.residue_ns, it.residue_exits);
        assert_eq!(residue, (0, 0, 0), "{it:?}");
        // Beginnings that are nowhere are among what the kernel could not run a program for.
        let nowhere = it.residue_enters.unwrap_or(0);
        assert!(nowhere.unsigned_abs() <= it.lost, "{it:?}");
        assert_eq!(it.residue_enters.is_some(), it.in_calls.is_some());
    }

    fn check_whole(run: &Report) {
        assert!(run.summary.in_calls.is_some(), "all were looked at");
    }
}

impl Report {
    /// What the rows hold that are asked for, over all windows that were counted.
    pub fn sum(&self, asked: impl Fn(&Row) -> bool) -> Sum {
        let mut sum = Sum::default();
        for row in self.counted().filter(|row| asked(row)) {
            sum.count += row.count;
            sum.count_hi += row.count_hi;
            sum.errors += row.errors;
            sum.untimed += row.untimed;
            sum.total_ns += row.total_ns;
        }
        sum
    }

    /// All calls of that number, in the numbering of 64-bit programs.
    pub fn of(&self, number: i64) -> Sum {
        self.sum(|row| row.is(number))
    }

    /// Calls of that number by processes of that name.
    pub fn by(&self, comm: &str, number: i64) -> Sum {
        self.sum(|row| row.is(number) && row.comm.as_deref() == Some(comm))
    }

    /// Count and errors of calls of that number.
    #[track_caller]
    pub fn assert(&self, number: i64, count: u64, errors: u64) {
        let sum = self.of(number);
        let seen = (sum.count, sum.errors);
        assert_eq!(seen, (count, errors), "call {number}: {self:#?}");
    }

    /// Events that are in no row for that reason.
    pub fn other(&self, reason: &str) -> u64 {
        let mut others: Vec<&Other> = self.others.iter().collect();
        others.retain(|it| it.reason == reason && it.window_ns == self.start.window_ns);
        others.iter().map(|it| it.events).sum()
    }
}

impl Sums {
    fn check(&self, rows: &[&Row]) {
        let beside = self.folded_events + self.other_events + self.filtered_events;
        let count: u64 = rows.iter().map(|row| row.count).sum();
        assert_eq!(self.events, count + beside, "{self:?}");
        let total_ns: u64 = rows.iter().map(|row| row.total_ns).sum();
        assert_eq!(self.total_ns, total_ns + self.folded_ns, "{self:?}");
        let without = self.without_enter;
        let without = without.child + without.refused + without.begun_before + without.untracked;
        assert_eq!(self.events, self.matched + without, "{self:?}");
    }

    /// Calls that began and did not end, less those that ended and had begun before.
    fn opened(&self) -> i64 {
        let gone = self.matched + self.never_returned + self.unfollowed_enters;
        self.enters as i64 - gone as i64
    }
}

impl Row {
    pub fn is(&self, number: i64) -> bool {
        self.syscall == Some(number) && self.compat == Some(false)
    }

    fn check(&self) {
        assert!(self.count > 0 && self.count <= self.count_hi, "{self:?}");
        assert!(self.total_ns <= self.total_ns_hi, "{self:?}");
        let exact = self.count == self.count_hi && self.total_ns == self.total_ns_hi;
        assert_eq!(self.exact, exact, "{self:?}");
        assert!(self.errors <= self.count && self.untimed <= self.count);
        // No duration is made up.
        let timed = self.count - self.untimed;
        assert_eq!(self.min_ns.is_some(), timed > 0, "{self:?}");
        assert_eq!(self.max_ns.is_some(), timed > 0, "{self:?}");
        if let (Some(min), Some(max)) = (self.min_ns, self.max_ns) {
            assert!(min <= max && max <= self.total_ns, "{self:?}");
            assert!(
                self.total_ns <= max * timed && self.total_ns >= min * timed,
                "{self:?}"
            );
        }
        if let (Some(p50), Some(p99)) = (self.p50_ns, self.p99_ns) {
            let all = [self.min_ns, Some(p50), Some(p99), self.max_ns];
            assert!(all.is_sorted(), "{self:?}");
        }
    }
}
