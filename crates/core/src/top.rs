//! Ranking flows.

use std::cmp::Reverse;

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
    let order = |flow: &&Flow| (sort.rank(flow.bounds.lo), flow.key);
    if k < ranked.len() {
        ranked.select_nth_unstable_by_key(k, order);
        ranked.truncate(k);
    }
    ranked.sort_unstable_by_key(order);
    ranked
}

/// The flows that are shown: the `k` largest, or all of them in no order.
pub fn shown(flows: &[Flow], k: Option<usize>, sort: Sort) -> Vec<&Flow> {
    match k {
        Some(k) => top(flows, k, sort),
        None => flows.iter().collect(),
    }
}
