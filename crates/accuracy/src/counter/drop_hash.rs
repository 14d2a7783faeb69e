//! A hash table that takes no new flow once it is full: what a kernel's hash map does.

use hashbrown::HashMap;
use windrow_core::tally::Tally;

use super::{Counted, Counter, Interval, Row};
use crate::workload::Packet;

/// Rows of the flows that came first, each right since its first packet.
#[derive(Debug)]
pub(super) struct DropHash {
    rows: HashMap<u32, Tally>,
    capacity: usize,
}

impl DropHash {
    pub(super) fn new(capacity: usize) -> DropHash {
        DropHash {
            rows: HashMap::with_capacity(capacity),
            capacity,
        }
    }
}

impl Counter for DropHash {
    fn count(&mut self, packet: Packet) {
        let weight = Tally::new(1, u64::from(packet.bytes));
        if let Some(row) = self.rows.get_mut(&packet.flow) {
            *row += weight;
        } else if self.rows.len() < self.capacity {
            self.rows.insert(packet.flow, weight);
        }
    }

    fn capacity(&self) -> u64 {
        self.capacity as u64
    }

    fn finish(self: Box<Self>) -> Counted {
        let rows = self.rows.into_iter().map(|(flow, count)| Row {
            flow,
            estimate: count.packets,
            packets: Some(Interval::exactly(count.packets)),
            bytes: Some(Interval::exactly(count.bytes)),
        });
        Counted::rows(rows)
    }
}
