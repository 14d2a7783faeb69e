//! A count-min sketch (Cormode, Muthukrishnan 2005) with conservative update (Estan, Varghese 2002),
//! and the flows with the largest estimates.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use anyhow::{Context, Result};
use hashbrown::HashMap;

use super::{Counted, Counter, INDEX_BYTES, Interval, KEY_BYTES, Row};
use crate::random::Random;
use crate::workload::Packet;

/// Counters that a flow has.
const DEPTH: usize = 4;
const COUNTER_BYTES: u64 = 4;
/// Key, estimate, place in the heap, and the flow's place in the index.
const ROW_BYTES: u64 = KEY_BYTES + 8 + 4 + INDEX_BYTES;

/// No estimate is below the truth.
#[derive(Debug)]
pub(super) struct CountMin {
    counters: [Vec<u32>; DEPTH],
    largest: HashMap<u32, u64>,
    /// The same flows, the smallest on top. Estimates only grow, so one here may be an older one: it
    /// is looked up when it comes to the top.
    smallest: BinaryHeap<Reverse<(u64, u32)>>,
    capacity: usize,
}

impl CountMin {
    /// Room for so many of the largest; the rest of the memory is counters.
    ///
    /// # Errors
    /// When there is no rest.
    pub(super) fn of_memory(memory_bytes: u64, capacity: usize) -> Result<CountMin> {
        let rest = memory_bytes.checked_sub(capacity as u64 * ROW_BYTES);
        let width = rest.unwrap_or(0) / (DEPTH as u64 * COUNTER_BYTES);
        (width > 0)
            .then(|| CountMin::new(width as usize, capacity))
            .with_context(|| {
                format!("{memory_bytes} bytes are too little for {capacity} flows of count-min")
            })
    }

    fn new(width: usize, capacity: usize) -> CountMin {
        CountMin {
            counters: std::array::from_fn(|_| vec![0; width]),
            largest: HashMap::with_capacity(capacity),
            smallest: BinaryHeap::with_capacity(capacity),
            capacity,
        }
    }

    /// Counts a packet, and gives the flow's estimate.
    fn update(&mut self, flow: u32) -> u64 {
        let mut random = Random::new(u64::from(flow));
        let width = self.counters[0].len() as u32;
        let places: [usize; DEPTH] = std::array::from_fn(|_| random.below(width) as usize);
        let counters = || self.counters.iter().zip(places);
        let estimate = counters().map(|(row, place)| row[place]).min().unwrap_or(0) + 1;
        for (row, place) in self.counters.iter_mut().zip(places) {
            row[place] = row[place].max(estimate);
        }
        u64::from(estimate)
    }

    /// Brings a flow among the largest if it is one of them.
    fn rank(&mut self, flow: u32, estimate: u64) {
        if let Some(known) = self.largest.get_mut(&flow) {
            *known = estimate;
            return;
        }
        while self.largest.len() >= self.capacity {
            let Some(mut top) = self.smallest.peek_mut() else {
                return;
            };
            let (seen, smallest) = top.0;
            let now = self.largest.get(&smallest).copied().unwrap_or(seen);
            if seen >= estimate {
                return;
            }
            if now > seen {
                top.0.0 = now;
            } else {
                PeekMut::pop(top);
                self.largest.remove(&smallest);
            }
        }
        self.largest.insert(flow, estimate);
        self.smallest.push(Reverse((estimate, flow)));
    }
}

impl Counter for CountMin {
    fn count(&mut self, packet: Packet) {
        let estimate = self.update(packet.flow);
        self.rank(packet.flow, estimate);
    }

    fn capacity(&self) -> u64 {
        self.capacity as u64
    }

    fn finish(self: Box<Self>) -> Counted {
        let rows = self.largest.into_iter().map(|(flow, estimate)| Row {
            flow,
            estimate,
            packets: Some(Interval {
                lo: 0,
                hi: estimate,
            }),
            bytes: None,
        });
        Counted::rows(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Truth;
    use crate::workload::Workload;

    #[test]
    fn no_estimate_is_below_the_truth_and_the_largest_are_there() {
        let workload = Workload::named("zipf-1.1-10k").expect("a workload");
        let packets: Vec<Packet> = workload.stream(100_000, 3).take(100_000).collect();
        let truth = Truth::of(&packets);
        let mut counter = Box::new(CountMin::new(1_000, 200));
        packets.iter().for_each(|packet| counter.count(*packet));
        let sketch = &counter.counters;
        for (flow, tally) in truth.flows.iter().enumerate() {
            let mut random = Random::new(flow as u64);
            let estimate = sketch
                .iter()
                .map(|row| row[random.below(1_000) as usize])
                .min();
            assert!(u64::from(estimate.unwrap_or(0)) >= tally.packets, "{flow}");
        }
        let rows = counter.finish().rows;
        assert_eq!(rows.len(), 200);
        for row in &rows {
            let packets = truth.flows[row.flow as usize].packets;
            assert!(
                row.packets.is_some_and(|within| within.contains(packets)),
                "{row:?}"
            );
        }
        let found = |flow: &u32| rows.iter().any(|row| row.flow == *flow);
        assert!(truth.top(50).iter().all(found));
    }
}
