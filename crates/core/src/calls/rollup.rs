//! Windows of calls, added into longer ones.
//!
//! Rows are added in a map. When a window leaves more keys than there is room for, those that may have had the
//! fewest calls are folded. A row counts for this with what may have been folded of its key before it came
//! in, as in Space-Saving (Metwally, Agrawal, El Abbadi 2005): so of no key without a row more calls are
//! folded here than all rows' calls over the rows that there is room for.
//!
//! What its windows folded, they know per key where it had a row, and as one number for all others. So beside
//! each row lies its credit: how much was possible of a key without a row in the windows in which it had one.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use crate::calls::durations::Durations;
use crate::calls::key::CallKey;
use crate::calls::processes::Processes;
use crate::calls::spent::Spent;
use crate::calls::window::{Call, Ledger, Window};
use crate::edges::Span;
use crate::rollup::{Adder, Along, Cascade, Closed, Part};

/// A longer window has room for so many rows at least, however few its windows have room for.
pub const LEAST_ROWS: u64 = 10_000;

/// All tiers of longer windows of calls, the shortest first; each is made of the one before.
pub type Rollup<A> = Cascade<Longer, A>;

impl<A: Along> Rollup<A> {
    /// Windows of those lengths, each a multiple of the one before and of the windows that will be added, of
    /// at most so many rows each.
    pub fn new(lengths: &[Duration], rows: u64) -> Rollup<A> {
        let level = |length: &Duration| (*length, Longer::new(rows));
        lengths.iter().map(level).collect()
    }

    /// Of each tier the length of its windows, and their rows at most.
    pub fn tiers(&self) -> impl Iterator<Item = (Duration, u64)> {
        self.levels()
            .map(|(length, longer)| (length, longer.capacity_rows))
    }
}

/// Calls of the windows of one longer window.
#[derive(Debug)]
pub struct Longer {
    capacity_rows: u64,
    rows: HashMap<CallKey, Row>,
    /// At most so much was folded here of a key that has no row.
    most_folded: Spent,
    sums: Sums,
}

/// A key that has a row, since it came in.
#[derive(Debug)]
struct Row {
    /// The sum of its rows, bounds too.
    call: Call,
    /// What the windows in which it had a row may hold of a key that has none.
    credit: Spent,
    /// At most so much had been folded of it here before it came in.
    base: Spent,
}

/// What windows sum up to, but for their rows.
#[derive(Debug, Default)]
struct Sums {
    /// What was folded, in windows and here; its rows are those of windows.
    ledger: Ledger,
    folded_durations: Durations,
    folded_errors: u64,
    without_table: Spent,
    /// At most so much they may hold of a key that has a row in none of them.
    absent_hi: Spent,
}

impl Part for Window {
    fn span(&self) -> &Span {
        &self.span
    }

    fn gap(&self) -> Duration {
        self.rolled.map_or(Duration::ZERO, |rolled| rolled.gap)
    }
}

impl Adder for Longer {
    type Window = Window;

    fn add(&mut self, window: &Window) {
        self.sums.add(window);
        for call in &window.calls {
            match self.rows.get_mut(&call.key) {
                Some(row) => row.add(call, window.absent_hi),
                None => {
                    let row = Row {
                        call: call.clone(),
                        credit: window.absent_hi,
                        base: self.most_folded,
                    };
                    self.rows.insert(call.key, row);
                }
            }
        }
        self.fold();
    }

    fn close(&mut self, closed: Closed) -> Window {
        self.name();
        let sums = std::mem::take(&mut self.sums);
        let calls: Vec<Call> = (self.rows.drain())
            .map(|(_, row)| row.bounded(sums.absent_hi))
            .collect();
        let most_folded = std::mem::take(&mut self.most_folded);
        Window {
            span: closed.span,
            ledger: Ledger {
                rows: calls.iter().map(|call| call.lo).sum(),
                ..sums.ledger
            },
            folded_durations: sums.folded_durations,
            folded_errors: sums.folded_errors,
            without_table: sums.without_table,
            absent_hi: sums.absent_hi + most_folded,
            capacity_rows: self.capacity_rows,
            occupancy: calls.len() as f64 / self.capacity_rows as f64,
            calls,
            rolled: Some(closed.rolled),
        }
    }
}

impl Longer {
    /// There is room for so many rows, one at least.
    fn new(capacity_rows: u64) -> Longer {
        Longer {
            capacity_rows: capacity_rows.max(1),
            rows: HashMap::new(),
            most_folded: Spent::ZERO,
            sums: Sums::default(),
        }
    }

    /// Folds the smallest, as long as there are more than there is room for.
    fn fold(&mut self) {
        let room = usize::try_from(self.capacity_rows).unwrap_or(usize::MAX);
        if self.rows.len() <= room {
            return;
        }
        // What stays keeps the name that its process had last, also if it had that in a row that goes.
        self.name();
        let mut ranked: Vec<(Reverse<u64>, CallKey)> = (self.rows.iter())
            .map(|(key, row)| (Reverse(row.folded_if_it_goes().calls), *key))
            .collect();
        ranked.select_nth_unstable(room);
        for (_, key) in &ranked[room..] {
            if let Some(row) = self.rows.remove(key) {
                self.most_folded = self.most_folded.max_each(row.folded_if_it_goes());
                self.sums.fold(&row.call);
            }
        }
    }

    /// Gives each row the name that its process had last.
    fn name(&mut self) {
        let mut processes = Processes::default();
        for Row { call, .. } in self.rows.values() {
            processes.note(call.key.process, call.last, call.comm, call.inner_pid);
        }
        for row in self.rows.values_mut() {
            processes.give(&mut row.call);
        }
    }
}

impl Row {
    fn add(&mut self, call: &Call, absent_hi: Spent) {
        self.call.add(call);
        self.credit += absent_hi;
    }

    /// At most so much will have been folded of the key here, beside what windows may hold of a key without
    /// a row.
    fn folded_if_it_goes(&self) -> Spent {
        self.base + (self.call.hi - self.credit)
    }

    /// With all that may be missing here, where windows may hold so much of a key that has a row in none.
    fn bounded(self, absent_hi: Spent) -> Call {
        let mut call = self.call;
        call.hi += self.base + (absent_hi - self.credit);
        call
    }
}

impl Sums {
    fn add(&mut self, window: &Window) {
        self.ledger.add(&window.ledger);
        self.folded_durations.add(&window.folded_durations);
        self.folded_errors += window.folded_errors;
        self.without_table += window.without_table;
        self.absent_hi += window.absent_hi;
    }

    fn fold(&mut self, call: &Call) {
        self.ledger.folded += call.lo;
        self.folded_durations.add(&call.durations);
        self.folded_errors += call.errors;
    }
}

#[cfg(test)]
mod tests;
