//! Space-Saving (Metwally, Agrawal, El Abbadi 2005): a flow without a row takes the smallest one over,
//! count and all. Every count is at least the truth, and too large by at most what was taken over.

use hashbrown::HashMap;

use super::{Counted, Counter, INDEX_BYTES, Interval, KEY_BYTES, Row};
use crate::workload::Packet;

/// Key, count, error, the flow's place, and the first place of its count with that count, where
/// every count is another.
pub(super) const ROW_BYTES: u64 = KEY_BYTES + 8 + 8 + INDEX_BYTES + 24;

/// The stream-summary as an array: rows by count, the largest first, and where each count begins. So
/// adding a packet is a swap with the first row of the same count.
#[derive(Debug)]
pub(super) struct SpaceSaving {
    rows: Vec<Entry>,
    places: HashMap<u32, usize>,
    begins: HashMap<u64, usize>,
    capacity: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    flow: u32,
    count: u64,
    /// So much of the count may be of others.
    error: u64,
}

impl SpaceSaving {
    /// At least one row.
    pub(super) fn new(capacity: usize) -> SpaceSaving {
        SpaceSaving {
            rows: Vec::with_capacity(capacity),
            places: HashMap::with_capacity(capacity),
            begins: HashMap::new(),
            capacity,
        }
    }

    /// Appends a row of nothing, which is the smallest.
    fn append(&mut self, flow: u32) -> usize {
        let place = self.rows.len();
        self.rows.push(Entry {
            flow,
            count: 0,
            error: 0,
        });
        self.places.insert(flow, place);
        self.begins.insert(0, place);
        place
    }

    /// Gives the smallest row to a flow that has none.
    fn take_over(&mut self, flow: u32) -> usize {
        let place = self.rows.len() - 1;
        let row = &mut self.rows[place];
        self.places.remove(&row.flow);
        self.places.insert(flow, place);
        row.flow = flow;
        row.error = row.count;
        place
    }

    /// Adds a packet to the row at a place.
    fn add(&mut self, place: usize) {
        let count = self.rows[place].count;
        let first = self.begins.get(&count).copied().unwrap_or(place);
        self.rows.swap(place, first);
        self.places.insert(self.rows[place].flow, place);
        self.places.insert(self.rows[first].flow, first);
        self.rows[first].count += 1;
        if self
            .rows
            .get(first + 1)
            .is_some_and(|row| row.count == count)
        {
            self.begins.insert(count, first + 1);
        } else {
            self.begins.remove(&count);
        }
        self.begins.entry(count + 1).or_insert(first);
    }
}

impl Counter for SpaceSaving {
    fn count(&mut self, packet: Packet) {
        let place = match self.places.get(&packet.flow) {
            Some(place) => *place,
            None if self.rows.len() < self.capacity => self.append(packet.flow),
            None => self.take_over(packet.flow),
        };
        self.add(place);
    }

    fn capacity(&self) -> u64 {
        self.capacity as u64
    }

    fn finish(self: Box<Self>) -> Counted {
        let rows = self.rows.into_iter().map(|row| Row {
            flow: row.flow,
            estimate: row.count,
            packets: Some(Interval {
                lo: row.count - row.error,
                hi: row.count,
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
    fn the_smallest_row_is_taken_over_with_its_count() {
        let mut counter = Box::new(SpaceSaving::new(2));
        for flow in [1, 1, 1, 2, 3] {
            counter.count(Packet { flow, bytes: 60 });
        }
        let rows = counter.finish().rows;
        let row = |flow, lo, hi| Row {
            flow,
            estimate: hi,
            packets: Some(Interval { lo, hi }),
            bytes: None,
        };
        assert_eq!(rows, [row(1, 3, 3), row(3, 1, 2)]);
    }

    #[test]
    fn the_truth_is_within_and_the_sum_is_that_of_all() {
        for name in ["zipf-1.0-10k", "short-lived", "round-robin"] {
            let workload = Workload::named(name).expect("a workload");
            let packets: Vec<Packet> = workload.stream(50_000, 3).take(50_000).collect();
            let truth = Truth::of(&packets);
            let mut counter = Box::new(SpaceSaving::new(500));
            packets.iter().for_each(|packet| counter.count(*packet));
            let rows = counter.finish().rows;
            assert_eq!(rows.iter().map(|row| row.estimate).sum::<u64>(), 50_000);
            assert!(rows.is_sorted_by(|a, b| a.estimate >= b.estimate));
            for row in rows {
                let packets = truth.flows[row.flow as usize].packets;
                assert!(
                    row.packets.is_some_and(|within| within.contains(packets)),
                    "{row:?}"
                );
                // What it is too large by is at most the packets a row.
                assert!(row.estimate <= packets + 50_000 / 500);
            }
        }
    }
}
