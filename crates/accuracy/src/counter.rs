//! What counts packets of flows in memory that does not suffice for all of them: windrow, and what is
//! used or proposed instead. Each is charged for all that it holds.

mod count_min;
mod drop_hash;
mod heavy_keeper;
mod lru;
mod space_saving;
mod windrow;

use anyhow::{Result, ensure};

use windrow_core::tally::Tally;

use crate::key::Key;
use crate::workload::Packet;

/// Bytes of a key in a row: windrow's own, for IPv4 and IPv6.
const KEY_BYTES: u64 = 48;
/// Bytes of a flow's place in a hash index: 4, in a table that is half full.
const INDEX_BYTES: u64 = 8;
/// What a plain row with an index costs: about what windrow's costs.
const ROW_BYTES: u64 = 100;
/// The largest K that is asked for.
pub const MOST_K: usize = 1_000;

/// Counts packets.
pub trait Counter {
    /// One packet.
    fn count(&mut self, packet: Packet);

    /// Rows that there is room for.
    fn capacity(&self) -> u64;

    /// What was counted.
    fn finish(self: Box<Self>) -> Counted;
}

/// What a counter says in the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// One a flow, in any order.
    pub rows: Vec<Row>,
    /// What more a counter says that keeps an account of all packets.
    pub account: Option<Account>,
}

impl Counted {
    /// Of a counter that keeps no account.
    fn rows(rows: impl Iterator<Item = Row>) -> Counted {
        Counted {
            rows: rows.collect(),
            account: None,
        }
    }
}

/// Where all packets went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// All that came.
    pub seen: Tally,
    /// Packets and bytes of it that are neither in rows nor anywhere else.
    pub residue: (i64, i64),
    /// A flow without a row had no more than this.
    pub absent_hi: Tally,
    /// Lines that are exported, rows and what was folded.
    pub lines: u64,
    /// Rows of flows that nobody sent.
    pub strangers: u64,
}

/// What a counter says of one flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose it is.
    pub flow: u32,
    /// The packets that it is ranked by.
    pub estimate: u64,
    /// What the packets are proven to be within.
    pub packets: Option<Interval>,
    /// The same of the bytes.
    pub bytes: Option<Interval>,
}

/// From the least to the most that it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The least.
    pub lo: u64,
    /// The most.
    pub hi: u64,
}

impl Interval {
    /// Nothing but this.
    pub fn exactly(value: u64) -> Interval {
        Interval {
            lo: value,
            hi: value,
        }
    }

    /// Whether it may be that.
    pub fn contains(self, value: u64) -> bool {
        (self.lo..=self.hi).contains(&value)
    }
}

impl Row {
    /// A row of a counter that proves nothing.
    fn unproven(flow: u32, estimate: u64) -> Row {
        Row {
            flow,
            estimate,
            packets: None,
            bytes: None,
        }
    }

    /// Whether the row is proven to be the truth, in all that it holds.
    pub fn is_exact(&self) -> bool {
        let exact = |interval: Interval| interval.lo == interval.hi;
        self.packets.is_some_and(exact) && self.bytes.is_none_or(exact)
    }
}

/// Which counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// windrow's data path, compiled for this process.
    Windrow,
    /// A hash table that takes no new flow once it is full.
    DropHash,
    /// A hash table that forgets the flow that was seen longest ago.
    Lru,
    /// Space-Saving.
    SpaceSaving,
    /// Count-min with a heap of the largest.
    CountMin,
    /// HeavyKeeper, as the crate of that name has it.
    HeavyKeeper,
}

impl Algorithm {
    /// windrow first.
    pub const ALL: [Algorithm; 6] = [
        Algorithm::Windrow,
        Algorithm::DropHash,
        Algorithm::Lru,
        Algorithm::SpaceSaving,
        Algorithm::CountMin,
        Algorithm::HeavyKeeper,
    ];

    /// As in results.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Windrow => "windrow",
            Algorithm::DropHash => "drop-hash",
            Algorithm::Lru => "lru",
            Algorithm::SpaceSaving => "space-saving",
            Algorithm::CountMin => "count-min",
            Algorithm::HeavyKeeper => "heavykeeper",
        }
    }

    /// A counter with nothing counted that holds at most so many bytes; `keys` are those of all flows.
    ///
    /// # Errors
    /// When so few bytes are not enough for it.
    pub fn counter(self, memory_bytes: u64, keys: &[Key]) -> Result<Box<dyn Counter + '_>> {
        let rows = |row_bytes: u64| {
            let rows = memory_bytes / row_bytes;
            ensure!(
                rows > 0,
                "{memory_bytes} bytes are too little for {}",
                self.name()
            );
            Ok(rows as usize)
        };
        Ok(match self {
            Algorithm::Windrow => Box::new(windrow::Windrow::new(memory_bytes, keys)?),
            Algorithm::DropHash => Box::new(drop_hash::DropHash::new(rows(ROW_BYTES)?)),
            Algorithm::Lru => Box::new(lru::Lru::new(rows(ROW_BYTES)?)),
            Algorithm::SpaceSaving => Box::new(space_saving::SpaceSaving::new(rows(
                space_saving::ROW_BYTES,
            )?)),
            Algorithm::CountMin => {
                Box::new(count_min::CountMin::of_memory(memory_bytes, 2 * MOST_K)?)
            }
            Algorithm::HeavyKeeper => {
                Box::new(heavy_keeper::HeavyKeeper::of_memory(memory_bytes, MOST_K)?)
            }
        })
    }
}
