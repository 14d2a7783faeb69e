use super::*;
use crate::net::{Family, Net, Side};
use crate::slice::Slice;

const S: i64 = 1_000_000_000;

/// A window of one packet that was folded; its slot is given in seconds.
fn window(seq: u64, start: i64, end: i64) -> Window {
    let folded = Folded {
        side: Side::Dst,
        net: Net::all(Family::Ipv4),
        count: Tally::new(1, 100),
    };
    let slice: Slice = Slice {
        events: 1,
        seen: folded.count,
        folded: vec![folded],
        ..Slice::default()
    };
    let span = Span::on_edges(seq, WallNanos(start * S), WallNanos(end * S));
    Window::merge(span, vec![slice])
}

/// Minutes of windows whose slots are given in seconds: where each starts, and what it was made of.
fn minutes(slots: &[(i64, i64)]) -> Vec<(i64, Rolled)> {
    let mut tier = Tier::<()>::new(Duration::from_secs(60), 8);
    let mut minutes = Vec::new();
    let mut close = |tier: &mut Tier<()>| {
        let closed = tier.close().expect("a window is open");
        assert_eq!(closed.span.seq, minutes.len() as u64);
        assert_eq!(closed.sums.ledger.seen.packets, closed.sums.rolled.windows);
        assert_eq!(closed.sums.absent_hi, closed.sums.ledger.seen);
        minutes.push((closed.span.slot.start.0 / S, closed.sums.rolled));
    };
    for (seq, (start, end)) in (0..).zip(slots) {
        let window = window(seq, *start, *end);
        if tier.is_left_by(&window.span) {
            close(&mut tier);
        }
        tier.add(&window, &());
        if tier.is_over() {
            close(&mut tier);
        }
    }
    if tier.open.is_some() {
        close(&mut tier);
    }
    minutes
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
    let mut tier = Tier::<()>::new(Duration::from_secs(60), 8);
    tier.add(&window(0, 59, 60), &());
    assert!(tier.is_over());
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
        covered.add(&Slot {
            start: WallNanos(at),
            end: WallNanos(at + S),
        });
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
fn networks_are_no_more_than_there_is_room_for() {
    let mut tier = Tier::<()>::new(Duration::from_secs(60), 16);
    for second in 0..60u8 {
        let folded = Folded {
            side: Side::Src,
            net: Net::of([10, second, second, 1].into(), crate::net::Level::ALL[0]),
            count: Tally::new(u64::from(second) + 1, 100),
        };
        let slice: Slice = Slice {
            seen: folded.count,
            folded: vec![folded],
            ..Slice::default()
        };
        let at = WallNanos(i64::from(second) * S);
        let span = Span::on_edges(u64::from(second), at, WallNanos(at.0 + S));
        tier.add(&Window::merge(span, vec![slice]), &());
        assert!(
            tier.open
                .as_ref()
                .is_some_and(|it| it.sums.folded.len() <= 32)
        );
    }
    let closed = tier.close().expect("a window is open");
    let window = Window::rolled(closed.span, Slice::<Vec<_>>::default(), &[], closed.sums);
    assert!(window.prefixes.len() <= 16);
    assert_eq!(window.ledger.folded_sum(), window.ledger.seen);
    assert_eq!(window.ledger.residue(), (0, 0));
    // The largest are told apart still.
    assert!(
        window
            .prefixes
            .iter()
            .any(|it| it.net.to_string() == "10.59.59.0/24")
    );
}
