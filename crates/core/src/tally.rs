//! Packets and bytes, always counted together.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

/// A count of packets and of their bytes on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Packets on the wire (a super-frame is several).
    pub packets: u64,
    /// Frame bytes on the wire, from the Ethernet header on, without checksum.
    pub bytes: u64,
}

impl Tally {
    /// Nothing counted.
    pub const ZERO: Tally = Tally {
        packets: 0,
        bytes: 0,
    };

    /// `packets` packets of `bytes` bytes in all.
    pub const fn new(packets: u64, bytes: u64) -> Self {
        Tally { packets, bytes }
    }

    /// The fewer packets of both, and the fewer bytes.
    pub fn min_each(self, other: Tally) -> Tally {
        Tally::new(self.packets.min(other.packets), self.bytes.min(other.bytes))
    }

    /// The more packets of both, and the more bytes.
    pub fn max_each(self, other: Tally) -> Tally {
        Tally::new(self.packets.max(other.packets), self.bytes.max(other.bytes))
    }

    /// Whether neither a packet nor a byte was counted.
    pub fn is_zero(self) -> bool {
        self == Tally::ZERO
    }
}

impl Add for Tally {
    type Output = Tally;

    fn add(self, other: Tally) -> Tally {
        Tally::new(self.packets + other.packets, self.bytes + other.bytes)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        *self = *self + other;
    }
}

/// Saturates: a bound is never below zero.
impl Sub for Tally {
    type Output = Tally;

    fn sub(self, other: Tally) -> Tally {
        Tally::new(
            self.packets.saturating_sub(other.packets),
            self.bytes.saturating_sub(other.bytes),
        )
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Tally>>(tallies: I) -> Tally {
        tallies.fold(Tally::ZERO, Add::add)
    }
}
