//! Roll-ups: windows added into longer ones, as minutes and hours.
//!
//! Nothing is sampled again: what a longer window says is what its windows say, added. Their flows are
//! added up in a table of the data path, which is bounded, spills and folds; here is the rest of it:
//! which windows belong together, what all else in them sums up to, and what is missing between them.

use std::time::Duration;

use crate::distinct::Distinct;
use crate::edges::{Instant, Slot, Span, WallNanos};
use crate::slice::Folded;
use crate::tally::Tally;
use crate::window::{Ledger, Window};

/// What longer windows were made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rolled {
    /// How many windows.
    pub windows: u64,
    /// How much of its slot none of them stands for: they are missing, or were late and stand for more
    /// than belongs here.
    pub gap: Duration,
}

/// Something that goes with a window, and adds up like it.
pub trait Along: Clone {
    /// Adds what goes with another window.
    fn add(&mut self, other: &Self);
}

/// Windows with nothing beside them.
impl Along for () {
    fn add(&mut self, (): &()) {}
}

/// Windows of one length, made of shorter ones.
#[derive(Debug)]
pub struct Tier<A> {
    length: Duration,
    /// Networks that are told apart in a window at most.
    networks: usize,
    seq: u64,
    open: Option<Open<A>>,
}

#[derive(Debug)]
struct Open<A> {
    slot: Slot,
    start: Instant,
    end: Instant,
    late: bool,
    clock_step: i64,
    covered: Covered,
    sums: Sums,
    along: A,
}

/// What windows sum up to, but for their flows.
#[derive(Debug, Default)]
pub struct Sums {
    pub(crate) ledger: Ledger,
    /// What they folded.
    pub(crate) folded: Vec<Folded>,
    /// At most so much they may hold of a flow that has a row in none of them.
    pub(crate) absent_hi: Tally,
    pub(crate) without_table: Tally,
    /// How many distinct values of keys there were in all of them; `None`: of some nobody knows.
    pub(crate) distinct: Option<Distinct>,
    pub(crate) rolled: Rolled,
}

/// A longer window that is over, but for its flows.
#[derive(Debug)]
pub struct Closed<A> {
    /// When.
    pub span: Span,
    /// All else.
    pub sums: Sums,
    /// What went with its windows.
    pub along: A,
}

impl<A: Along> Tier<A> {
    /// Windows of that length, in which so many networks of what was folded are told apart at most.
    pub fn new(length: Duration, networks: usize) -> Self {
        Tier {
            length,
            networks,
            seq: 0,
            open: None,
        }
    }

    /// The length of its windows.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// Whether the open window has to be closed before a window of that span is added, which belongs to
    /// another, later or earlier.
    pub fn is_left_by(&self, span: &Span) -> bool {
        (self.open.as_ref()).is_some_and(|open| open.slot != self.slot_around(span.slot.start))
    }

    /// Whether the open window is over: its windows have reached its end.
    pub fn is_over(&self) -> bool {
        (self.open.as_ref()).is_some_and(|open| open.covered.reached() >= Some(open.slot.end))
    }

    /// Adds a window to the open one, which is opened for it if there is none; its flows are added
    /// elsewhere.
    pub fn add(&mut self, window: &Window, along: &A) {
        let slot = self.slot_around(window.span.slot.start);
        match &mut self.open {
            Some(open) => {
                open.along.add(along);
                open.add(window, self.networks);
            }
            None => {
                let mut open = Open {
                    slot,
                    start: window.span.start,
                    end: window.span.end,
                    late: false,
                    clock_step: 0,
                    covered: Covered::default(),
                    sums: Sums::default(),
                    along: along.clone(),
                };
                open.add(window, self.networks);
                self.open = Some(open);
            }
        }
    }

    /// Closes the open window, if there is one.
    pub fn close(&mut self) -> Option<Closed<A>> {
        let mut open = self.open.take()?;
        open.sums.rolled.gap = open.covered.missing_in(&open.slot);
        open.sums.shrink_to(self.networks);
        let seq = self.seq;
        self.seq += 1;
        Some(Closed {
            span: Span {
                seq,
                start: open.start,
                end: open.end,
                slot: open.slot,
                window: Some(self.length),
                late: open.late,
                clock_step: open.clock_step,
            },
            sums: open.sums,
            along: open.along,
        })
    }

    /// The slot that a moment lies in.
    fn slot_around(&self, at: WallNanos) -> Slot {
        let length = i64::try_from(self.length.as_nanos()).unwrap_or(i64::MAX);
        let start = at.0 - at.0.rem_euclid(length);
        Slot {
            start: WallNanos(start),
            end: WallNanos(start.saturating_add(length)),
        }
    }
}

impl<A> Open<A> {
    fn add(&mut self, window: &Window, networks: usize) {
        let span = &window.span;
        // Windows of a capture may go back in time; what one instant is called stays together.
        if span.start.mono < self.start.mono {
            self.start = span.start;
        }
        if span.end.mono > self.end.mono {
            self.end = span.end;
        }
        self.late |= span.late;
        self.clock_step = self.clock_step.saturating_add(span.clock_step);
        // What comes again brings no gap of its own: a part of it may be filled.
        if self.covered.add(&span.slot) {
            let within = window.rolled.map_or(Duration::ZERO, |rolled| rolled.gap);
            self.covered.gaps = self.covered.gaps.saturating_add(within);
        }
        self.sums.add(window, networks);
    }
}

/// Pieces of a slot that are told apart at most: a capture may jump as often as it likes.
const MOST_PIECES: usize = 4096;

/// What windows have stood for, in pieces that do not touch each other, in order; a window of a capture
/// may fill a gap later.
#[derive(Debug, Default)]
struct Covered {
    pieces: Vec<Slot>,
    /// Gaps that no window will be looked for any more, and those within windows.
    gaps: Duration,
}

impl Covered {
    /// Whether windows had not stood for all of it.
    fn add(&mut self, slot: &Slot) -> bool {
        let Slot { mut start, mut end } = *slot;
        let from = self.pieces.partition_point(|piece| piece.end < start);
        let to = self.pieces.partition_point(|piece| piece.start <= end);
        let mut known = false;
        if let [first, ..] = &self.pieces[from..to] {
            known = first.start <= start && end <= first.end;
            start = start.min(first.start);
            end = end.max(self.pieces[to - 1].end);
        }
        self.pieces.splice(from..to, [Slot { start, end }]);
        if self.pieces.len() > MOST_PIECES {
            let second = self.pieces.remove(1);
            let gap = between(self.pieces[0].end, second.start);
            self.gaps = self.gaps.saturating_add(gap);
            self.pieces[0].end = second.end;
        }
        !known
    }

    /// Until when, if anything.
    fn reached(&self) -> Option<WallNanos> {
        self.pieces.last().map(|piece| piece.end)
    }

    /// How much of a slot none of them stands for.
    fn missing_in(&self, slot: &Slot) -> Duration {
        let inside = |piece: &Slot| between(piece.start.max(slot.start), piece.end.min(slot.end));
        let covered: Duration = self.pieces.iter().map(inside).sum();
        let all = between(slot.start, slot.end);
        all.saturating_sub(covered)
            .saturating_add(self.gaps)
            .min(all)
    }
}

/// From one moment to a later one; nothing if it is not.
fn between(from: WallNanos, to: WallNanos) -> Duration {
    Duration::from_nanos(to.0.saturating_sub(from.0).max(0) as u64)
}

impl Sums {
    fn add(&mut self, window: &Window, networks: usize) {
        self.ledger.add(&window.ledger);
        self.absent_hi += window.absent_hi;
        self.without_table += window.without_table;
        self.distinct = match self.rolled.windows {
            0 => window.distinct.clone(),
            _ => Distinct::both(self.distinct.take(), window.distinct.as_ref()),
        };
        self.rolled.windows += 1;
        self.folded.extend_from_slice(window.folded());
        // Now and then is enough: what is folded of one network is one.
        if self.folded.len() > 2 * networks.max(1) {
            self.shrink_to(networks);
        }
    }
}

#[cfg(test)]
mod tests;
