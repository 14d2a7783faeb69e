//! A closed window of calls: rows with bounds, and a ledger that says where every call went.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use crate::calls::durations::Durations;
use crate::calls::key::{CallKey, Comm};
use crate::calls::processes::Processes;
use crate::calls::slice::{Counters, Row, Slice};
use crate::calls::spent::Spent;
use crate::edges::Span;
use crate::rollup::Rolled;
use crate::slice::MonoNanos;

/// One row of a window.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whose, and which.
    pub key: CallKey,
    /// At least so much: it was counted under this key.
    pub lo: Spent,
    /// At most so much: what may have been folded is added.
    pub hi: Spent,
    /// How long they took.
    pub durations: Durations,
    /// Calls that failed.
    pub errors: u64,
    /// The process's name when it last ended a call in the window; nothing where it is not asked for.
    pub comm: Comm,
    /// The process's number in its own pid namespace; 0 where it is not asked for.
    pub inner_pid: u32,
    /// When the first of them ended; inside the window.
    pub first: MonoNanos,
    /// When the last of them ended.
    pub last: MonoNanos,
}

impl Call {
    /// Whether all calls of the key are in the row, for certain.
    pub fn is_exact(&self) -> bool {
        self.lo == self.hi
    }

    /// Adds a row of the same key, of another window.
    pub fn add(&mut self, other: &Call) {
        self.lo += other.lo;
        self.hi += other.hi;
        self.durations.add(&other.durations);
        self.errors += other.errors;
        if other.last >= self.last {
            (self.comm, self.inner_pid) = (other.comm, other.inner_pid);
        }
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    /// Calls without a duration.
    pub fn untimed(&self) -> u64 {
        self.lo.calls - self.durations.timed.min(self.lo.calls)
    }
}

/// Where every call of a window went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// What is counted beside the rows.
    pub counters: Counters,
    /// The sum of all rows.
    pub rows: Spent,
    /// What is in no row.
    pub folded: Spent,
}

impl Ledger {
    /// The independent total less everything accounted for, calls and nanoseconds: 0, or a bug.
    pub fn residue(&self) -> (i64, i64) {
        let it = &self.counters;
        let beside = it.filtered + it.children + it.own;
        let calls = self.rows.calls + self.folded.calls + beside;
        (
            it.seen.calls.wrapping_sub(calls) as i64,
            it.seen.ns.wrapping_sub(self.rows.ns + self.folded.ns) as i64,
        )
    }

    /// What is no call of anybody who is counted.
    pub fn other(&self) -> u64 {
        self.counters.children + self.counters.own
    }

    /// Adds another ledger.
    pub fn add(&mut self, other: &Ledger) {
        self.counters.add(&other.counters);
        self.rows += other.rows;
        self.folded += other.folded;
    }
}

/// One closed window.
#[derive(Clone, Debug)]
pub struct Window {
    /// When.
    pub span: Span,
    /// Where every call went.
    pub ledger: Ledger,
    /// The rows, in no order.
    pub calls: Vec<Call>,
    /// How long what was folded took.
    pub folded_durations: Durations,
    /// Its errors.
    pub folded_errors: u64,
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

impl Window {
    /// Merges what the CPUs' tables held.
    pub fn merge(span: Span, slices: Vec<Slice>) -> Window {
        let mut merge = Merge::default();
        let mut ledger = Ledger::default();
        let (mut capacity_rows, mut occupancy, mut without_table) = (0, 0f64, Spent::ZERO);
        let (mut folded_durations, mut folded_errors) = (Durations::default(), 0);
        let absent_hi = slices.iter().map(|slice| slice.folded).sum();
        for slice in &slices {
            ledger.counters.add(&slice.counters);
            ledger.folded += slice.folded;
            folded_durations.add(&slice.folded_durations);
            folded_errors += slice.folded_errors;
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
        let calls = merge.finish();
        ledger.rows = calls.iter().map(|call| call.lo).sum();
        Window {
            span,
            ledger,
            calls,
            folded_durations,
            folded_errors,
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
        let it = &self.ledger;
        let counters = &it.counters;
        let beside = [it.folded.calls, counters.children, counters.own];
        self.calls.len() as u64 + beside.iter().filter(|calls| **calls > 0).count() as u64
    }
}

/// Rows of several slices, put together.
#[derive(Default)]
struct Merge {
    calls: Vec<Call>,
    places: HashMap<CallKey, usize>,
    processes: Processes,
}

impl Merge {
    fn add(&mut self, span: &Span, slices: &[Slice], at: usize, row: &Row) {
        // A row's time is a tick's, and may lie outside by as much.
        let within = |time: MonoNanos| time.clamp(span.start.mono, span.end.mono);
        let (first, last) = (within(row.first), within(row.last.max(row.first)));
        let place = match self.places.entry(row.key) {
            Entry::Occupied(there) => *there.get(),
            Entry::Vacant(free) => {
                // Of the others each may have folded some; what those with a row have said is put in
                // its place below.
                let hi = slices.iter().map(|slice| slice.bound(row.hash)).sum();
                self.calls.push(Call {
                    key: row.key,
                    lo: Spent::ZERO,
                    hi,
                    durations: Durations::default(),
                    errors: 0,
                    comm: Comm::default(),
                    inner_pid: 0,
                    first,
                    last,
                });
                *free.insert(self.calls.len() - 1)
            }
        };
        let call = &mut self.calls[place];
        call.lo += row.spent;
        call.hi = call.hi + row.spent + row.base - slices[at].bound(row.hash);
        call.durations.add(&row.durations);
        call.errors += row.errors;
        call.first = call.first.min(first);
        call.last = call.last.max(last);
        let process = row.key.process;
        self.processes
            .note(process, row.last, row.comm, row.inner_pid);
    }

    /// The rows, each with the name that its process had last.
    fn finish(mut self) -> Vec<Call> {
        for call in &mut self.calls {
            self.processes.give(call);
        }
        self.calls
    }
}

#[cfg(test)]
pub(super) mod tests;
