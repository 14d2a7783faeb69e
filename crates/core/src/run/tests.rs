use proptest::prelude::*;

use super::*;
use crate::edges::{Span, WallNanos};
use crate::slice::{MonoNanos, Slice};
use crate::window::Flow;

fn key(n: u32) -> FlowKey {
    FlowKey {
        src: std::net::Ipv4Addr::from(n).into(),
        dst: std::net::Ipv4Addr::from(1).into(),
        sport: 0,
        dport: 0,
        proto: 17,
        ..FlowKey::NOTHING
    }
}

fn window(flows: impl Iterator<Item = (u32, Bounds)>, absent_hi: Tally) -> Window {
    let span = Span::on_edges(0, WallNanos(0), WallNanos(0));
    let flow = |(n, bounds)| Flow {
        key: key(n),
        bounds,
        first: MonoNanos(0),
        last: MonoNanos(0),
        tcp_flags: 0,
    };
    let mut window = Window::merge(span, Vec::<Slice>::new());
    window.flows = flows.map(flow).collect();
    window.absent_hi = absent_hi;
    window
}

fn exact(flows: impl Iterator<Item = (u32, Tally)>) -> Window {
    let exact = |(n, count)| (n, Bounds::exactly(count));
    window(flows.map(exact), Tally::ZERO)
}

#[test]
fn the_largest_by_the_chosen_order_are_never_let_go() {
    let flows = 3 * FLOWS_KEPT as u32;
    // One packet that is larger than everything else, in the middle of flows of two packets.
    let flow = |n: u32| match n {
        400_000 => (n, Tally::new(1, 1 << 40)),
        n => (n, Tally::new(2, 200)),
    };
    let mut run = Run::new(Sort::Bytes, 0);
    run.add(&exact((0..flows).map(flow)), 0);
    assert!(run.flows().0 <= FLOWS_KEPT && !run.flows().1);
    assert_eq!(run.top(1)[0].flow.1.lo, Tally::new(1, 1 << 40));

    let mut run = Run::new(Sort::Packets, flows as usize);
    run.add(&exact((0..flows).map(flow)), 0);
    assert_eq!(run.flows(), (flows as usize, true));
}

#[test]
fn a_window_without_a_row_adds_what_it_may_hold_of_the_flow() {
    let of = |packets| Tally::new(packets, packets * 100);
    let wide = |lo, hi| Bounds {
        lo: of(lo),
        hi: of(hi),
    };
    let mut run = Run::new(Sort::Packets, 0);
    run.add(&window([(1, wide(10, 12))].into_iter(), of(5)), 0);
    run.add(&window([(2, wide(3, 3))].into_iter(), of(7)), 0);
    assert_eq!(run.bounds_of(&key(1)), wide(10, 12 + 7));
    assert_eq!(run.bounds_of(&key(2)), wide(3, 5 + 3));
    assert_eq!(run.bounds_of(&key(3)), wide(0, 5 + 7));
    let top = run.top(1);
    assert_eq!(top[0].flow, (key(1), wide(10, 19)));
    // The flow without a row may have had more.
    assert!(!top[0].proven);
    run.add(&window([(1, wide(2, 2))].into_iter(), of(0)), 0);
    assert!(run.top(1)[0].proven);
}

#[test]
fn a_flow_that_was_let_go_of_comes_back_with_what_it_may_have_had() {
    let count = |packets| Tally::new(packets, packets);
    let mut known = Known::new(Sort::Packets, 4);
    known.add(&exact((1..=4).map(|n| (n, count(u64::from(n) * 10)))));
    assert!(known.is_all());
    // Room for a fifth: the smaller two go.
    known.add(&exact([(5, count(1)), (1, count(1))].into_iter()));
    assert!(!known.is_all());
    let bounds = |n| known.bounds_of(&key(n), Tally::ZERO);
    assert_eq!(bounds(4), Bounds::exactly(count(40)));
    let forgotten = Bounds {
        lo: count(1),
        hi: count(1 + 20),
    };
    assert_eq!((bounds(1), bounds(5)), (forgotten, forgotten));
    assert_eq!(bounds(2).hi, count(20));
}

/// What a window holds of a flow: the truth, and how far bounds lie from it; below `None`, there is no
/// row.
fn share() -> impl Strategy<Value = (Tally, Option<Tally>, Tally)> {
    let tally = || (0..20u64, 0..20u64).prop_map(|(packets, bytes)| Tally::new(packets, bytes));
    (tally(), prop::option::of(tally()), tally())
}

proptest! {
    /// However few flows are remembered, and whatever windows know of each: bounds over the windows
    /// hold the truth, and what is said to be among the largest is.
    #[test]
    fn bounds_over_windows_hold_the_truth(
        windows in prop::collection::vec((prop::collection::vec(share(), 12), 0..3u64), 1..12),
        most in 2usize..14,
        k in 0usize..6,
        bytes in any::<bool>(),
    ) {
        let sort = if bytes { Sort::Bytes } else { Sort::Packets };
        let mut known = Known::new(sort, most);
        let mut truth = [Tally::ZERO; 12];
        let mut absent_hi = Tally::ZERO;
        for (shares, slack) in windows {
            let mut absent = Tally::new(slack, slack);
            let mut rows = Vec::new();
            for (n, (count, below, above)) in shares.into_iter().enumerate() {
                truth[n] += count;
                match below {
                    Some(below) => rows.push((n as u32, Bounds {
                        lo: count - below,
                        hi: count + above,
                    })),
                    None => absent = absent.max_each(count),
                }
            }
            known.add(&window(rows.into_iter(), absent));
            absent_hi += absent;
            for (n, truth) in truth.iter().enumerate() {
                let Bounds { lo, hi } = known.bounds_of(&key(n as u32), absent_hi);
                prop_assert!(lo.packets <= truth.packets && truth.packets <= hi.packets);
                prop_assert!(lo.bytes <= truth.bytes && truth.bytes <= hi.bytes);
            }
        }
        let top = known.top(k, absent_hi);
        for placed in top.iter().filter(|it| it.proven) {
            let of = |n: usize| sort.rank(truth[n]);
            let n = (0..12).find(|n| key(*n as u32) == placed.flow.0).expect("a flow");
            let larger = (0..12).filter(|other| of(*other) < of(n)).count();
            prop_assert!(larger < top.len(), "{larger} are larger than {n}");
        }
    }
}
