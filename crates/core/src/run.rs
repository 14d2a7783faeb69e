//! The sums of a whole run: what the report at its end says.

use crate::bounds::Bounds;
use crate::distinct::Distinct;
use crate::flow::FlowKey;
use crate::tally::Tally;
use crate::top::{Placed, Sort};
use crate::window::{Ledger, Window};
use known::Known;

/// Flows that a run remembers at least before it lets go of the smaller half.
pub const FLOWS_KEPT: usize = 1 << 18;

/// Everything a run has counted, over its windows.
#[derive(Debug)]
pub struct Run {
    /// Windows so far.
    pub windows: u64,
    /// Windows that were closed late.
    pub late_windows: u64,
    /// Windows in which more flows came than tables have rows, and something was folded.
    pub full_windows: u64,
    /// How full the fullest table of all windows was, 0 to 1.
    pub occupancy: f64,
    /// Where every packet went.
    pub ledger: Ledger,
    /// Residue of each window, its size added up: 0, or a bug.
    pub residue: (u64, u64),
    /// Events that the kernel could not run the hook for.
    pub lost: u64,
    /// Flow rows over all windows.
    pub rows: u64,
    /// Summaries exported: rows, spilled ones, prefixes, other reasons.
    pub summaries: u64,
    /// Rows that were spilled.
    pub spilled_rows: u64,
    /// Upper bound of what a flow may have had in windows where it has no row.
    pub absent_hi: Tally,
    /// How many distinct values of keys there were in all windows; `None`: of some nobody knows.
    pub distinct: Option<Distinct>,
    known: Known,
}

impl Run {
    /// A run without a window yet, which will be asked for its largest flows by `sort`. It remembers
    /// `most` flows, or [`FLOWS_KEPT`] if that is more.
    pub fn new(sort: Sort, most: usize) -> Self {
        Run {
            windows: 0,
            late_windows: 0,
            full_windows: 0,
            occupancy: 0.0,
            ledger: Ledger::default(),
            residue: (0, 0),
            lost: 0,
            rows: 0,
            summaries: 0,
            spilled_rows: 0,
            absent_hi: Tally::ZERO,
            distinct: None,
            known: Known::new(sort, most.max(FLOWS_KEPT)),
        }
    }

    /// Adds a window; `lost` are the events lost in it.
    pub fn add(&mut self, window: &Window, lost: u64) {
        self.distinct = match self.windows {
            0 => window.distinct.clone(),
            _ => Distinct::both(self.distinct.take(), window.distinct.as_ref()),
        };
        self.windows += 1;
        self.late_windows += u64::from(window.span.late);
        self.full_windows += u64::from(!window.overflow().is_zero());
        self.occupancy = self.occupancy.max(window.occupancy);
        self.ledger.add(&window.ledger);
        let (packets, bytes) = window.ledger.residue();
        self.residue.0 += packets.unsigned_abs();
        self.residue.1 += bytes.unsigned_abs();
        self.lost += lost;
        self.rows += window.flows.len() as u64;
        self.summaries += window.summaries();
        self.spilled_rows += window.spilled_rows;
        self.absent_hi += window.absent_hi;
        self.known.add(window);
    }

    /// How many flows there were, and whether that is all: a run with very many lets go of small
    /// ones, and then a flow that comes again is not known again.
    pub fn flows(&self) -> (usize, bool) {
        (self.known.len(), self.known.is_all())
    }

    /// Whether every packet with a flow is in the row of that flow, in every window, and none was
    /// forgotten.
    pub fn is_exact(&self) -> bool {
        self.known.is_all() && self.ledger.folded_sum().is_zero()
    }

    /// What a flow carried over all windows, whether it has a row in each, in some, or in none.
    pub fn bounds_of(&self, key: &FlowKey) -> Bounds {
        self.known.bounds_of(key, self.absent_hi)
    }

    /// The `k` largest flows by their lower bounds, largest first, over all windows.
    pub fn top(&self, k: usize) -> Vec<Placed<(FlowKey, Bounds)>> {
        self.known.top(k, self.absent_hi)
    }

    /// Events over summaries exported; 0 where nothing was exported.
    pub fn reduction(&self) -> f64 {
        reduction(self.ledger.events, self.summaries)
    }
}

/// How many events one exported summary stands for; 0 where nothing was exported.
pub fn reduction(events: u64, summaries: u64) -> f64 {
    if summaries == 0 {
        0.0
    } else {
        events as f64 / summaries as f64
    }
}

mod known;
#[cfg(test)]
mod tests;
