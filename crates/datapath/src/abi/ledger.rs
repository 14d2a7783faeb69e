//! Twins of what lies beside the rows, of the ledger, and of the records of the ring.

#[cfg(any(feature = "kernel", test))]
use std::mem::{offset_of, size_of};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{ColdRow, DISTINCT_KINDS, ETHERTYPE_SLOTS, LADDER_LEVELS, OTHER_REASONS, Row, Tally};
#[cfg(feature = "kernel")]
use crate::kernel::skeleton::types;

/// [`LedgerRecord::kind`].
#[cfg(feature = "kernel")]
pub const RECORD_LEDGER: u32 = 1;
/// [`RowRecord::kind`].
#[cfg(feature = "kernel")]
pub const RECORD_ROW: u32 = 2;
/// [`RowRecord::kind`] of a row that had to leave.
#[cfg(feature = "kernel")]
pub const RECORD_SPILL: u32 = 3;
/// [`LineRecord::kind`].
#[cfg(feature = "kernel")]
pub const RECORD_LINE: u32 = 4;

twin! {
    /// What was folded of all keys that share it.
    SketchCell = sketch_cell {
        /// Packets; all bits set: so many or more.
        packets: u32,
        /// Bytes likewise.
        bytes: u32,
    }
}

twin! {
    /// What was folded of one prefix.
    LadderCell = ladder_cell {
        /// Its first 64 bits as a number; of IPv4 all 32.
        prefix: u64,
        /// Packets.
        packets: u64,
        /// Bytes.
        bytes: u64,
        /// Family above level; 0 = free.
        tag: u32,
        /// 0.
        pad: u32,
    }
}

twin! {
    /// A line of the filter, of the sketch, of the ladder or of registers.
    Line = line {
        /// As they lie.
        words: [u64; 8],
    }
}

twin! {
    /// A row that had to leave.
    SpillRecord = spill_record {
        /// Its hot line.
        row: Row,
        /// Its cold line.
        cold: ColdRow,
    }
}

twin! {
    /// What came with one ethertype.
    EthertypeTally = ethertype_tally {
        /// The ethertype, host byte order; 0 = free.
        ethertype: u32,
        /// 0.
        pad: u32,
        /// What came.
        seen: Tally,
    }
}

twin! {
    /// The ledger of one CPU in one epoch.
    SliceEpoch = slice_epoch {
        /// Times a hook ran.
        events: u64,
        /// The independent total …
        seen: Tally,
        /// … of what goes out; `seen` is of the rest.
        seen_out: Tally,
        /// Length of the insertion list.
        rows: u32,
        /// Where its rows lie: the first bucket …
        first_bucket: u32,
        /// … and how many there are; 0 = no table, all is folded.
        buckets: u32,
        /// The first of them, which keys come to before any other.
        near_buckets: u32,
        /// Where its insertion list lies.
        first_chunk: u32,
        /// Where its registers lie, behind the ladder.
        first_distinct: u32,
        /// Frames with more IPv6 extension headers than are walked.
        deep_chains: u64,
        /// All that was folded.
        folded: Tally,
        /// What of it is at the last level: IPv4.
        total_ipv4: Tally,
        /// IPv6 likewise.
        total_ipv6: Tally,
        /// Ticks that a row of one packet stays until it has to leave, times 64.
        lifetime: u64,
        /// Where the lines beside its rows lie: first those of the filter …
        first_line: u32,
        /// … so many …
        bloom_lines: u32,
        /// … so many of each row of the sketch …
        sketch_lines: u32,
        /// … and those of each level of the ladder.
        ladder_lines: [u32; LADDER_LEVELS],
        /// [`SIDE_SOURCE`](super::SIDE_SOURCE) or [`SIDE_DESTINATION`](super::SIDE_DESTINATION).
        ladder_side: u32,
        /// First level that IPv4 keys are fine enough for.
        finest_ipv4: u32,
        /// IPv6 likewise.
        finest_ipv6: u32,
        /// Where its log lies.
        first_spill: u32,
        /// Rows that the log has room for.
        spill_room: u32,
        /// Where in it the next one goes.
        spill_next: u32,
        /// Packets that must have come for a row or a spill; 0: nothing is spilled.
        spill_price: u32,
        /// Packets of a row that is worth spilling.
        spill_least: u32,
        /// Rows that were spilled.
        spilled: u32,
        /// Networks that the window has a line for.
        spill_reserve: u32,
        /// How many of them userspace has read.
        spills_read: u32,
        /// Lines of registers of each kind; 0 = none.
        distinct_lines: u32,
        /// One instant in nanoseconds …
        pair_ns: u64,
        /// … and in ticks.
        pair_ticks: u64,
        /// Packets without a flow, by reason.
        other: [Tally; OTHER_REASONS],
        /// Packets without a flow, by ethertype.
        ethertypes: [EthertypeTally; ETHERTYPE_SLOTS],
        /// Packets that the filter left out.
        filtered: Tally,
        /// 0.
        pad: [u64; 33],
    }
}

impl SliceEpoch {
    /// How many lines beside its rows hold what was folded; those of the registers follow.
    pub(crate) fn lines(&self) -> u32 {
        self.bloom_lines + 2 * self.sketch_lines + self.ladder_lines.iter().sum::<u32>()
    }

    /// How many lines of registers there are, of all kinds.
    pub(crate) fn register_lines(&self) -> u32 {
        DISTINCT_KINDS * self.distinct_lines
    }

    /// Whether its registers may hold anything: a key came, and there are any.
    pub(crate) fn has_registers(&self) -> bool {
        self.distinct_lines > 0 && (self.rows > 0 || self.folded.packets > 0)
    }
}

#[cfg(any(feature = "kernel", test))]
twin! {
    /// What leaves through the ring first of a CPU.
    LedgerRecord {
        /// [`RECORD_LEDGER`].
        kind: u32,
        /// Whose it is.
        cpu: u32,
        /// What the CPU counted.
        ledger: SliceEpoch,
    }
}

#[cfg(any(feature = "kernel", test))]
twin! {
    /// What leaves through the ring for a row.
    RowRecord {
        /// [`RECORD_ROW`].
        kind: u32,
        /// Whose it is; its ledger came before.
        cpu: u32,
        /// The hot line.
        row: Row,
        /// The cold line.
        cold: ColdRow,
    }
}

#[cfg(any(feature = "kernel", test))]
twin! {
    /// What leaves through the ring for a line beside the rows.
    LineRecord {
        /// [`RECORD_LINE`].
        kind: u32,
        /// Whose it is; its ledger came before.
        cpu: u32,
        /// Where it lies among those of its table.
        number: u32,
        /// 0.
        pad: u32,
        /// It.
        line: Line,
    }
}

#[cfg(feature = "kernel")]
twin! {
    /// How far the export of an epoch is.
    Walk = walk {
        /// That of the epoch.
        buffer: u32,
        /// Whose record is next.
        cpu: u32,
        /// Which of that CPU's: 0 the ledger, n the n-th row.
        place: u32,
        /// Rows that the last run submitted.
        rows: u32,
    }
}
