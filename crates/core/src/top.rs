//! Ranking flows.

use std::cmp::Reverse;

use crate::bounds::Bounds;
use crate::flow::FlowKey;
use crate::tally::Tally;
use crate::window::Flow;

/// What flows are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Packets, then bytes.
    Packets,
    /// Bytes, then packets.
    Bytes,
}

impl Sort {
    /// As in output.
    pub fn name(self) -> &'static str {
        match self {
            Sort::Packets => "packets",
            Sort::Bytes => "bytes",
        }
    }

    /// The larger, the earlier.
    pub fn rank(self, count: Tally) -> Reverse<(u64, u64)> {
        Reverse(match self {
            Sort::Packets => (count.packets, count.bytes),
            Sort::Bytes => (count.bytes, count.packets),
        })
    }
}

/// The `k` largest flows by their lower bounds, largest first; ties by key, so that the order is
/// the same every time.
pub fn top(flows: &[Flow], k: usize, sort: Sort) -> Vec<&Flow> {
    let mut ranked: Vec<&Flow> = flows.iter().collect();
    let k = largest_first(&mut ranked, k, |flow| (sort.rank(flow.bounds.lo), flow.key));
    ranked.truncate(k);
    ranked
}

/// The flows that are shown: the `k` largest, or all of them in no order.
pub fn shown(flows: &[Flow], k: Option<usize>, sort: Sort) -> Vec<&Flow> {
    match k {
        Some(k) => top(flows, k, sort),
        None => flows.iter().collect(),
    }
}

/// One of the largest flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The flow.
    pub flow: T,
    /// It is one of the largest for certain: no flow that is not among them can have carried more.
    pub proven: bool,
}

/// The same of anything that has a key and bounds, with what bounds prove; of flows that are not given
/// each carried at most `absent_hi`.
pub fn placed<T>(
    mut flows: Vec<T>,
    k: usize,
    sort: Sort,
    absent_hi: Tally,
    bounded: impl Fn(&T) -> (FlowKey, Bounds),
) -> Vec<Placed<T>> {
    let k = largest_first(&mut flows, k, |flow| {
        let (key, bounds) = bounded(flow);
        (sort.rank(bounds.lo), key)
    });
    let others = flows.drain(k..).map(|flow| sort.rank(bounded(&flow).1.hi));
    // Ranks are reversed: the least is the largest's.
    let most = others.fold(sort.rank(absent_hi), Ord::min);
    let place = |flow| Placed {
        proven: sort.rank(bounded(&flow).1.lo) <= most,
        flow,
    };
    flows.into_iter().map(place).collect()
}

/// The first `k`, or as many as there are, are the first in that order, and in it.
fn largest_first<T, K: Ord>(flows: &mut [T], k: usize, order: impl Fn(&T) -> K) -> usize {
    let k = k.min(flows.len());
    if k < flows.len() {
        flows.select_nth_unstable_by_key(k, &order);
    }
    flows[..k].sort_unstable_by_key(&order);
    k
}

#[cfg(test)]
mod tests;
