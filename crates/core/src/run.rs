//! The sums of a whole run: what the report at its end says.

use hashbrown::HashMap;

use crate::flow::FlowKey;
use crate::tally::Tally;
use crate::top::Sort;
use crate::window::{Ledger, Window};

/// Flows that a run remembers at least before it lets go of the smaller half.
pub const FLOWS_KEPT: usize = 1 << 18;

/// Everything a run has counted, over its windows.
#[derive(Debug)]
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
    /// Rows that were spilled.
    pub spilled_rows: u64,
    /// Upper bound of what a flow may have had in windows where it has no row.
    pub absent_hi: Tally,
    flows: HashMap<FlowKey, Tally>,
    let_go: bool,
    /// What decides which flows are kept.
    sort: Sort,
    /// Flows that are remembered.
    most: usize,
}

impl Run {
    /// A run without a window yet, which will be asked for its largest flows by `sort`. It remembers
    /// `most` flows, or [`FLOWS_KEPT`] if that is more.
    pub fn new(sort: Sort, most: usize) -> Self {
        Run {
            windows: 0,
            late_windows: 0,
            ledger: Ledger::default(),
            residue: (0, 0),
            lost: 0,
            rows: 0,
            summaries: 0,
            spilled_rows: 0,
            absent_hi: Tally::ZERO,
            flows: HashMap::new(),
            let_go: false,
            sort,
            most: most.max(FLOWS_KEPT),
        }
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
        self.spilled_rows += window.spilled_rows;
        self.absent_hi += window.absent_hi;
        for flow in &window.flows {
            if self.flows.len() >= self.most && !self.flows.contains_key(&flow.key) {
                self.let_go_of_the_smaller_half();
            }
            *self.flows.entry(flow.key).or_default() += flow.bounds.lo;
        }
    }

    fn let_go_of_the_smaller_half(&mut self) {
        let sort = self.sort;
        let mut ranks: Vec<_> = self.flows.values().map(|count| sort.rank(*count)).collect();
        let middle = ranks.len() / 2;
        let median = *ranks.select_nth_unstable(middle).1;
        // All of one size: keep half of them, whichever they are.
        let mut equal = ranks[..middle]
            .iter()
            .filter(|rank| **rank == median)
            .count();
        self.flows.retain(|_, count| {
            let rank = sort.rank(*count);
            if rank == median && equal > 0 {
                equal -= 1;
                return true;
            }
            // Ranks are reversed: the larger, the earlier.
            rank < median
        });
        self.let_go = true;
    }

    /// How many flows there were, and whether that is all: a run with very many lets go of small
    /// ones, and then a flow that comes again is not known again.
    pub fn flows(&self) -> (usize, bool) {
        (self.flows.len(), !self.let_go)
    }

    /// The `k` largest flows, largest first, with what was counted under their keys.
    pub fn top(&self, k: usize) -> Vec<(FlowKey, Tally)> {
        let mut flows: Vec<_> = self
            .flows
            .iter()
            .map(|(key, count)| (*key, *count))
            .collect();
        flows.sort_unstable_by_key(|(key, count)| (self.sort.rank(*count), *key));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::Bounds;
    use crate::edges::{Instant, Span, WallNanos};
    use crate::slice::{MonoNanos, Slice};
    use crate::window::Flow;

    fn window(flows: impl Iterator<Item = (u32, Tally)>) -> Window {
        let instant = Instant {
            mono: MonoNanos(0),
            wall: WallNanos(0),
        };
        let span = Span {
            seq: 0,
            start: instant,
            end: instant,
            late: false,
            clock_step: 0,
        };
        let mut window = Window::merge(span, Vec::<Slice>::new());
        window.flows = flows
            .map(|(n, count)| Flow {
                key: FlowKey {
                    src: std::net::Ipv4Addr::from(n).into(),
                    dst: std::net::Ipv4Addr::from(1).into(),
                    sport: 0,
                    dport: 0,
                    proto: 17,
                    ..FlowKey::NOTHING
                },
                bounds: Bounds::exactly(count),
                first: MonoNanos(0),
                last: MonoNanos(0),
                tcp_flags: 0,
            })
            .collect();
        window
    }

    #[test]
    fn the_largest_by_the_chosen_order_are_never_let_go() {
        let flows = 3 * FLOWS_KEPT as u32;
        // One packet that is larger than everything else, in the middle of flows of two packets.
        let flow = |n: u32| match n {
            400_000 => (n, Tally::new(1, 1 << 40)),
            n => (n, Tally::new(2, 200)),
        };
        let mut run = Run::new(Sort::Bytes, 0);
        run.add(&window((0..flows).map(flow)), 0);
        assert!(run.flows().0 <= FLOWS_KEPT && !run.flows().1);
        assert_eq!(run.top(1)[0].1, Tally::new(1, 1 << 40));

        let mut run = Run::new(Sort::Packets, flows as usize);
        run.add(&window((0..flows).map(flow)), 0);
        assert_eq!(run.flows(), (flows as usize, true));
    }
}
