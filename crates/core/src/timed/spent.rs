//! How many events, and how long they took.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use crate::tally::Tally;

/// A count of events, such as ends of calls, and the time from their beginnings to them, all added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Events, with a duration or without: calls are most of them.
    pub calls: u64,
    /// Nanoseconds, of those with a duration.
    pub ns: u64,
}

impl Spent {
    /// Nothing.
    pub const ZERO: Spent = Spent { calls: 0, ns: 0 };

    /// So many events of so long in all.
    pub const fn new(calls: u64, ns: u64) -> Spent {
        Spent { calls, ns }
    }

    /// The more events of both, and the more time.
    pub fn max_each(self, other: Spent) -> Spent {
        Spent::new(self.calls.max(other.calls), self.ns.max(other.ns))
    }
}

/// A table counts events where those of packets count packets, and nanoseconds where they count bytes.
impl From<Tally> for Spent {
    fn from(tally: Tally) -> Spent {
        Spent::new(tally.packets, tally.bytes)
    }
}

impl Add for Spent {
    type Output = Spent;

    fn add(self, other: Spent) -> Spent {
        Spent::new(self.calls + other.calls, self.ns + other.ns)
    }
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Spent) {
        *self = *self + other;
    }
}

/// Saturates: a bound is never below zero.
impl Sub for Spent {
    type Output = Spent;

    fn sub(self, other: Spent) -> Spent {
        Spent::new(
            self.calls.saturating_sub(other.calls),
            self.ns.saturating_sub(other.ns),
        )
    }
}

impl Sum for Spent {
    fn sum<I: Iterator<Item = Spent>>(all: I) -> Spent {
        all.fold(Spent::ZERO, Add::add)
    }
}
