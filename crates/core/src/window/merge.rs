//! Rows of several slices become flows.

use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashSet, HashTable};

use super::Flow;
use super::absent::Absent;
use crate::bounds::Bounds;
use crate::edges::Span;
use crate::slice::{MonoNanos, Row};
use crate::tally::Tally;

/// What one slice brings into its window's flows.
pub(super) struct Share<I> {
    /// Each key at most once.
    pub rows: I,
    /// Parts of flows.
    pub spills: Vec<Row>,
    /// What the slice knows of keys without a row.
    pub absent: Absent,
}

impl<I: ExactSizeIterator<Item = Row>> Share<I> {
    fn parts(&self) -> usize {
        self.rows.len() + self.spills.len()
    }
}

/// One flow a key, with bounds over all shares, and what these know of other keys.
pub(super) fn flows(
    span: &Span,
    shares: Vec<Share<impl ExactSizeIterator<Item = Row>>>,
) -> (Vec<Flow>, Vec<Absent>) {
    // One busy CPU is the common case, and its rows are already one a flow.
    let spilled = shares.iter().any(|share| !share.spills.is_empty());
    let together = spilled || shares.iter().filter(|share| share.parts() > 0).count() > 1;
    let room = shares.iter().map(Share::parts).sum();
    let (absents, rows): (Vec<_>, Vec<_>) = shares
        .into_iter()
        .map(|share| (share.absent, (share.rows, share.spills)))
        .unzip();
    let hashed_by = |share: &Absent| share.hashed_by;
    let mut merging = Merging {
        span,
        absents: &absents,
        several: absents
            .iter()
            .map(hashed_by)
            .any(|it| it != hashed_by(&absents[0])),
        asked: HashSet::new(),
        flows: Vec::with_capacity(room),
        places: HashTable::with_capacity(if together { room } else { 0 }),
        together,
        hasher: DefaultHashBuilder::default(),
    };
    for (share, (rows, spills)) in rows.into_iter().enumerate() {
        for row in rows {
            let absent = &absents[share];
            let flow = merging.flow(&row, absent.hashed_by);
            // Here it has a row: what came since it came in is there.
            let missing = absent.bound(row.hash, absent.hashed_by);
            flow.bounds.hi = flow.bounds.hi - missing + row.base.min_each(missing);
            add(flow, span, &row);
        }
        for row in spills {
            add(merging.flow(&row, absents[share].hashed_by), span, &row);
        }
    }
    (merging.flows, absents)
}

/// Flows so far.
struct Merging<'a> {
    span: &'a Span,
    absents: &'a [Absent],
    /// Hosts have hash functions of their own. Then a flow's bound depends on those that it came with …
    several: bool,
    /// … each of which is asked for once: by place and function.
    asked: HashSet<(usize, u64)>,
    flows: Vec<Flow>,
    /// Of every flow its place, where keys may come again.
    places: HashTable<usize>,
    together: bool,
    hasher: DefaultHashBuilder,
}

impl Merging<'_> {
    /// The flow of a row, which may be new: then nothing of it is counted, and its upper bound is that
    /// of a key that has no row anywhere.
    fn flow(&mut self, row: &Row, hashed_by: u64) -> &mut Flow {
        let mut place = self.flows.len();
        if self.together {
            let entry = self.places.entry(
                self.hasher.hash_one(row.key),
                |place: &usize| self.flows[*place].key == row.key,
                |place| self.hasher.hash_one(self.flows[*place].key),
            );
            match entry {
                Entry::Occupied(entry) => place = *entry.get(),
                Entry::Vacant(entry) => {
                    entry.insert(place);
                }
            }
        }
        let is_new = place == self.flows.len();
        let is_asked_first = self.several && self.asked.insert((place, hashed_by));
        if is_asked_first && !is_new {
            let less = self.absents.iter().map(|it| it.less(row.hash, hashed_by));
            let hi = &mut self.flows[place].bounds.hi;
            *hi = *hi - less.sum();
        }
        if is_new {
            self.flows.push(Flow {
                key: row.key,
                bounds: Bounds {
                    lo: Tally::ZERO,
                    hi: (self.absents.iter())
                        .map(|it| it.bound(row.hash, hashed_by))
                        .sum(),
                },
                first: self.span.end.mono,
                last: MonoNanos(0),
                tcp_flags: 0,
            });
        }
        &mut self.flows[place]
    }
}

/// Adds what a row counted.
fn add(flow: &mut Flow, span: &Span, row: &Row) {
    flow.bounds.lo += row.count;
    flow.bounds.hi += row.count;
    // A program that began before the edge may stamp a little behind it.
    let first = row.first.max(span.start.mono).min(span.end.mono);
    flow.first = flow.first.min(first);
    // The coarse clock may lie up to a tick before the exact one.
    flow.last = flow.last.max(row.last.max(first).min(span.end.mono));
    flow.tcp_flags |= row.tcp_flags;
}
