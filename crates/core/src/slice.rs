//! What one CPU's table held in one epoch, as the drain read it.

use crate::flow::FlowKey;
use crate::reason::Reason;
use crate::tally::Tally;

/// A point in time, nanoseconds of `CLOCK_MONOTONIC`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonoNanos(pub u64);

/// One row: a key that fitted, and everything its packets added while it was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The flow.
    pub key: FlowKey,
    /// What the row counted.
    pub count: Tally,
    /// What its slice had folded when the key came in: at most so much of the flow is missing.
    pub base: Tally,
    /// When the key came in; exact.
    pub first: MonoNanos,
    /// When the last packet came; within one tick of the kernel.
    pub last: MonoNanos,
    /// TCP flags of all packets, or-ed.
    pub tcp_flags: u8,
}

/// One CPU's share of an epoch; its rows are there, or come one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice<R = Vec<Row>> {
    /// Times that a hook ran here.
    pub events: u64,
    /// The independent total: counted before anything else could fail.
    pub seen: Tally,
    /// What of it went out; 0 where directions are not known.
    pub seen_out: Tally,
    /// What the filter left out.
    pub filtered: Tally,
    /// Rows, each key at most once.
    pub rows: R,
    /// IPv4 packets that found no row.
    pub folded_ipv4: Tally,
    /// IPv6 packets that found no row.
    pub folded_ipv6: Tally,
    /// Packets without a flow, by reason.
    pub other: Vec<(Reason, Tally)>,
    /// Events keyed without ports, because they have more IPv6 extension headers than are walked.
    pub deep_chains: u64,
    /// Rows that this slice has room for.
    pub capacity_rows: u64,
}

impl<R> Slice<R> {
    /// Everything that found no row here.
    pub fn folded(&self) -> Tally {
        self.folded_ipv4 + self.folded_ipv6
    }
}

impl<R: IntoIterator<Item = Row>> Slice<R> {
    /// The same with all its rows there.
    pub fn collect(self) -> Slice {
        Slice {
            rows: self.rows.into_iter().collect(),
            events: self.events,
            seen: self.seen,
            seen_out: self.seen_out,
            filtered: self.filtered,
            folded_ipv4: self.folded_ipv4,
            folded_ipv6: self.folded_ipv6,
            other: self.other,
            deep_chains: self.deep_chains,
            capacity_rows: self.capacity_rows,
        }
    }
}
