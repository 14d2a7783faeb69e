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
    /// Until when windows have stood for the slot.
    reached: WallNanos,
    gap_ns: i64,
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

    /// Whether the open window has to be closed before a window of that span is added: it belongs to
    /// another.
    pub fn is_before(&self, span: &Span) -> bool {
        (self.open.as_ref()).is_some_and(|open| open.slot != self.slot_around(span.slot.start))
    }

    /// Whether the open window is over: its windows have reached its end.
    pub fn is_over(&self) -> bool {
        (self.open.as_ref()).is_some_and(|open| open.reached >= open.slot.end)
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
                    reached: slot.start,
                    gap_ns: 0,
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
        let missing = open.slot.end.0 - open.reached.0;
        open.gap_ns = open.gap_ns.saturating_add(missing.max(0));
        open.sums.rolled.gap = Duration::from_nanos(open.gap_ns as u64);
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
        // Windows of a capture may go back in time.
        self.start.mono = self.start.mono.min(span.start.mono);
        self.start.wall = self.start.wall.min(span.start.wall);
        self.end.mono = self.end.mono.max(span.end.mono);
        self.end.wall = self.end.wall.max(span.end.wall);
        self.late |= span.late;
        self.clock_step += span.clock_step;
        let within = window
            .rolled
            .map_or(0, |rolled| rolled.gap.as_nanos() as i64);
        self.gap_ns += (span.slot.start.0 - self.reached.0).max(0) + within;
        self.reached = self.reached.max(span.slot.end);
        self.sums.add(window, networks);
    }
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
