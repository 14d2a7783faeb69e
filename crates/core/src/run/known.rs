//! The flows that a run knows by their keys, with bounds over all its windows.

use hashbrown::HashMap;

use crate::bounds::Bounds;
use crate::flow::FlowKey;
use crate::tally::Tally;
use crate::top::{self, Placed, Sort};
use crate::window::Window;

/// Flows, until they are too many.
///
/// Of a flow that is not known, or has not been for a while, all windows so far hold at most what they
/// hold of flows without a row, and what was known of the largest that was let go of.
#[derive(Debug)]
pub(super) struct Known {
    flows: HashMap<FlowKey, Part>,
    /// What decides which flows are kept.
    sort: Sort,
    /// Flows that are kept.
    most: usize,
    /// At most so much more than a flow without a row, of each flow that was let go of; `None`: of none.
    let_go: Option<Tally>,
}

/// What is known of a flow by the windows in which it had a row. There are very many of them.
#[derive(Clone, Copy, Debug)]
struct Part {
    lo: Tally,
    /// Its upper bound, less what all windows may hold of a flow without a row: may be below zero.
    over_packets: i64,
    over_bytes: i64,
}

impl Part {
    /// Of a flow that was not known, and may have been let go of.
    fn new(forgotten: Tally) -> Part {
        Part {
            lo: Tally::ZERO,
            over_packets: forgotten.packets as i64,
            over_bytes: forgotten.bytes as i64,
        }
    }

    /// Adds a window in which it had a row, and which holds at most `absent_hi` of a flow without one.
    fn add(&mut self, row: Bounds, absent_hi: Tally) {
        self.lo += row.lo;
        self.over_packets += row.hi.packets as i64 - absent_hi.packets as i64;
        self.over_bytes += row.hi.bytes as i64 - absent_hi.bytes as i64;
    }

    /// Where all windows hold at most `absent_hi` of a flow without a row.
    fn bounds(&self, absent_hi: Tally) -> Bounds {
        Bounds {
            lo: self.lo,
            hi: Tally::new(
                absent_hi.packets.saturating_add_signed(self.over_packets),
                absent_hi.bytes.saturating_add_signed(self.over_bytes),
            ),
        }
    }

    /// At most so much more than a flow without a row.
    fn over(&self) -> Tally {
        Tally::new(
            self.over_packets.max(0) as u64,
            self.over_bytes.max(0) as u64,
        )
    }
}

impl Known {
    /// Nothing is known; of more than `most` flows the larger by `sort` will be kept.
    pub(super) fn new(sort: Sort, most: usize) -> Known {
        Known {
            flows: HashMap::new(),
            sort,
            most,
            let_go: None,
        }
    }

    /// Adds a window's flows.
    pub(super) fn add(&mut self, window: &Window) {
        for flow in &window.flows {
            if self.flows.len() >= self.most && !self.flows.contains_key(&flow.key) {
                self.let_go_of_the_smaller_half();
            }
            let forgotten = self.let_go.unwrap_or_default();
            let part = self.flows.entry(flow.key);
            let part = part.or_insert_with(|| Part::new(forgotten));
            part.add(flow.bounds, window.absent_hi);
        }
    }

    fn let_go_of_the_smaller_half(&mut self) {
        let sort = self.sort;
        let rank = |part: &Part| sort.rank(part.lo);
        let mut ranks: Vec<_> = self.flows.values().map(rank).collect();
        let middle = ranks.len() / 2;
        let median = *ranks.select_nth_unstable(middle).1;
        // All of one size: keep half of them, whichever they are.
        let mut equal = ranks[..middle]
            .iter()
            .filter(|rank| **rank == median)
            .count();
        let mut let_go = self.let_go.unwrap_or_default();
        self.flows.retain(|_, part| {
            let rank = rank(part);
            if rank == median && equal > 0 {
                equal -= 1;
                return true;
            }
            // Ranks are reversed: the larger, the earlier.
            let kept = rank < median;
            if !kept {
                let_go = let_go.max_each(part.over());
            }
            kept
        });
        self.let_go = Some(let_go);
    }

    /// How many flows are known.
    pub(super) fn len(&self) -> usize {
        self.flows.len()
    }

    /// Whether no flow was let go of.
    pub(super) fn is_all(&self) -> bool {
        self.let_go.is_none()
    }

    /// Bounds of a flow, known or not; all windows hold at most `absent_hi` of one without a row.
    pub(super) fn bounds_of(&self, key: &FlowKey, absent_hi: Tally) -> Bounds {
        match self.flows.get(key) {
            Some(part) => part.bounds(absent_hi),
            None => Bounds {
                lo: Tally::ZERO,
                hi: self.unknown_hi(absent_hi),
            },
        }
    }

    /// The `k` largest, largest first.
    pub(super) fn top(&self, k: usize, absent_hi: Tally) -> Vec<Placed<(FlowKey, Bounds)>> {
        let flows: Vec<_> = self.flows.iter().collect();
        let unknown_hi = self.unknown_hi(absent_hi);
        let bounded = |(key, part): &(&FlowKey, &Part)| (**key, part.bounds(absent_hi));
        let placed = top::placed(flows, k, self.sort, unknown_hi, bounded);
        let owned = |it: Placed<_>| Placed {
            flow: bounded(&it.flow),
            proven: it.proven,
        };
        placed.into_iter().map(owned).collect()
    }

    /// At most so much of a flow that is not known.
    fn unknown_hi(&self, absent_hi: Tally) -> Tally {
        absent_hi + self.let_go.unwrap_or_default()
    }
}
