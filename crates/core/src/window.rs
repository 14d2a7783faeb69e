//! A window: rows merged over CPUs, each with bounds, and a ledger that must come out at 0.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::bounds::Bounds;
use crate::distinct::Distinct;
use crate::edges::Span;
use crate::flow::FlowKey;
use crate::hierarchy::Hierarchy;
use crate::net::Level;
use crate::prefix::{self, Prefix};
use crate::reason::Reason;
use crate::rollup::Rolled;
use crate::slice::{Folded, MonoNanos, Row, Slice};
use crate::tally::Tally;
use absent::{Absent, Absents};
use merge::Share;

pub use rolled::Sums;

/// One flow of a window.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// Which flow.
    pub key: FlowKey,
    /// What it carried.
    pub bounds: Bounds,
    /// Its first packet that found a row; inside the window.
    pub first: MonoNanos,
    /// Its last packet, within a tick of the kernel; never before `first`.
    pub last: MonoNanos,
    /// TCP flags of all packets, or-ed.
    pub tcp_flags: u8,
}

/// Where every packet of a window went.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Times that a hook ran: a super-frame is one event of several packets.
    pub events: u64,
    /// The independent total.
    pub seen: Tally,
    /// What of it went out; 0 where directions are not known.
    pub seen_out: Tally,
    /// What the filter left out.
    pub filtered: Tally,
    /// The sum of all flow rows.
    pub rows: Tally,
    /// What is in no row, by [`Level`]: each packet at one of them.
    pub folded: [Tally; Level::ALL.len()],
    /// Packets without a flow, by reason.
    pub other: BTreeMap<Reason, Tally>,
    /// Events keyed without ports, because they have more IPv6 extension headers than are walked.
    pub deep_chains: u64,
}

impl Ledger {
    /// Packets that are in no row.
    pub fn folded_sum(&self) -> Tally {
        self.folded.iter().copied().sum()
    }

    /// Packets without a flow.
    pub fn other_sum(&self) -> Tally {
        self.other.values().copied().sum()
    }

    /// The independent total less everything accounted for, packets and bytes: 0, or a bug.
    pub fn residue(&self) -> (i64, i64) {
        let accounted = self.filtered + self.rows + self.folded_sum() + self.other_sum();
        (
            self.seen.packets.wrapping_sub(accounted.packets) as i64,
            self.seen.bytes.wrapping_sub(accounted.bytes) as i64,
        )
    }

    /// Adds another ledger.
    pub fn add(&mut self, other: &Ledger) {
        self.events += other.events;
        self.seen += other.seen;
        self.seen_out += other.seen_out;
        self.filtered += other.filtered;
        self.rows += other.rows;
        self.deep_chains += other.deep_chains;
        for (level, more) in self.folded.iter_mut().zip(other.folded) {
            *level += more;
        }
        for (reason, tally) in &other.other {
            *self.other.entry(*reason).or_default() += *tally;
        }
    }
}

/// One closed window.
#[derive(Clone, Debug)]
pub struct Window {
    /// When.
    pub span: Span,
    /// Where every packet went.
    pub ledger: Ledger,
    /// The flows, in no order.
    pub flows: Vec<Flow>,
    /// The networks of what was folded, and those around them; with [`Window::add_hierarchy`] all of some
    /// levels. Those that are part of one follow it.
    pub prefixes: Vec<Prefix>,
    /// Rows that were spilled; they are in their flows.
    pub spilled_rows: u64,
    /// At most so much may belong to a flow that has no row here.
    pub absent_hi: Tally,
    /// Rows that one epoch has room for, over all CPUs.
    pub capacity_rows: u64,
    /// How full the fullest CPU's table was, 0 to 1.
    pub occupancy: f64,
    /// What was folded on CPUs without a table: those that came online after the start.
    pub without_table: Tally,
    /// What of the ledger's folds had rows until [`Window::reduce`].
    pub reduced: Tally,
    /// What it was made of, if it is a longer window.
    pub rolled: Option<Rolled>,
    /// What had been folded in the windows that it was made of.
    earlier: Tally,
    /// How many distinct values of keys there were, on CPUs with a table; `None`: nobody knows.
    pub distinct: Option<Distinct>,
    /// Levels of which all networks are lines.
    hierarchy: Option<Hierarchy>,
    /// What was folded; a network may be there several times.
    folded: Vec<Folded>,
    /// What is known of flows without a row.
    absents: Absents,
}

impl Window {
    /// Merges what the CPUs' tables held.
    ///
    /// A flow's upper bound adds, over *all* slices, what that slice may have folded of it: before the
    /// flow came in, where it has a row, and ever, where it has none.
    pub fn merge<R>(span: Span, slices: Vec<Slice<R>>) -> Window
    where
        R: IntoIterator<Item = Row, IntoIter: ExactSizeIterator>,
    {
        let mut ledger = Ledger::default();
        let (mut capacity_rows, mut occupancy, mut without_table) = (0, 0f64, Tally::ZERO);
        let (mut folded, mut spilled_rows) = (Vec::new(), 0);
        let distinct = Distinct::union(slices.iter().filter_map(|it| it.distinct.as_ref()));
        let mut shares = Vec::with_capacity(slices.len());
        for slice in slices {
            let sum = slice.folded_sum();
            let rows = slice.rows.into_iter();
            ledger.events += slice.events;
            ledger.seen += slice.seen;
            ledger.seen_out += slice.seen_out;
            ledger.filtered += slice.filtered;
            ledger.deep_chains += slice.deep_chains;
            for it in &slice.folded {
                ledger.folded[it.net.level().index()] += it.count;
            }
            folded.extend(slice.folded);
            for (reason, tally) in slice.other {
                *ledger.other.entry(reason).or_default() += tally;
            }
            capacity_rows += slice.capacity_rows;
            if slice.capacity_rows > 0 {
                occupancy = occupancy.max(rows.len() as f64 / slice.capacity_rows as f64);
            } else {
                without_table += sum;
            }
            spilled_rows += slice.spills.len() as u64;
            shares.push(Share {
                rows,
                spills: slice.spills,
                absent: Absent::new(sum, slice.sketch, slice.hashed_by),
            });
        }
        let (flows, absents) = merge::flows(&span, shares);
        let absents = Absents::of(absents);
        ledger.rows = flows.iter().map(|flow| flow.bounds.lo).sum();
        Window {
            span,
            absent_hi: absents.most(),
            ledger,
            prefixes: prefix::prefixes(&flows, &folded),
            flows,
            spilled_rows,
            capacity_rows,
            occupancy,
            without_table,
            reduced: Tally::ZERO,
            rolled: None,
            earlier: Tally::ZERO,
            distinct,
            hierarchy: None,
            folded,
            absents,
        }
    }

    /// Bounds of any flow, whether it has a row or not, by its key as rows have it and the hash by
    /// which the engine knows it. Looks at every row: for several flows there is
    /// [`Lookup`](crate::lookup::Lookup).
    pub fn bounds_of(&self, key: &FlowKey, hash: u64) -> Bounds {
        let row = self.flows.iter().find(|flow| flow.key == *key);
        row.map_or_else(|| self.absent_bounds(hash), |flow| flow.bounds)
    }

    /// Bounds of a flow that has no row, by the hash by which the engine knows its key.
    pub fn absent_bounds(&self, hash: u64) -> Bounds {
        Bounds {
            lo: Tally::ZERO,
            hi: self.absents.bound(hash),
        }
    }

    /// What was folded because more flows came than tables have rows: on CPUs without a table more memory
    /// would not have helped, and what was folded because it was asked for is no overflow. Of a longer
    /// window: what was folded when its windows were added.
    pub fn overflow(&self) -> Tally {
        let here = self.ledger.folded_sum() - self.earlier;
        match self.rolled {
            Some(_) => here - self.reduced,
            None => here - self.without_table - self.reduced,
        }
    }

    /// The length of a longer window; `None`: it is one of those that are counted.
    pub fn tier(&self) -> Option<Duration> {
        self.rolled.and(self.span.window)
    }

    /// Everything exported for the window: flow rows, spilled partials, networks, other reasons.
    pub fn summaries(&self) -> u64 {
        let lines = self.flows.len() + self.prefixes.len() + self.ledger.other.len();
        lines as u64 + self.exported_spills()
    }

    /// Spilled rows that were exported one by one: those of a longer window never leave this process.
    fn exported_spills(&self) -> u64 {
        match self.rolled {
            Some(_) => 0,
            None => self.spilled_rows,
        }
    }
}

mod absent;
mod hierarchy;
mod merge;
mod networks;
mod project;
mod reduce;
mod rolled;
#[cfg(test)]
mod tests;
