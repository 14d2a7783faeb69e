//! Which windows belong together in a longer one, when that is over, and what is missing in it.

use std::time::Duration;

use super::Rolled;
use super::covered::Covered;
use crate::edges::{Instant, Slot, Span, WallNanos};

/// Windows of one length, made of shorter ones: when they are.
#[derive(Debug)]
pub struct Tier {
    length: Duration,
    seq: u64,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    slot: Slot,
    start: Instant,
    end: Instant,
    late: bool,
    clock_step: i64,
    windows: u64,
    covered: Covered,
}

/// A longer window that is over.
#[derive(Clone, Copy, Debug)]
pub struct Closed {
    /// When it was.
    pub span: Span,
    /// What it is made of.
    pub rolled: Rolled,
}

impl Tier {
    /// Windows of that length.
    pub fn new(length: Duration) -> Tier {
        Tier {
            length,
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

    /// Adds a window of that span, with that much missing within, to the open one, which is opened for it
    /// if there is none.
    pub fn add(&mut self, span: &Span, gap: Duration) {
        let slot = self.slot_around(span.slot.start);
        let open = self.open.get_or_insert_with(|| Open {
            slot,
            start: span.start,
            end: span.end,
            late: false,
            clock_step: 0,
            windows: 0,
            covered: Covered::default(),
        });
        open.add(span, gap);
    }

    /// Closes the open window, if there is one.
    pub fn close(&mut self) -> Option<Closed> {
        let open = self.open.take()?;
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
            rolled: Rolled {
                windows: open.windows,
                gap: open.covered.missing_in(&open.slot),
            },
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

impl Open {
    fn add(&mut self, span: &Span, gap: Duration) {
        // Windows of a capture may go back in time; what one instant is called stays together.
        if span.start.mono < self.start.mono {
            self.start = span.start;
        }
        if span.end.mono > self.end.mono {
            self.end = span.end;
        }
        self.late |= span.late;
        self.clock_step = self.clock_step.saturating_add(span.clock_step);
        self.windows += 1;
        self.covered.add(&span.slot, gap);
    }
}
