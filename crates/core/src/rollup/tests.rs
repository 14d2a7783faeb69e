use super::covered::{Covered, MOST_PIECES};
use super::*;
use crate::edges::{Slot, WallNanos};

const S: i64 = 1_000_000_000;

/// A window of so many packets.
struct Counted {
    span: Span,
    gap: Duration,
    packets: u64,
}

impl Part for Counted {
    fn span(&self) -> &Span {
        &self.span
    }

    fn gap(&self) -> Duration {
        self.gap
    }
}

/// Adds up packets, and keeps what windows were made of.
#[derive(Default)]
struct Count {
    packets: u64,
    closed: Vec<Closed>,
}

impl Adder for Count {
    type Window = Counted;

    fn add(&mut self, window: &Counted) {
        self.packets += window.packets;
    }

    fn close(&mut self, closed: Closed) -> Counted {
        self.closed.push(closed);
        Counted {
            span: closed.span,
            gap: closed.rolled.gap,
            packets: std::mem::take(&mut self.packets),
        }
    }
}

/// A window of one packet; its slot is given in seconds.
fn window(seq: u64, start: i64, end: i64) -> Counted {
    Counted {
        span: Span::on_edges(seq, WallNanos(start * S), WallNanos(end * S)),
        gap: Duration::ZERO,
        packets: 1,
    }
}

fn cascade(seconds: &[u64]) -> Cascade<Count, ()> {
    let lengths = seconds.iter().copied().map(Duration::from_secs);
    lengths.map(|length| (length, Count::default())).collect()
}

/// Minutes of windows whose slots are given in seconds: where each starts, and what it was made of.
fn minutes(slots: &[(i64, i64)]) -> Vec<(i64, Rolled)> {
    let mut rollup = cascade(&[60]);
    let mut minutes = Vec::new();
    for (seq, (start, end)) in (0..).zip(slots) {
        minutes.extend(rollup.add(&window(seq, *start, *end), &()));
    }
    minutes.extend(rollup.finish());
    let (_, count) = rollup.levels().next().expect("one level");
    assert_eq!(minutes.len(), count.closed.len());
    let check = |(seq, ((minute, ()), closed)): (u64, (&(Counted, ()), &Closed))| {
        assert_eq!(minute.span.seq, seq);
        assert_eq!(minute.packets, closed.rolled.windows);
        (closed.span.slot.start.0 / S, closed.rolled)
    };
    (0..)
        .zip(minutes.iter().zip(&count.closed))
        .map(check)
        .collect()
}

fn rolled(windows: u64, gap: u64) -> Rolled {
    Rolled {
        windows,
        gap: Duration::from_secs(gap),
    }
}

#[test]
fn a_minute_is_over_with_its_last_window() {
    let seconds: Vec<_> = (0..120).map(|at| (at, at + 1)).collect();
    let whole = [(0, rolled(60, 0)), (60, rolled(60, 0))];
    assert_eq!(minutes(&seconds), whole);
    assert_eq!(cascade(&[60]).add(&window(0, 59, 60), &()).len(), 1);
}

#[test]
fn windows_of_any_length_compose() {
    let slots = [(0, 30), (30, 40), (40, 45), (45, 60), (60, 120)];
    let want = [(0, rolled(4, 0)), (60, rolled(1, 0))];
    assert_eq!(minutes(&slots), want);
}

#[test]
fn what_is_missing_is_a_gap() {
    // Counting begins at second 20 and ends at 100; two seconds are missing.
    let slots = [(20, 30), (32, 60), (60, 100)];
    assert_eq!(minutes(&slots), [(0, rolled(2, 22)), (60, rolled(1, 20))]);
}

#[test]
fn a_late_window_leaves_a_gap_in_the_next_minute() {
    let slots = [(0, 59), (59, 63), (63, 120)];
    assert_eq!(minutes(&slots), [(0, rolled(2, 0)), (60, rolled(1, 3))]);
    // Whole minutes may be missing; nobody makes them up.
    let slots = [(0, 59), (59, 183), (183, 240)];
    assert_eq!(minutes(&slots), [(0, rolled(2, 0)), (180, rolled(1, 3))]);
}

#[test]
fn times_may_go_back() {
    let slots = [(60, 120), (0, 30), (130, 180)];
    let want = [(60, rolled(1, 0)), (0, rolled(1, 30)), (120, rolled(1, 10))];
    assert_eq!(minutes(&slots), want);
}

#[test]
fn a_gap_may_be_filled_later() {
    // Two captures, the later one first; some seconds are there twice.
    let slots = [(40, 50), (5, 20), (10, 25), (50, 52)];
    assert_eq!(minutes(&slots), [(0, rolled(4, 28))]);
    // However often time jumps, no more is missing than there is, and nothing grows without end.
    let jumps: Vec<_> = (0..30_000)
        .map(|at| (at * 7_919 % 59, at * 7_919 % 59 + 1))
        .collect();
    assert_eq!(minutes(&jumps), [(0, rolled(30_000, 1))]);
    let mut covered = Covered::default();
    for at in 0..20_000 {
        let at = at * 4_001 % 20_000 * 2 * S;
        let slot = Slot {
            start: WallNanos(at),
            end: WallNanos(at + S),
        };
        covered.add(&slot, Duration::ZERO);
    }
    assert!(covered.pieces.len() <= MOST_PIECES);
    let all = Slot {
        start: WallNanos(0),
        end: WallNanos(40_000 * S),
    };
    let missing = covered.missing_in(&all).as_secs();
    assert!((20_000..=40_000).contains(&missing), "{missing}");
}

#[test]
fn longer_windows_are_made_of_shorter_ones() {
    let mut rollup = cascade(&[10, 60]);
    let mut over = Vec::new();
    // Of the first minute some seconds are missing, and the last is left by the next.
    for (seq, at) in (0..).zip((0..25).chain(28..59).chain(60..70)) {
        let (window, ()) = (window(seq, at, at + 1), ());
        let before: Vec<_> = rollup.before(&window.span);
        over.extend(before.into_iter().chain(rollup.add(&window, &())));
    }
    over.extend(rollup.finish());
    let told: Vec<_> = (over.iter())
        .map(|(it, ())| {
            let slot = it.span.slot;
            let length = (slot.end.0 - slot.start.0) / S;
            (length, slot.start.0 / S, it.packets, it.gap.as_secs())
        })
        .collect();
    let want = [
        (10, 0, 10, 0),
        (10, 10, 10, 0),
        (10, 20, 7, 3),
        (10, 30, 10, 0),
        (10, 40, 10, 0),
        (10, 50, 9, 1),
        (60, 0, 56, 4),
        (10, 60, 10, 0),
        (60, 60, 10, 50),
    ];
    assert_eq!(told, want);
}
