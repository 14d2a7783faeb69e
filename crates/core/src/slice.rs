//! What one CPU's table held in one epoch, as the drain read it.

use crate::distinct::Distinct;
use crate::flow::FlowKey;
use crate::net::{Level, Net, Side};
use crate::reason::Reason;
use crate::sketch::Sketch;
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
    /// At most so much of the key its slice had folded when it came in, and may be missing here.
    pub base: Tally,
    /// The key's hash, by which its slice's [`Sketch`] knows it; 0 where nothing was folded anywhere.
    pub hash: u64,
    /// When the key came in; exact, but within a tick where another had to leave for it.
    pub first: MonoNanos,
    /// When the last packet came; within one tick of the kernel.
    pub last: MonoNanos,
    /// TCP flags of all packets, or-ed.
    pub tcp_flags: u8,
}

/// What was folded of one network, and of no finer one that is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folded {
    /// Whether it is the flows' source or destination.
    pub side: Side,
    /// Which network.
    pub net: Net,
    /// What was folded.
    pub count: Tally,
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
    /// Rows that had to leave, whole; a key may be there several times, and among the rows as well.
    pub spills: Vec<Row>,
    /// What else had to leave, by network; each network at most once.
    pub folded: Vec<Folded>,
    /// What is known of the keys of what was folded; `None`: nothing.
    pub sketch: Option<Sketch>,
    /// How many distinct values of keys came here; `None`: nobody knows, as without a table.
    pub distinct: Option<Distinct>,
    /// Which hash function its keys have, 0 where they have none; a sketch knows only those of the same.
    pub hashed_by: u64,
    /// Packets without a flow, by reason.
    pub other: Vec<(Reason, Tally)>,
    /// Events keyed without ports, because they have more IPv6 extension headers than are walked.
    pub deep_chains: u64,
    /// Rows that this slice has room for.
    pub capacity_rows: u64,
}

impl<R> Slice<R> {
    /// Everything that is in no row here.
    pub fn folded_sum(&self) -> Tally {
        self.folded.iter().map(|folded| folded.count).sum()
    }

    /// What was folded at a level, and no finer one.
    pub fn folded_at(&self, level: Level) -> Tally {
        let at = self.folded.iter().filter(|it| it.net.level() == level);
        at.map(|folded| folded.count).sum()
    }

    /// At most so much was folded of the key with that hash.
    pub fn bound(&self, hash: u64) -> Tally {
        match &self.sketch {
            Some(sketch) => sketch.bound(hash),
            None => self.folded_sum(),
        }
    }
}

impl Slice {
    /// All that was counted by key: rows, and those that had to leave.
    pub fn parts(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().chain(&self.spills)
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
            spills: self.spills,
            folded: self.folded,
            sketch: self.sketch,
            distinct: self.distinct,
            hashed_by: self.hashed_by,
            other: self.other,
            deep_chains: self.deep_chains,
            capacity_rows: self.capacity_rows,
        }
    }
}
