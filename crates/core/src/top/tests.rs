use proptest::prelude::*;

use super::*;

fn key(n: u16) -> FlowKey {
    FlowKey {
        sport: n,
        ..FlowKey::NOTHING
    }
}

fn packets(lo: u64, hi: u64) -> Bounds {
    Bounds {
        lo: Tally::new(lo, 0),
        hi: Tally::new(hi, 0),
    }
}

fn proven(bounds: &[Bounds], k: usize, absent_hi: u64) -> Vec<bool> {
    let flows: Vec<(u16, Bounds)> = (0..).zip(bounds.iter().copied()).collect();
    let bounded = |(n, bounds): &(u16, Bounds)| (key(*n), *bounds);
    let absent_hi = Tally::new(absent_hi, 0);
    let placed = placed(flows, k, Sort::Packets, absent_hi, bounded);
    placed.iter().map(|it| it.proven).collect()
}

#[test]
fn a_place_is_proven_against_all_that_is_not_shown() {
    let flows = [packets(90, 90), packets(50, 60), packets(40, 55)];
    // The third may have had more than the second, but not more than the first.
    assert_eq!(proven(&flows, 2, 0), [true, false]);
    assert_eq!(proven(&flows, 2, 90), [true, false]);
    // A flow without a row may have had more than all.
    assert_eq!(proven(&flows, 2, 91), [false, false]);
    assert_eq!(proven(&flows, 3, 45), [true, true, false]);
    // All are shown, and nothing was folded.
    assert_eq!(proven(&flows, 10, 0), [true, true, true]);
    assert_eq!(proven(&flows, 0, 0), []);
}

#[test]
fn among_equal_flows_each_may_have_the_last_place() {
    assert_eq!(proven(&[packets(5, 5); 3], 2, 0), [true, true]);
}

proptest! {
    /// Whatever the truth within the intervals is: fewer than `k` flows, with a row or without, are
    /// larger than one whose place is proven.
    #[test]
    fn what_is_proven_is_true(
        flows in prop::collection::vec((0..30u64, 0..30u64, 0..8u64, 0..8u64, 0..8u64, 0..8u64), 0..20),
        absent in prop::collection::vec((0..30u64, 0..30u64), 0..5),
        k in 0usize..12,
        bytes in any::<bool>(),
    ) {
        let sort = if bytes { Sort::Bytes } else { Sort::Packets };
        let absent = absent.into_iter().map(|(packets, bytes)| Tally::new(packets, bytes));
        let absent: Vec<Tally> = absent.collect();
        let absent_hi = absent.iter().copied().fold(Tally::ZERO, Tally::max_each);
        let mut all = absent;
        let mut rows = Vec::new();
        for (n, (packets, bytes, less, more, less_bytes, more_bytes)) in (0..).zip(flows) {
            let truth = Tally::new(packets, bytes);
            all.push(truth);
            rows.push((n, truth, Bounds {
                lo: truth - Tally::new(less, less_bytes),
                hi: truth + Tally::new(more, more_bytes),
            }));
        }
        let bounded = |(n, _, bounds): &(u16, Tally, Bounds)| (key(*n), *bounds);
        for it in placed(rows, k, sort, absent_hi, bounded).iter().filter(|it| it.proven) {
            let larger = all.iter().filter(|other| sort.rank(**other) < sort.rank(it.flow.1));
            prop_assert!(larger.count() < k);
        }
    }
}
