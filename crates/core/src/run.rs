//! The sums of a whole run: what the report at its end says.

use hashbrown::HashMap;

use crate::flow::FlowKey;
use crate::tally::Tally;
use crate::top::Sort;
use crate::window::{Ledger, Window};

/// Flows that a run remembers before it lets go of the smaller half.
pub const FLOWS_KEPT: usize = 1 << 18;

/// Everything a run has counted, over its windows.
#[derive(Debug, Default)]
pub struct Run {
    /// Windows so far.
    pub windows: u64,
    /// Windows that were closed late.
    pub late_windows: u64,
    /// Where every packet went.
    pub ledger: Ledger,
    /// Residue of each window, its size added up: 0, or a bug.
    pub residue: (u64, u64),
    /// Events that the kernel could not run the hook for.
    pub lost: u64,
    /// Flow rows over all windows.
    pub rows: u64,
    /// Summaries exported: rows, prefixes, other reasons.
    pub summaries: u64,
    /// Upper bound of what a flow may have had in windows where it has no row.
    pub absent_hi: Tally,
    flows: HashMap<FlowKey, Tally>,
    let_go: bool,
}

impl Run {
    /// A run without a window yet.
    pub fn new() -> Self {
        Run::default()
    }

    /// Adds a window; `lost` are the events lost in it.
    pub fn add(&mut self, window: &Window, lost: u64) {
        self.windows += 1;
        self.late_windows += u64::from(window.span.late);
        self.ledger.add(&window.ledger);
        let (packets, bytes) = window.ledger.residue();
        self.residue.0 += packets.unsigned_abs();
        self.residue.1 += bytes.unsigned_abs();
        self.lost += lost;
        self.rows += window.flows.len() as u64;
        self.summaries += window.summaries();
        self.absent_hi += window.absent_hi;
        for flow in &window.flows {
            if self.flows.len() >= FLOWS_KEPT && !self.flows.contains_key(&flow.key) {
                self.let_go_of_the_smaller_half();
            }
            *self.flows.entry(flow.key).or_default() += flow.bounds.lo;
        }
    }

    fn let_go_of_the_smaller_half(&mut self) {
        let mut sizes: Vec<u64> = self.flows.values().map(|count| count.packets).collect();
        let middle = sizes.len() / 2;
        let median = *sizes.select_nth_unstable(middle).1;
        // All of one size: keep half of them, whichever they are.
        let mut equal = sizes[middle..]
            .iter()
            .filter(|size| **size == median)
            .count();
        self.flows.retain(|_, count| {
            if count.packets == median && equal > 0 {
                equal -= 1;
                return true;
            }
            count.packets > median
        });
        self.let_go = true;
    }

    /// How many flows there were, and whether that is all: a run with very many lets go of small
    /// ones, and then a flow that comes again is not known again.
    pub fn flows(&self) -> (usize, bool) {
        (self.flows.len(), !self.let_go)
    }

    /// The `k` largest flows, largest first, with what was counted under their keys.
    pub fn top(&self, k: usize, sort: Sort) -> Vec<(FlowKey, Tally)> {
        let mut flows: Vec<_> = self
            .flows
            .iter()
            .map(|(key, count)| (*key, *count))
            .collect();
        flows.sort_unstable_by_key(|(key, count)| (sort.rank(*count), *key));
        flows.truncate(k);
        flows
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
