//! Twins of what is in `bpf/abi.h` for durations.

#[cfg(any(feature = "kernel", test))]
use std::mem::{offset_of, size_of};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[cfg(feature = "kernel")]
use crate::kernel::skeleton::sys::types;

/// Counters of a histogram.
pub const HISTOGRAM_COUNTERS: usize = 256;

twin! {
    /// How long something took, each time.
    Histogram = histogram {
        /// As `histogram_index` has them.
        counts: [u32; HISTOGRAM_COUNTERS],
    }
}

twin! {
    /// The least and the most of durations.
    Extremes = extremes {
        /// All bits set: there is none.
        min_ns: u64,
        /// 0: there is none.
        max_ns: u64,
    }
}

impl Extremes {
    /// Of no durations.
    pub const NONE: Extremes = Extremes {
        min_ns: u64::MAX,
        max_ns: 0,
    };
}

twin! {
    /// The histograms of a CPU's epoch.
    HistogramPool = histogram_pool {
        /// Where they lie.
        first: u32,
        /// How many there are.
        room: u32,
        /// How many rows have.
        used: u32,
        /// Rows that found none.
        refused: u32,
        /// The first of those that rows left behind, from 1.
        free: u32,
        /// 0.
        pad: u32,
    }
}
