//! A hash table that forgets the flow that was seen longest ago, and says nothing of it.

use std::num::NonZeroUsize;

use ::lru::LruCache;

use super::{Counted, Counter, Row};
use crate::workload::Packet;

/// Packets since each flow was last brought in.
#[derive(Debug)]
pub(super) struct Lru {
    rows: LruCache<u32, u64>,
}

impl Lru {
    /// At least one row.
    pub(super) fn new(capacity: usize) -> Lru {
        Lru {
            rows: LruCache::new(NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN)),
        }
    }
}

impl Counter for Lru {
    fn count(&mut self, packet: Packet) {
        *self.rows.get_or_insert_mut(packet.flow, || 0) += 1;
    }

    fn capacity(&self) -> u64 {
        self.rows.cap().get() as u64
    }

    fn finish(self: Box<Self>) -> Counted {
        let rows = self.rows.iter();
        Counted::rows(rows.map(|(flow, packets)| Row::unproven(*flow, *packets)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flow_that_was_seen_longest_ago_goes() {
        let mut lru = Box::new(Lru::new(2));
        for flow in [1, 2, 1, 3] {
            lru.count(Packet { flow, bytes: 60 });
        }
        let mut rows = lru.finish().rows;
        rows.sort_by_key(|row| row.flow);
        assert_eq!(rows, [Row::unproven(1, 2), Row::unproven(3, 1)]);
    }
}
