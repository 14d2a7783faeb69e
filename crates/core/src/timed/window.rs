//! A closed window: rows with bounds, and a ledger that says where every event went.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use crate::edges::Span;
use crate::process::Comm;
use crate::rollup::Rolled;
use crate::slice::MonoNanos;
use crate::timed::durations::Durations;
use crate::timed::processes::Processes;
use crate::timed::slice::{self, Slice};
use crate::timed::spent::Spent;
use crate::timed::{Counters, Subject};

/// One row of a window.
#[derive(Clone, Debug)]
pub struct Row<S: Subject> {
    /// Whose, and which.
    pub key: S::Key,
    /// At least so much: it was counted under this key.
    pub lo: Spent,
    /// At most so much: what may have been folded is added.
    pub hi: Spent,
    /// How long they took.
    pub durations: Durations,
    /// What came of them.
    pub outcome: S::Outcome,
    /// The process's name at its last event in the window; nothing where it is not asked for.
    pub comm: Comm,
    /// The process's number in its own pid namespace; 0 where it is not asked for.
    pub inner_pid: u32,
    /// When the first of them was counted, a call when it ended; inside the window.
    pub first: MonoNanos,
    /// When the last of them was.
    pub last: MonoNanos,
}

impl<S: Subject> Row<S> {
    /// Whether all events of the key are in the row, for certain.
    pub fn is_exact(&self) -> bool {
        self.lo == self.hi
    }

    /// Adds a row of the same key, of another window.
    pub fn add(&mut self, other: &Row<S>) {
        self.lo += other.lo;
        self.hi += other.hi;
        self.durations.add(&other.durations);
        self.outcome += other.outcome;
        if other.last >= self.last {
            (self.comm, self.inner_pid) = (other.comm, other.inner_pid);
        }
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Where every event of a window went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger<S: Subject> {
    /// What is counted beside the rows.
    pub counters: S::Counters,
    /// The sum of all rows.
    pub rows: Spent,
    /// What came of them.
    pub row_outcomes: S::Outcome,
    /// What is in no row.
    pub folded: Spent,
    /// What came of it.
    pub folded_outcome: S::Outcome,
}

impl<S: Subject> Ledger<S> {
    /// The independent total less everything accounted for, events and nanoseconds: 0, or a bug.
    pub fn residue(&self) -> (i64, i64) {
        let seen = self.counters.seen();
        let found = self.rows + self.folded;
        let events = found.calls + self.counters.beside();
        (
            seen.calls.wrapping_sub(events) as i64,
            seen.ns.wrapping_sub(found.ns) as i64,
        )
    }

    /// Events that passed the filter, and are nobody's who is counted.
    pub fn other(&self) -> u64 {
        self.counters.others().sum()
    }

    /// Takes what is in the rows from these.
    pub(super) fn set_rows(&mut self, rows: &[Row<S>]) {
        (self.rows, self.row_outcomes) = Default::default();
        for row in rows {
            self.rows += row.lo;
            self.row_outcomes += row.outcome;
        }
    }

    /// Adds another ledger.
    pub fn add(&mut self, other: &Ledger<S>) {
        self.counters += other.counters;
        self.rows += other.rows;
        self.row_outcomes += other.row_outcomes;
        self.folded += other.folded;
        self.folded_outcome += other.folded_outcome;
    }
}

/// One closed window.
#[derive(Clone, Debug)]
pub struct Window<S: Subject> {
    /// When.
    pub span: Span,
    /// Where every event went.
    pub ledger: Ledger<S>,
    /// The rows, in no order.
    pub rows: Vec<Row<S>>,
    /// How long what was folded took.
    pub folded_durations: Durations,
    /// What was folded on CPUs without a table: those that came online after the start.
    pub without_table: Spent,
    /// At most so much may belong to a key that has no row here.
    pub absent_hi: Spent,
    /// Rows that one epoch has room for, over all CPUs.
    pub capacity_rows: u64,
    /// How full the fullest CPU's table was, 0 to 1.
    pub occupancy: f64,
    /// What it was made of, if it is a longer window.
    pub rolled: Option<Rolled>,
}

impl<S: Subject> Window<S> {
    /// Merges what the CPUs' tables held.
    pub fn merge(span: Span, slices: Vec<Slice<S>>) -> Window<S> {
        let mut merge = Merge::default();
        let mut ledger = Ledger::default();
        let (mut capacity_rows, mut occupancy, mut without_table) = (0, 0f64, Spent::ZERO);
        let mut folded_durations = Durations::default();
        let absent_hi = slices.iter().map(|slice| slice.folded).sum();
        for slice in &slices {
            ledger.counters += slice.counters;
            ledger.folded += slice.folded;
            ledger.folded_outcome += slice.folded_outcome;
            folded_durations.add(&slice.folded_durations);
            capacity_rows += slice.capacity_rows;
            if slice.capacity_rows > 0 {
                occupancy = occupancy.max(slice.rows.len() as f64 / slice.capacity_rows as f64);
            } else {
                without_table += slice.folded;
            }
        }
        for (at, slice) in slices.iter().enumerate() {
            for row in &slice.rows {
                merge.add(&span, &slices, at, row);
            }
        }
        let rows = merge.finish();
        ledger.set_rows(&rows);
        Window {
            span,
            ledger,
            rows,
            folded_durations,
            without_table,
            absent_hi,
            capacity_rows,
            occupancy,
            rolled: None,
        }
    }

    /// The length of a longer window; `None`: of one that was counted.
    pub fn tier(&self) -> Option<Duration> {
        self.rolled.and(self.span.window)
    }

    /// Lines that the window is exported as: its rows, what was folded, and what is beside them.
    pub fn summaries(&self) -> u64 {
        let others = self.ledger.counters.others();
        let beside = others.chain([self.ledger.folded.calls]);
        self.rows.len() as u64 + beside.filter(|events| *events > 0).count() as u64
    }
}

/// Rows of several slices, put together.
#[derive(Default)]
struct Merge<S: Subject> {
    rows: Vec<Row<S>>,
    places: HashMap<S::Key, usize>,
    processes: Processes,
}

impl<S: Subject> Merge<S> {
    fn add(&mut self, span: &Span, slices: &[Slice<S>], at: usize, row: &slice::Row<S>) {
        // A row's time is a tick's, and may lie outside by as much.
        let within = |time: MonoNanos| time.clamp(span.start.mono, span.end.mono);
        let (first, last) = (within(row.first), within(row.last.max(row.first)));
        let place = match self.places.entry(row.key) {
            Entry::Occupied(there) => *there.get(),
            Entry::Vacant(free) => {
                // Of the others each may have folded some; what those with a row have said is put in
                // its place below.
                let hi = slices.iter().map(|slice| slice.bound(row.hash)).sum();
                self.rows.push(Row {
                    key: row.key,
                    lo: Spent::ZERO,
                    hi,
                    durations: Durations::default(),
                    outcome: S::Outcome::default(),
                    comm: Comm::default(),
                    inner_pid: 0,
                    first,
                    last,
                });
                *free.insert(self.rows.len() - 1)
            }
        };
        let sum = &mut self.rows[place];
        sum.lo += row.spent;
        sum.hi = sum.hi + row.spent + row.base - slices[at].bound(row.hash);
        sum.durations.add(&row.durations);
        sum.outcome += row.outcome;
        sum.first = sum.first.min(first);
        sum.last = sum.last.max(last);
        self.processes
            .note(&row.key, row.last, row.comm, row.inner_pid);
    }

    /// The rows, each with the name that its process had last.
    fn finish(mut self) -> Vec<Row<S>> {
        for row in &mut self.rows {
            self.processes.give(row);
        }
        self.rows
    }
}

#[cfg(test)]
pub(super) mod tests;
