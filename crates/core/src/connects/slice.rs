//! What one CPU counted of an epoch.

use std::ops::AddAssign;

use crate::connects::Connects;
use crate::timed;
use crate::timed::spent::Spent;

/// One CPU's share of an epoch.
pub type Slice = timed::slice::Slice<Connects>;

/// One row of it: a key that fitted, and all its events while it was there.
pub type Row = timed::slice::Row<Connects>;

/// What is counted beside the rows. All of it adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Attempts, ends of attempts, accepted connections and closes: each is a row's, or one of what is here.
    pub events: u64,
    /// The independent total, of all of these: counted before anything else could fail.
    pub seen: Spent,
    /// Those that the filter left out. They are in no class below.
    pub filtered: u64,
    /// Ends of connections that had been begun before anybody counted; they are neither attempts nor failures.
    pub begun_before: u64,
    /// Connections that were asked for.
    pub attempts: u64,
    /// Attempts that became a connection.
    pub established: u64,
    /// Attempts that became none.
    pub failed: u64,
    /// Connections that were accepted.
    pub accepted: u64,
    /// Connections that were closed, where it is looked at how they had been.
    pub closed: u64,
    /// Attempts of which it could not be kept when they began: what comes of them has no handshake time.
    pub unkept: u64,
    /// Attempts on a socket whose attempt before had not ended: its end was missed.
    pub overtaken: u64,
    /// Accepted connections of which it is not known who listens.
    pub unknown_listener: u64,
    /// Rows whose durations found no histogram.
    pub without_histogram: u64,
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Counters) {
        self.events += other.events;
        self.seen += other.seen;
        self.filtered += other.filtered;
        self.begun_before += other.begun_before;
        self.attempts += other.attempts;
        self.established += other.established;
        self.failed += other.failed;
        self.accepted += other.accepted;
        self.closed += other.closed;
        self.unkept += other.unkept;
        self.overtaken += other.overtaken;
        self.unknown_listener += other.unknown_listener;
        self.without_histogram += other.without_histogram;
    }
}

impl timed::Counters for Counters {
    fn events(&self) -> u64 {
        self.events
    }

    fn seen(&self) -> Spent {
        self.seen
    }

    fn filtered(&self) -> u64 {
        self.filtered
    }

    fn others(&self) -> impl Iterator<Item = u64> {
        [self.begun_before].into_iter()
    }

    fn opened(&self) -> i64 {
        let gone = self.established + self.failed + self.overtaken;
        self.attempts.wrapping_sub(gone) as i64
    }
}
