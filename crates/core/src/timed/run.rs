//! What a run has counted over all its windows.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::run::reduction;
use crate::timed::spent::Spent;
use crate::timed::window::{Ledger, Row, Window};
use crate::timed::{Counters, Key, Subject};

/// Keys that are known over a run; with more the smallest are forgotten, down to half as many.
const MOST_KNOWN: usize = 16_384;

/// Sums over windows.
#[derive(Debug)]
pub struct Run<S: Subject> {
    /// How many windows there were.
    pub windows: u64,
    /// Those that were closed late.
    pub late_windows: u64,
    /// Those in which there were more keys than rows.
    pub full_windows: u64,
    /// Where every event went.
    pub ledger: Ledger<S>,
    /// Events and nanoseconds that are unaccounted for, added up without sign.
    pub residue: (u64, u64),
    /// Times that the kernel could not run a program.
    pub lost: u64,
    /// Rows of all windows.
    pub rows: u64,
    /// Lines that windows were exported as.
    pub summaries: u64,
    /// What had begun and not ended, less those at the start: in the end, those in flight.
    pub in_flight: i64,
    /// Keys by what they had over all windows.
    known: HashMap<S::Key, Row<S>>,
    /// Keys that are known at most.
    most_known: usize,
    /// What those had that were forgotten.
    forgotten: Spent,
}

impl<S: Subject> Default for Run<S> {
    fn default() -> Run<S> {
        Run {
            windows: 0,
            late_windows: 0,
            full_windows: 0,
            ledger: Ledger::default(),
            residue: (0, 0),
            lost: 0,
            rows: 0,
            summaries: 0,
            in_flight: 0,
            known: HashMap::new(),
            most_known: MOST_KNOWN,
            forgotten: Spent::ZERO,
        }
    }
}

impl<S: Subject> Run<S> {
    /// Adds a window, and what the kernel could not run a program for meanwhile.
    pub fn add(&mut self, window: &Window<S>, lost: u64) {
        self.windows += 1;
        self.late_windows += u64::from(window.span.late);
        self.full_windows += u64::from(window.ledger.folded != Spent::ZERO);
        self.ledger.add(&window.ledger);
        let (events, ns) = window.ledger.residue();
        self.residue.0 += events.unsigned_abs();
        self.residue.1 += ns.unsigned_abs();
        self.lost += lost;
        self.rows += window.rows.len() as u64;
        self.summaries += window.summaries();
        self.in_flight += window.ledger.counters.opened();
        for row in &window.rows {
            match self.known.get_mut(&row.key) {
                Some(known) => known.add(row),
                None => {
                    self.known.insert(row.key, row.clone());
                }
            }
        }
        if self.known.len() > self.most_known {
            self.forget();
        }
    }

    /// What is known, by fewer keys than it was counted by, or the same; over all windows.
    pub fn rows_by(&self, by: &S::By) -> Vec<Row<S>> {
        let mut rows: HashMap<S::Key, Row<S>> = HashMap::new();
        for row in self.known.values() {
            let key = row.key.masked(by);
            match rows.get_mut(&key) {
                Some(sum) => sum.add(row),
                None => {
                    rows.insert(key, Row { key, ..row.clone() });
                }
            }
        }
        let outside = self.outside();
        let bounded = rows.into_values().map(|row| Row {
            hi: row.lo + outside,
            ..row
        });
        bounded.collect()
    }

    /// Whether every event is in the row of its key.
    pub fn is_whole(&self) -> bool {
        self.outside() == Spent::ZERO
    }

    /// What is in no row of a key that is known: any of these may have had some of it.
    pub fn outside(&self) -> Spent {
        self.ledger.folded + self.forgotten
    }

    /// Events over lines exported; 0 where nothing was exported.
    pub fn reduction(&self) -> f64 {
        reduction(self.ledger.counters.events(), self.summaries)
    }

    /// Leaves the larger half.
    fn forget(&mut self) {
        let room = self.most_known / 2;
        let mut ranked: Vec<(Reverse<u64>, S::Key)> = (self.known.iter())
            .map(|(key, row)| (Reverse(row.lo.calls), *key))
            .collect();
        ranked.select_nth_unstable(room);
        for (_, key) in &ranked[room..] {
            if let Some(row) = self.known.remove(key) {
                self.forgotten += row.lo;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::by::By;
    use crate::calls::slice::{Row, Slice};
    use crate::timed::window::tests::{row, span};

    #[test]
    fn the_larger_stay_known_and_that_is_said() {
        let mut run = Run {
            most_known: 8,
            ..Run::default()
        };
        for window in 0..4u32 {
            let rows: Vec<Row> = (0..4)
                .map(|n| row(window * 4 + n, u64::from(n) + 1, 10))
                .chain([row(1000, 100, 10)])
                .collect();
            let slice = Slice {
                rows,
                ..Slice::default()
            };
            run.add(&Window::merge(span(), vec![slice]), 0);
        }
        let calls = run.rows_by(&By::default());
        assert!(calls.len() <= 8 && !run.is_whole());
        let largest = calls.iter().max_by_key(|call| call.lo.calls).expect("some");
        assert_eq!((largest.key.process.pid, largest.lo.calls), (1000, 400));
        assert_eq!((run.windows, run.rows), (4, 20));
        // Whatever each has had, its bounds hold, and all of it is somewhere.
        let told: u64 = calls.iter().map(|call| call.lo.calls).sum();
        assert_eq!(told + run.outside().calls, 440);
        for call in &calls {
            let truth = match call.key.process.pid {
                1000 => 400,
                pid => u64::from(pid % 4) + 1,
            };
            assert!(call.lo.calls <= truth && truth <= call.hi.calls);
        }
    }
}
