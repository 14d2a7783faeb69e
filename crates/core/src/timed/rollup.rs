//! Windows, added into longer ones.
//!
//! Rows are added in a map. When a window leaves more keys than there is room for, those that may have had the
//! fewest events are folded. A row counts for this with what may have been folded of its key before it came
//! in, as in Space-Saving (Metwally, Agrawal, El Abbadi 2005): so of no key without a row more events are
//! folded here than all rows' events over the rows that there is room for.
//!
//! What its windows folded, they know per key where it had a row, and as one number for all others. So beside
//! each row lies its credit: how much was possible of a key without a row in the windows in which it had one.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use crate::edges::Span;
use crate::rollup::{Adder, Along, Cascade, Closed, Part};
use crate::timed::Subject;
use crate::timed::durations::Durations;
use crate::timed::processes::Processes;
use crate::timed::spent::Spent;
use crate::timed::window::{Ledger, Row, Window};

/// A longer window has room for so many rows at least, however few its windows have room for.
pub const LEAST_ROWS: u64 = 10_000;

/// All tiers of longer windows, the shortest first; each is made of the one before.
pub type Rollup<S, A> = Cascade<Longer<S>, A>;

impl<S: Subject, A: Along> Rollup<S, A> {
    /// Windows of those lengths, each a multiple of the one before and of the windows that will be added, of
    /// at most so many rows each.
    pub fn new(lengths: &[Duration], rows: u64) -> Rollup<S, A> {
        let level = |length: &Duration| (*length, Longer::new(rows));
        lengths.iter().map(level).collect()
    }

    /// Of each tier the length of its windows, and their rows at most.
    pub fn tiers(&self) -> impl Iterator<Item = (Duration, u64)> {
        self.levels()
            .map(|(length, longer)| (length, longer.capacity_rows))
    }
}

/// The windows of one longer window, added up.
#[derive(Debug)]
pub struct Longer<S: Subject> {
    capacity_rows: u64,
    rows: HashMap<S::Key, Kept<S>>,
    /// At most so much was folded here of a key that has no row.
    most_folded: Spent,
    sums: Sums<S>,
}

/// A key that has a row, since it came in.
#[derive(Debug)]
struct Kept<S: Subject> {
    /// The sum of its rows, bounds too.
    row: Row<S>,
    /// What the windows in which it had a row may hold of a key that has none.
    credit: Spent,
    /// At most so much had been folded of it here before it came in.
    base: Spent,
}

/// What windows sum up to, but for their rows.
#[derive(Debug, Default)]
struct Sums<S: Subject> {
    /// What was folded, in windows and here; its rows are those of windows.
    ledger: Ledger<S>,
    folded_durations: Durations,
    without_table: Spent,
    /// At most so much they may hold of a key that has a row in none of them.
    absent_hi: Spent,
}

impl<S: Subject> Part for Window<S> {
    fn span(&self) -> &Span {
        &self.span
    }

    fn gap(&self) -> Duration {
        self.rolled.map_or(Duration::ZERO, |rolled| rolled.gap)
    }
}

impl<S: Subject> Adder for Longer<S> {
    type Window = Window<S>;

    fn add(&mut self, window: &Window<S>) {
        self.sums.add(window);
        for row in &window.rows {
            match self.rows.get_mut(&row.key) {
                Some(kept) => kept.add(row, window.absent_hi),
                None => {
                    let kept = Kept {
                        row: row.clone(),
                        credit: window.absent_hi,
                        base: self.most_folded,
                    };
                    self.rows.insert(row.key, kept);
                }
            }
        }
        self.fold();
    }

    fn close(&mut self, closed: Closed) -> Window<S> {
        self.name();
        let mut sums = std::mem::take(&mut self.sums);
        let rows: Vec<Row<S>> = (self.rows.drain())
            .map(|(_, kept)| kept.bounded(sums.absent_hi))
            .collect();
        sums.ledger.set_rows(&rows);
        let most_folded = std::mem::take(&mut self.most_folded);
        Window {
            span: closed.span,
            ledger: sums.ledger,
            folded_durations: sums.folded_durations,
            without_table: sums.without_table,
            absent_hi: sums.absent_hi + most_folded,
            capacity_rows: self.capacity_rows,
            occupancy: rows.len() as f64 / self.capacity_rows as f64,
            rows,
            rolled: Some(closed.rolled),
        }
    }
}

impl<S: Subject> Longer<S> {
    /// There is room for so many rows, one at least.
    fn new(capacity_rows: u64) -> Longer<S> {
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
        let mut ranked: Vec<(Reverse<u64>, S::Key)> = (self.rows.iter())
            .map(|(key, kept)| (Reverse(kept.folded_if_it_goes().calls), *key))
            .collect();
        ranked.select_nth_unstable(room);
        for (_, key) in &ranked[room..] {
            if let Some(kept) = self.rows.remove(key) {
                self.most_folded = self.most_folded.max_each(kept.folded_if_it_goes());
                self.sums.fold(&kept.row);
            }
        }
    }

    /// Gives each row the name that its process had last.
    fn name(&mut self) {
        let mut processes = Processes::default();
        for Kept { row, .. } in self.rows.values() {
            processes.note(&row.key, row.last, row.comm, row.inner_pid);
        }
        for kept in self.rows.values_mut() {
            processes.give(&mut kept.row);
        }
    }
}

impl<S: Subject> Kept<S> {
    fn add(&mut self, row: &Row<S>, absent_hi: Spent) {
        self.row.add(row);
        self.credit += absent_hi;
    }

    /// At most so much will have been folded of the key here, beside what windows may hold of a key without
    /// a row.
    fn folded_if_it_goes(&self) -> Spent {
        self.base + (self.row.hi - self.credit)
    }

    /// With all that may be missing here, where windows may hold so much of a key that has a row in none.
    fn bounded(self, absent_hi: Spent) -> Row<S> {
        let mut row = self.row;
        row.hi += self.base + (absent_hi - self.credit);
        row
    }
}

impl<S: Subject> Sums<S> {
    fn add(&mut self, window: &Window<S>) {
        self.ledger.add(&window.ledger);
        self.folded_durations.add(&window.folded_durations);
        self.without_table += window.without_table;
        self.absent_hi += window.absent_hi;
    }

    fn fold(&mut self, row: &Row<S>) {
        self.ledger.folded += row.lo;
        self.ledger.folded_outcome += row.outcome;
        self.folded_durations.add(&row.durations);
    }
}

#[cfg(test)]
mod tests;
