//! When windows end: at multiples of their length on the wall clock, measured on the monotonic one.
//!
//! The wall clock only names the edges. Every edge lies behind the one before it on the monotonic
//! clock, so a wall clock that is set makes neither a negative window nor the same window twice.

use std::time::Duration;

use crate::lengths::Lengths;
use crate::slice::MonoNanos;

/// Differences of the two clocks below this are never taken for a step.
const STEP_NS: i64 = 1_000_000;

/// Wall time, nanoseconds since 1970 (UTC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallNanos(pub i64);

/// One instant on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instant {
    /// `CLOCK_MONOTONIC`.
    pub mono: MonoNanos,
    /// `CLOCK_REALTIME`.
    pub wall: WallNanos,
}

impl Instant {
    fn offset(self) -> i64 {
        self.wall.0 - self.mono.0 as i64
    }
}

/// The part of the wall clock that a window stands for. Slots of one run follow each other without a
/// gap, whatever the moments at which windows were in fact closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The edge that it was to start at, or when counting began, or the clock was set.
    pub start: WallNanos,
    /// The last edge that had passed when it was closed, or when counting ended.
    pub end: WallNanos,
}

/// The time a window covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Number of the window in its run, from 0.
    pub seq: u64,
    /// Where it starts.
    pub start: Instant,
    /// Where it ends; never before its start, on either clock.
    pub end: Instant,
    /// What it stands for.
    pub slot: Slot,
    /// The length that it was to have when it was closed; `None`: one over everything.
    pub window: Option<Duration>,
    /// At least one further edge passed before the window was closed: of its own length, or that at
    /// which the one behind it was to end.
    pub late: bool,
    /// How far the wall clock was set while the window was open, nanoseconds; mostly 0.
    pub clock_step: i64,
}

impl Span {
    /// A window that was opened and closed at its edges, by one clock: that of a capture.
    pub fn on_edges(seq: u64, start: WallNanos, end: WallNanos) -> Span {
        let instant = |wall: WallNanos| Instant {
            mono: MonoNanos(wall.0 as u64),
            wall,
        };
        Span {
            seq,
            start: instant(start),
            end: instant(end),
            slot: Slot { start, end },
            window: None,
            late: false,
            clock_step: 0,
        }
    }

    /// Wall time of a moment in this window; moments outside are moved to its nearer end.
    pub fn wall(&self, at: MonoNanos) -> WallNanos {
        let at = at.max(self.start.mono).min(self.end.mono);
        let wall = self.start.wall.0 + (at.0 - self.start.mono.0) as i64;
        WallNanos(wall.min(self.end.wall.0))
    }

    /// Whether it stands for exactly one length of its windows, from a multiple of that on.
    pub fn is_whole(&self) -> bool {
        let Slot { start, end } = self.slot;
        self.window.is_some_and(|window| {
            let window = window.as_nanos() as i64;
            start.0 % window == 0 && end.0 - start.0 == window
        }) && !self.late
            && self.clock_step == 0
    }

    /// Its length.
    pub fn length(&self) -> Duration {
        Duration::from_nanos(self.end.mono.0 - self.start.mono.0)
    }
}

/// Draws the edges of one run's windows.
#[derive(Debug)]
pub struct Edges {
    lengths: Lengths,
    /// Length of the open window.
    window_ns: i64,
    seq: u64,
    start: Instant,
    /// Where the open window's slot starts.
    slot_start: WallNanos,
    /// Wall time of the next edge, by the offset of `start`.
    next: i64,
}

impl Edges {
    /// Starts the first window now; it ends at the next aligned edge.
    ///
    /// `lengths` is at least 1 ms.
    pub fn open(lengths: impl Into<Lengths>, now: Instant) -> Self {
        let mut edges = Edges {
            lengths: lengths.into(),
            window_ns: 0,
            seq: 0,
            start: now,
            slot_start: now.wall,
            next: 0,
        };
        edges.begin(now.wall);
        edges
    }

    /// The moment at which the open window is to be closed.
    pub fn next_edge(&self) -> MonoNanos {
        MonoNanos((self.next - self.start.offset()).max(0) as u64)
    }

    /// From now on windows have these lengths. The open one too: it ends where it would if it had been
    /// opened with them, or, where that is over, at the next edge that is one of its own.
    pub fn aim(&mut self, lengths: Lengths, now: MonoNanos) {
        self.lengths = lengths;
        let now = WallNanos(now.0 as i64 + self.start.offset());
        if now.0 >= self.next {
            return;
        }
        if let Some(length) = lengths.beyond(self.slot_start, now) {
            self.window_ns = length.as_nanos() as i64;
            self.next = self.slot_start.0 + self.window_ns;
            return;
        }
        // It began between edges, as the first one does.
        let window_ns = lengths.target().as_nanos() as i64;
        let next = following_multiple(now.0, window_ns);
        if next < self.next {
            (self.window_ns, self.next) = (window_ns, next);
        }
    }

    /// Closes the open window at `now` and opens the next.
    pub fn close(&mut self, now: Instant) -> Span {
        let step = now.offset() - self.start.offset();
        // The kernel slews a clock by 1/2000 at most; what is more was set.
        let elapsed = now.mono.0.saturating_sub(self.start.mono.0) as i64;
        let stepped = step.abs() > elapsed / 1000 + STEP_NS;
        let reached = now.mono >= self.next_edge();
        let window_ns = self.window_ns;
        let mut late = now.mono.0 as i64 - self.next_edge().0 as i64 >= window_ns;
        let end_wall = if stepped {
            now.wall.0 - step
        } else {
            now.wall.0
        };
        let start = self.start;
        let end = Instant {
            mono: now.mono.max(start.mono),
            wall: WallNanos(end_wall.max(start.wall.0)),
        };
        self.start = Instant {
            mono: end.mono,
            wall: if stepped { now.wall } else { end.wall },
        };
        let slot_start = self.slot_start;
        let slot_end = if !stepped && reached {
            let due = self.next;
            self.begin_behind(end.wall);
            late |= self.slot_start.0 > due;
            self.slot_start
        } else {
            end.wall.max(slot_start)
        };
        if stepped {
            self.begin(now.wall);
        } else if !reached {
            self.slot_start = slot_end;
            if end.wall.0 >= self.next {
                self.next = following_multiple(end.wall.0, window_ns);
            }
        }
        let seq = self.seq;
        self.seq += 1;
        Span {
            seq,
            start,
            end,
            slot: Slot {
                start: slot_start,
                end: slot_end,
            },
            window: Some(Duration::from_nanos(window_ns as u64)),
            late,
            clock_step: if stepped { step } else { 0 },
        }
    }

    /// Begins the slot of a window, which goes on to the next edge of its length.
    fn begin(&mut self, at: WallNanos) {
        self.window_ns = self.lengths.at(at).as_nanos() as i64;
        self.slot_start = at;
        self.next = following_multiple(at.0, self.window_ns);
    }

    /// Begins the slot of the window that is open from `now` on, at the last edge that has passed: of
    /// the window before it, and of those that there was no time for.
    fn begin_behind(&mut self, now: WallNanos) {
        let mut edge = self.next;
        loop {
            let passed = now.0.div_euclid(self.window_ns) * self.window_ns;
            edge = edge.max(passed);
            self.begin(WallNanos(edge));
            if self.next > now.0 {
                return;
            }
        }
    }
}

/// The smallest multiple of `step` above `at`.
fn following_multiple(at: i64, step: i64) -> i64 {
    (at.div_euclid(step) + 1) * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: i64 = 1_000_000;

    fn at(mono: i64, wall: i64) -> Instant {
        Instant {
            mono: MonoNanos(mono as u64),
            wall: WallNanos(wall),
        }
    }

    #[test]
    fn first_window_ends_at_the_next_multiple() {
        let edges = Edges::open(
            Duration::from_secs(1),
            at(5_000 * MS, 1_700_000_000_250 * MS),
        );
        assert_eq!(edges.next_edge(), MonoNanos(5_750 * MS as u64));
    }

    #[test]
    fn a_flip_shortly_after_the_edge_is_not_late_and_keeps_the_alignment() {
        let mut edges = Edges::open(Duration::from_secs(1), at(0, 0));
        let span = edges.close(at(1_012 * MS, 1_012 * MS));
        assert!(!span.late);
        assert_eq!(edges.next_edge(), MonoNanos(2_000 * MS as u64));
    }

    #[test]
    fn a_stall_over_a_further_edge_is_late() {
        let mut edges = Edges::open(Duration::from_secs(1), at(0, 0));
        let span = edges.close(at(2_500 * MS, 2_500 * MS));
        assert!(span.late);
        assert_eq!(span.slot.end, WallNanos(2_000 * MS));
        assert_eq!(edges.next_edge(), MonoNanos(3_000 * MS as u64));
    }

    #[test]
    fn a_slewed_clock_makes_no_tiny_window() {
        let mut edges = Edges::open(Duration::from_secs(1), at(0, 0));
        // The wall clock went 5 us slow: at the flip it is just before the edge by its own count.
        let span = edges.close(at(1_000 * MS, 1_000 * MS - 5_000));
        assert_eq!(span.slot.end, WallNanos(1_000 * MS));
        let length = edges.next_edge().0 as i64 - 1_000 * MS;
        assert!((length - 1_000 * MS).abs() < MS, "next window {length} ns");
    }

    #[test]
    fn a_clock_set_back_an_hour_is_labelled_right_in_the_next_window() {
        let hour = 3_600_000 * MS;
        let mut edges = Edges::open(Duration::from_secs(1), at(0, 2 * hour));
        let span = edges.close(at(1_000 * MS, hour + 1_000 * MS + 300 * MS));
        assert_eq!(span.clock_step, -hour + 300 * MS);
        assert_eq!(span.end.wall, WallNanos(2 * hour + 1_000 * MS));
        let span = edges.close(at(1_700 * MS, hour + 2_000 * MS));
        assert_eq!(span.start.wall, WallNanos(hour + 1_300 * MS));
        assert_eq!(span.end.wall, WallNanos(hour + 2_000 * MS));
        assert_eq!(edges.next_edge(), MonoNanos(2_700 * MS as u64));
    }

    proptest! {
        /// Whatever stalls, slews and steps come, windows follow each other without gap or overlap
        /// on the monotonic clock and never run backwards on either.
        #[test]
        fn windows_tile_the_monotonic_clock(
            window in prop::sample::select(vec![10i64, 100, 1_000, 60_000]),
            moves in prop::collection::vec((0i64..3_000_000, -2_000_000_000_000i64..2_000_000_000_000, 0u8..20), 1..200),
        ) {
            let mut offset = 1_700_000_000_000_000_000i64;
            let mut mono = 1_000_000_000i64;
            let mut edges = Edges::open(Duration::from_millis(window as u64), at(mono, mono + offset));
            let mut last = None::<Span>;
            for (delay, step, kind) in moves {
                match kind {
                    0 => offset += step,
                    1..10 => offset += step % 20_000,
                    _ => {}
                }
                let edge = edges.next_edge().0 as i64;
                prop_assert!(edge > mono || kind < 10 || last.is_none());
                mono = edge.max(mono) + if kind == 19 { delay * 100 } else { delay };
                let span = edges.close(at(mono, mono + offset));
                prop_assert!(span.start.mono <= span.end.mono && span.start.wall <= span.end.wall);
                prop_assert!(span.slot.start <= span.slot.end);
                if let Some(last) = last {
                    if last.clock_step == 0 {
                        prop_assert_eq!(span.slot.start, last.slot.end);
                    }
                    prop_assert_eq!(span.start.mono, last.end.mono);
                    prop_assert_eq!(span.seq, last.seq + 1);
                    if last.clock_step == 0 {
                        prop_assert_eq!(span.start.wall, last.end.wall);
                    }
                }
                // The next edge is ahead, aligned, and at most a window and a slew away.
                let ahead = edges.next_edge().0 as i64 - mono;
                prop_assert!(ahead > 0 && ahead <= window * MS + window * MS / 4);
                prop_assert_eq!(edges.next % (window * MS), 0);
                last = Some(span);
            }
        }
    }
}
