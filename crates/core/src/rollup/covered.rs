//! How much of a slot windows have stood for.

use std::time::Duration;

use crate::edges::{Slot, WallNanos};

/// Pieces of a slot that are told apart at most: a capture may jump as often as it likes.
pub(super) const MOST_PIECES: usize = 4096;

/// What windows have stood for, in pieces that do not touch each other, in order; a window of a capture
/// may fill a gap later.
#[derive(Debug, Default)]
pub(super) struct Covered {
    pub(super) pieces: Vec<Slot>,
    /// Gaps that no window will be looked for any more, and those within windows.
    gaps: Duration,
}

impl Covered {
    /// Adds what a window stands for, and how much of it it does not.
    pub(super) fn add(&mut self, slot: &Slot, gap: Duration) {
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
        // What comes again brings no gap of its own: a part of it may be filled.
        if !known {
            self.gaps = self.gaps.saturating_add(gap);
        }
    }

    /// Until when, if anything.
    pub(super) fn reached(&self) -> Option<WallNanos> {
        self.pieces.last().map(|piece| piece.end)
    }

    /// How much of a slot none of them stands for.
    pub(super) fn missing_in(&self, slot: &Slot) -> Duration {
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
