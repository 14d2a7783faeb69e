//! HeavyKeeper (Gong and others 2018) by the crate `heavykeeper`: the larger a count, the less likely
//! a packet of another flow is to take one off it. It proves nothing of its rows.

use std::hash::{BuildHasherDefault, DefaultHasher};

use anyhow::{Result, ensure};
use heavykeeper::TopK;

use super::{Counted, Counter, Row};
use crate::workload::Packet;

/// As in the paper: two counters a flow, and 1.08^-count.
const DEPTH: usize = 2;
const DECAY: f64 = 1.0 / 1.08;
/// Bytes of a counter: a fingerprint of 64 bits, and 64 bits of count.
const CELL_BYTES: u64 = 16;

/// A flow's number in as many bytes as windrow's key has: the crate holds each key twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Wide([u64; 6]);

/// The crate's sketch; its own hash gives other figures on other kinds of CPU.
type Sketch = TopK<Wide, BuildHasherDefault<DefaultHasher>>;

/// A sketch as large as it says of itself.
pub(super) struct HeavyKeeper {
    sketch: Sketch,
    capacity: usize,
}

impl HeavyKeeper {
    /// Room for so many of the largest; the rest of the memory is counters.
    ///
    /// # Errors
    /// When there is no rest.
    pub(super) fn of_memory(memory_bytes: u64, capacity: usize) -> Result<HeavyKeeper> {
        let sketch = |width| {
            let hasher = BuildHasherDefault::default();
            Sketch::with_hasher(capacity, width, DEPTH, DECAY, hasher)
        };
        let bytes = |sketch: &Sketch| sketch.mem_bytes(|_| 0) as u64;
        let one = CELL_BYTES * DEPTH as u64;
        let rest = memory_bytes.saturating_sub(bytes(&sketch(1)) - one);
        ensure!(
            rest >= one,
            "{memory_bytes} bytes are too little for {capacity} flows of heavykeeper"
        );
        Ok(HeavyKeeper {
            sketch: sketch((rest / one) as usize),
            capacity,
        })
    }
}

impl Counter for HeavyKeeper {
    fn count(&mut self, packet: Packet) {
        self.sketch.add(&Wide([u64::from(packet.flow); 6]), 1);
    }

    fn capacity(&self) -> u64 {
        self.capacity as u64
    }

    fn finish(self: Box<Self>) -> Counted {
        let nodes = self.sketch.list().into_iter();
        let rows = nodes.map(|node| Row::unproven(node.item.0[0] as u32, node.count));
        Counted::rows(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sketch_is_as_large_as_it_may_be() {
        for memory in [256 << 10, 1 << 20] {
            let counter = HeavyKeeper::of_memory(memory, 1_000).expect("enough memory");
            let bytes = counter.sketch.mem_bytes(|_| 0) as u64;
            assert!(
                bytes <= memory && bytes + 64 > memory,
                "{bytes} of {memory}"
            );
        }
        assert!(HeavyKeeper::of_memory(10_000, 1_000).is_err());
    }
}
