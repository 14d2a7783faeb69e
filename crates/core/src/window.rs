//! A window: rows merged over CPUs, each with bounds, and a ledger that must come out at 0.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::bounds::Bounds;
use crate::edges::Span;
use crate::flow::FlowKey;
use crate::reason::Reason;
use crate::slice::{MonoNanos, Row, Slice};
use crate::tally::Tally;

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
    /// IPv4 packets that found no row.
    pub folded_ipv4: Tally,
    /// IPv6 packets that found no row.
    pub folded_ipv6: Tally,
    /// Packets without a flow, by reason.
    pub other: BTreeMap<Reason, Tally>,
    /// Events keyed without ports, because they have more IPv6 extension headers than are walked.
    pub deep_chains: u64,
}

impl Ledger {
    /// Packets that found no row.
    pub fn folded(&self) -> Tally {
        self.folded_ipv4 + self.folded_ipv6
    }

    /// Packets without a flow.
    pub fn other_sum(&self) -> Tally {
        self.other.values().copied().sum()
    }

    /// The independent total less everything accounted for, packets and bytes: 0, or a bug.
    pub fn residue(&self) -> (i64, i64) {
        let accounted = self.filtered + self.rows + self.folded() + self.other_sum();
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
        self.folded_ipv4 += other.folded_ipv4;
        self.folded_ipv6 += other.folded_ipv6;
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
    /// At most so much may belong to a flow that has no row here.
    pub absent_hi: Tally,
    /// Rows that one epoch has room for, over all CPUs.
    pub capacity_rows: u64,
    /// How full the fullest CPU's table was, 0 to 1.
    pub occupancy: f64,
    /// What was folded on CPUs without a table: those that came online after the start.
    pub without_table: Tally,
}

impl Window {
    /// Merges what the CPUs' tables held.
    ///
    /// A flow's upper bound adds, over *all* slices, what that slice had folded when the flow came
    /// in there, or everything it folded where the flow has no row: packets of the flow may be in
    /// either.
    pub fn merge<R>(span: Span, slices: Vec<Slice<R>>) -> Window
    where
        R: IntoIterator<Item = Row, IntoIter: ExactSizeIterator>,
    {
        let mut ledger = Ledger::default();
        let (mut capacity_rows, mut occupancy, mut without_table) = (0, 0f64, Tally::ZERO);
        let mut shares = Vec::with_capacity(slices.len());
        for slice in slices {
            let folded = slice.folded();
            let rows = slice.rows.into_iter();
            ledger.events += slice.events;
            ledger.seen += slice.seen;
            ledger.seen_out += slice.seen_out;
            ledger.filtered += slice.filtered;
            ledger.deep_chains += slice.deep_chains;
            ledger.folded_ipv4 += slice.folded_ipv4;
            ledger.folded_ipv6 += slice.folded_ipv6;
            for (reason, tally) in slice.other {
                *ledger.other.entry(reason).or_default() += tally;
            }
            capacity_rows += slice.capacity_rows;
            if slice.capacity_rows > 0 {
                occupancy = occupancy.max(rows.len() as f64 / slice.capacity_rows as f64);
            } else {
                without_table += folded;
            }
            shares.push(Share { rows, folded });
        }
        let flows = merge_rows(&span, shares, ledger.folded());
        ledger.rows = flows.iter().map(|flow| flow.bounds.lo).sum();
        Window {
            span,
            absent_hi: ledger.folded(),
            ledger,
            flows,
            capacity_rows,
            occupancy,
            without_table,
        }
    }

    /// Everything exported for the window: flow rows, totals of what was folded, other reasons.
    pub fn summaries(&self) -> u64 {
        self.flows.len() as u64
            + u64::from(!self.ledger.folded_ipv4.is_zero())
            + u64::from(!self.ledger.folded_ipv6.is_zero())
            + self.ledger.other.len() as u64
    }
}

/// What one slice brings into its window's flows.
struct Share<I> {
    rows: I,
    folded: Tally,
}

fn merge_rows(
    span: &Span,
    shares: Vec<Share<impl ExactSizeIterator<Item = Row>>>,
    folded: Tally,
) -> Vec<Flow> {
    let with_rows = shares.iter().filter(|share| share.rows.len() > 0).count();
    let rows: usize = shares.iter().map(|share| share.rows.len()).sum();
    let mut flows: Vec<Flow> = Vec::with_capacity(rows);
    // One busy CPU is the common case, and its rows are already one a flow.
    let mut places = HashTable::with_capacity(if with_rows > 1 { rows } else { 0 });
    let hasher = DefaultHashBuilder::default();
    for share in shares {
        for row in share.rows {
            if with_rows > 1 {
                let entry = places.entry(
                    hasher.hash_one(row.key),
                    |place: &usize| flows[*place].key == row.key,
                    |place| hasher.hash_one(flows[*place].key),
                );
                match entry {
                    Entry::Occupied(entry) => {
                        add_row(&mut flows[*entry.get()], span, &row, share.folded);
                        continue;
                    }
                    Entry::Vacant(entry) => {
                        entry.insert(flows.len());
                    }
                }
            }
            let mut flow = Flow {
                key: row.key,
                bounds: Bounds {
                    lo: Tally::ZERO,
                    hi: folded,
                },
                first: MonoNanos(u64::MAX),
                last: MonoNanos(0),
                tcp_flags: 0,
            };
            add_row(&mut flow, span, &row, share.folded);
            flows.push(flow);
        }
    }
    flows
}

/// Adds one slice's row; `folded` is all that the slice folded.
fn add_row(flow: &mut Flow, span: &Span, row: &Row, folded: Tally) {
    flow.bounds.lo += row.count;
    flow.bounds.hi = flow.bounds.hi + row.count + row.base - folded;
    // A program that began before the edge may stamp a little behind it.
    let first = row.first.max(span.start.mono).min(span.end.mono);
    flow.first = flow.first.min(first);
    // The coarse clock may lie up to a tick before the exact one.
    flow.last = flow.last.max(row.last.max(first).min(span.end.mono));
    flow.tcp_flags |= row.tcp_flags;
}

#[cfg(test)]
mod tests;
