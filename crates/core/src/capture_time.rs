//! When the windows of a capture end: at multiples of their length, by the time of its records.
//!
//! A capture's clock does what it wants: records come a little out of order, files are given in any
//! order, a record says 1970 or 2106. So that one wrong record spoils one window at most, a step
//! back of more than a window's length opens a window where the record belongs, and the next step
//! opens one there again; what is less is counted in the open window. Nothing is left out, and all
//! of it is said.

use std::time::Duration;

use crate::edges::{Span, WallNanos};
use crate::slice::MonoNanos;

/// A gap that is said: records are rarely so far apart, wrong clocks are.
const FAR_AHEAD_NS: i64 = 3_600_000_000_000;

/// What was odd about the times of records; lengths in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Records whose time is zero or not given: they are counted at the time of the one before, or
    /// at zero where there is none.
    pub undated: u64,
    /// Records stamped before the window that they are counted in (of one window over everything:
    /// before the record in front of them).
    pub early: u64,
    /// The farthest of these.
    pub earliest_ns: i64,
    /// Steps back of more than a window: a window of an earlier time follows.
    pub steps_back: u64,
    /// The longest of these.
    pub longest_back_ns: i64,
    /// Steps ahead of more than an hour.
    pub steps_ahead: u64,
    /// The longest of these.
    pub longest_ahead_ns: i64,
}

impl Oddities {
    /// Adds what was odd in another window.
    pub fn add(&mut self, other: &Oddities) {
        self.undated += other.undated;
        self.early += other.early;
        self.earliest_ns = self.earliest_ns.max(other.earliest_ns);
        self.steps_back += other.steps_back;
        self.longest_back_ns = self.longest_back_ns.max(other.longest_back_ns);
        self.steps_ahead += other.steps_ahead;
        self.longest_ahead_ns = self.longest_ahead_ns.max(other.longest_ahead_ns);
    }
}

/// Places the records of a capture into windows.
#[derive(Debug)]
pub struct CaptureTime {
    /// `None`: one window over everything.
    window_ns: Option<i64>,
    seq: u64,
    open: Option<Open>,
    /// Time of the last record that had one.
    now: Option<i64>,
    /// The earliest and the latest time of all records.
    reach: Option<(i64, i64)>,
    oddities: Oddities,
}

/// The open window: from an edge to the next, or of what was seen so far.
#[derive(Clone, Copy, Debug)]
struct Open {
    start: i64,
    end: i64,
}

impl CaptureTime {
    /// Windows of that length, or one over everything.
    pub fn new(window: Option<Duration>) -> Self {
        CaptureTime {
            window_ns: window.map(|window| i64::try_from(window.as_nanos()).unwrap_or(i64::MAX)),
            seq: 0,
            open: None,
            now: None,
            reach: None,
            oddities: Oddities::default(),
        }
    }

    /// Goes on to the next record's time. A window that has to be closed before the record is
    /// counted comes back, with what was odd in it.
    pub fn advance(&mut self, time: Option<WallNanos>) -> Option<(Span, Oddities)> {
        // Zero is what writers without a clock put there.
        let time = time.map(|time| time.0).filter(|time| *time > 0);
        let before = self.now;
        let at = time.or(before).unwrap_or(0);
        if let Some(time) = time {
            self.now = Some(time);
            let (first, last) = self.reach.unwrap_or((time, time));
            self.reach = Some((first.min(time), last.max(time)));
        }
        let closed = match self.window_ns {
            Some(window_ns) => self.place(at, window_ns),
            None => {
                self.widen(time, before);
                None
            }
        };
        self.oddities.undated += u64::from(time.is_none());
        if let Some(gap) = time.zip(before).map(|(time, before)| time - before)
            && gap > FAR_AHEAD_NS
        {
            self.oddities.steps_ahead += 1;
            self.oddities.longest_ahead_ns = self.oddities.longest_ahead_ns.max(gap);
        }
        closed
    }

    /// The time that the record of the last `advance` is counted at.
    pub fn now(&self) -> MonoNanos {
        MonoNanos(self.now.unwrap_or(0) as u64)
    }

    /// The earliest and the latest time of the records so far, of those that have one.
    pub fn reach(&self) -> Option<(WallNanos, WallNanos)> {
        let (first, last) = self.reach?;
        Some((WallNanos(first), WallNanos(last)))
    }

    /// Closes the open window, if there is one.
    pub fn close(&mut self) -> Option<(Span, Oddities)> {
        let Open { start, end } = self.open.take()?;
        let window = self.window_ns.map(|ns| Duration::from_nanos(ns as u64));
        let span = Span {
            window,
            ..Span::on_edges(self.seq, WallNanos(start), WallNanos(end))
        };
        self.seq += 1;
        Some((span, std::mem::take(&mut self.oddities)))
    }

    fn place(&mut self, at: i64, window_ns: i64) -> Option<(Span, Oddities)> {
        let mut closed = None;
        if let Some(open) = self.open {
            let early = open.start - at;
            if early > window_ns {
                closed = self.close();
                self.oddities.steps_back += 1;
                self.oddities.longest_back_ns = self.oddities.longest_back_ns.max(early);
            } else if early > 0 {
                self.oddities.early += 1;
                self.oddities.earliest_ns = self.oddities.earliest_ns.max(early);
            } else if at >= open.end && open.end < i64::MAX {
                closed = self.close();
            }
        }
        if self.open.is_none() {
            let start = at - at.rem_euclid(window_ns);
            self.open = Some(Open {
                start,
                end: start.saturating_add(window_ns),
            });
        }
        closed
    }

    /// One window over everything: it reaches over every record that has a time.
    fn widen(&mut self, time: Option<i64>, before: Option<i64>) {
        let open = self.open.get_or_insert(Open {
            start: time.unwrap_or(0),
            end: time.unwrap_or(0),
        });
        let Some(time) = time else { return };
        match before {
            // Until now no record had a time.
            None => {
                *open = Open {
                    start: time,
                    end: time,
                }
            }
            Some(before) => {
                open.start = open.start.min(time);
                open.end = open.end.max(time);
                if time < before {
                    self.oddities.early += 1;
                    self.oddities.earliest_ns = self.oddities.earliest_ns.max(before - time);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const S: i64 = 1_000_000_000;
    const NOON: i64 = 1_700_000_000 * S;

    /// Windows (start and end in seconds from noon, records) of times in nanoseconds from noon.
    fn windows(window: Option<u64>, times: &[Option<i64>]) -> (Vec<(i64, i64, u64)>, Oddities) {
        let mut time = CaptureTime::new(window.map(Duration::from_secs));
        let (mut out, mut records, mut odd) = (Vec::new(), 0, Oddities::default());
        let mut closed = |closed: Option<(Span, Oddities)>, records: &mut u64| {
            if let Some((span, oddities)) = closed {
                let from_noon = |at: WallNanos| (at.0 - NOON) / S;
                out.push((
                    from_noon(span.start.wall),
                    from_noon(span.end.wall),
                    std::mem::take(records),
                ));
                odd.add(&oddities);
            }
        };
        for at in times {
            let before = time.advance(at.map(|at| WallNanos(NOON + at)));
            closed(before, &mut records);
            records += 1;
        }
        closed(time.close(), &mut records);
        (out, odd)
    }

    #[test]
    fn windows_start_on_their_edge_and_empty_ones_are_left_out() {
        let times = [Some(S / 2), Some(S - 1), Some(S), Some(5 * S + 7)];
        let (windows, odd) = windows(Some(1), &times);
        assert_eq!(windows, [(0, 1, 2), (1, 2, 1), (5, 6, 1)]);
        assert_eq!(odd, Oddities::default());
    }

    #[test]
    fn a_little_out_of_order_stays_in_the_open_window() {
        let (windows, odd) = windows(Some(1), &[Some(0), Some(S), Some(S - 1000), Some(S + 1)]);
        assert_eq!(windows, [(0, 1, 1), (1, 2, 3)]);
        assert_eq!((odd.early, odd.earliest_ns), (1, 1000));
    }

    #[test]
    fn one_record_far_ahead_spoils_one_window() {
        let (windows, odd) = windows(Some(1), &[Some(0), Some(90_000 * S), Some(1), Some(S)]);
        assert_eq!(
            windows,
            [(0, 1, 1), (90_000, 90_001, 1), (0, 1, 1), (1, 2, 1)]
        );
        assert_eq!((odd.steps_ahead, odd.steps_back), (1, 1));
        assert_eq!(odd.longest_ahead_ns, 90_000 * S);
    }

    #[test]
    fn records_without_a_time_are_counted_where_the_clock_stands() {
        let (dated, odd) = windows(Some(1), &[Some(0), None, Some(-NOON), Some(S)]);
        assert_eq!(dated, [(0, 1, 3), (1, 2, 1)]);
        assert_eq!(odd.undated, 2);
        let (whole, odd) = windows(None, &[None, Some(3 * S), None, Some(S)]);
        assert_eq!(whole, [(1, 3, 4)]);
        assert_eq!((odd.undated, odd.early), (2, 1));
    }

    proptest! {
        /// Whatever the times: every record is in the window that its time belongs to, unless it has
        /// none or comes late; every window starts on its edge and has a record.
        #[test]
        fn every_record_is_in_one_window(
            times in prop::collection::vec(prop::option::of(0i64..=i64::MAX), 1..50),
            steps in prop::collection::vec(-3_000_000_000i64..5_000_000_000, 1..50),
            window in prop::sample::select(vec![1i64, 1_000_000, S, 86_400 * S]),
        ) {
            let near = steps.iter().scan(NOON, |at, step| {
                *at += step;
                Some(Some(*at))
            });
            let times: Vec<Option<i64>> = times.into_iter().chain(near).collect();
            let mut time = CaptureTime::new(Some(Duration::from_nanos(window as u64)));
            let (mut windows, mut open) = (Vec::new(), Vec::new());
            for at in &times {
                if let Some(closed) = time.advance(at.map(WallNanos)) {
                    windows.push((closed, std::mem::take(&mut open)));
                }
                open.push(*at);
            }
            windows.push((time.close().expect("a window is open"), open));
            prop_assert!(time.close().is_none());
            for ((span, odd), records) in &windows {
                let (start, end) = (span.start.wall.0, span.end.wall.0);
                prop_assert!(!records.is_empty());
                prop_assert!(start % window == 0 && start < end);
                let dated = records.iter().flatten().filter(|at| **at > 0);
                let early = dated.clone().filter(|at| **at < start).count() as u64;
                prop_assert_eq!(early, odd.early);
                prop_assert_eq!(records.len() - dated.clone().count(), odd.undated as usize);
                for at in dated {
                    prop_assert!(*at < end || end == i64::MAX);
                    prop_assert!(start - at <= window);
                }
            }
        }
    }
}
