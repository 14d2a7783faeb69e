//! Slices come in any order, from any CPU or host, and make one and the same window.

use std::sync::Arc;

use super::*;
use crate::bounds::Bounds;
use crate::sketch::{Line, Sketch};

/// Keys that slices may have rows of.
const KEYS: u32 = 24;

/// A hash function of its own for each number.
fn hash(n: u32, function: u64) -> u64 {
    (u64::from(n) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ function << 32)
}

/// Any slice: what it says is not true of any packets, but could be.
fn slice() -> impl Strategy<Value = Slice> {
    let rows = prop::collection::vec(prop::option::of((1u64..9, 0u64..9)), KEYS as usize);
    let spills = prop::collection::vec((0..KEYS, 1u64..9), 0..6);
    let folded = prop::collection::btree_map((0u32..4, 0usize..4, any::<bool>()), 0u64..99, 0..5);
    let sketch = prop::option::of((prop::collection::vec(any::<Line>(), 5), any::<bool>()));
    (rows, spills, folded, sketch, 1u64..4, 0u64..9).prop_map(
        |(rows, spills, folded, sketch, function, other)| {
            let hashed = |row: Row, n| Row {
                hash: hash(n, function),
                first: MonoNanos(1_100 + u64::from(n) * function),
                tcp_flags: 1 << function,
                ..row
            };
            let rows = (0..).zip(rows).filter_map(|(n, counts)| {
                let (packets, base) = counts?;
                Some(hashed(row(n, packets, base), n))
            });
            let folded = folded
                .into_iter()
                .map(|((net, level, src), packets)| Folded {
                    side: if src { Side::Src } else { Side::Dst },
                    net: Net::of(Ipv4Addr::from(net << 8).into(), Level::ALL[level]),
                    count: Tally::new(packets, packets * 100),
                });
            let mut slice: Slice = Slice {
                rows: rows.collect(),
                spills: (spills.into_iter())
                    .map(|(n, packets)| hashed(row(n, packets, 0), n))
                    .collect(),
                // Levels that cut off all that differs are one network.
                folded: distinct(folded),
                other: vec![(Reason::Short, Tally::new(other, other * 60))],
                hashed_by: function,
                capacity_rows: 64,
                ..Slice::default()
            };
            let sum = slice.folded_sum();
            slice.sketch = sketch.and_then(|(mut lines, small)| {
                // Cells as large as what was folded, or as large as they may be.
                let most = if small { 127 } else { u64::MAX };
                for word in lines.iter_mut().skip(1).flatten() {
                    *word &= most << 32 | (most & 0xffff_ffff);
                }
                // All bits of the filter, or some.
                if small {
                    lines[0] = [u64::MAX; 8];
                }
                Sketch::new(Arc::from(lines), 1, 2, sum)
            });
            let rows = slice.parts();
            let rows: Tally = rows.map(|row| row.count).sum();
            slice.seen = rows + sum + slice.other[0].1;
            slice.events = slice.seen.packets;
            slice
        },
    )
}

fn distinct(folded: impl Iterator<Item = Folded>) -> Vec<Folded> {
    let mut nets = BTreeMap::<_, Tally>::new();
    for it in folded {
        *nets.entry((it.side, it.net)).or_default() += it.count;
    }
    nets.into_iter()
        .map(|((side, net), count)| Folded { side, net, count })
        .collect()
}

/// All that a window says, flows by key.
fn all(window: &Window) -> impl PartialEq + std::fmt::Debug + use<> {
    let flow = |flow: &Flow| {
        (
            flow.key,
            (flow.bounds, flow.first, flow.last, flow.tcp_flags),
        )
    };
    let flows: BTreeMap<FlowKey, (Bounds, MonoNanos, MonoNanos, u8)> =
        window.flows.iter().map(flow).collect();
    assert_eq!(flows.len(), window.flows.len());
    (
        flows,
        window.prefixes.clone(),
        format!("{:?}", window.ledger),
        (window.absent_hi, window.spilled_rows, window.summaries()),
        (window.capacity_rows, window.occupancy.to_bits()),
    )
}

proptest! {
    /// CPUs share a hash function, hosts do not.
    #[test]
    fn the_order_of_slices_says_nothing(
        (slices, shuffled) in prop::collection::vec(slice(), 1..5)
            .prop_flat_map(|slices| (Just(slices.clone()), Just(slices).prop_shuffle())),
    ) {
        let (one, other) = (Window::merge(span(), slices), Window::merge(span(), shuffled));
        prop_assert_eq!(one.ledger.residue(), (0, 0));
        prop_assert_eq!(all(&one), all(&other));
    }

    /// Ledgers of parts, added in any order and grouping, are that of all.
    #[test]
    fn ledgers_add_up_however_they_are_grouped(
        slices in prop::collection::vec(slice(), 0..6),
        cuts in (0usize..6, 0usize..6),
    ) {
        let (first, second) = (cuts.0.min(cuts.1).min(slices.len()), cuts.0.max(cuts.1).min(slices.len()));
        let parts = [&slices[..first], &slices[first..second], &slices[second..]];
        let [a, b, c] = parts.map(|part| Window::merge(span(), part.to_vec()).ledger);
        let sum = |ledgers: [&Ledger; 2]| {
            let mut sum = ledgers[0].clone();
            sum.add(ledgers[1]);
            sum
        };
        let whole = format!("{:?}", Window::merge(span(), slices).ledger);
        prop_assert_eq!(format!("{:?}", sum([&sum([&a, &b]), &c])), whole.clone());
        prop_assert_eq!(format!("{:?}", sum([&c, &sum([&b, &a])])), whole);
    }
}

/// A slice that folded 40 packets, a few of each key, and knows of none more than 3.
fn sketched(function: u64, rows: Vec<Row>) -> Slice {
    let mut lines = vec![[3 | 300 << 32; 8]; 3];
    lines[0] = [u64::MAX; 8];
    Slice {
        rows,
        folded: vec![in_total(Family::Ipv4, 40)],
        sketch: Sketch::new(Arc::from(lines), 1, 1, Tally::new(40, 4_000)),
        hashed_by: function,
        ..Slice::default()
    }
}

#[test]
fn a_sketch_of_another_hash_function_is_not_asked() {
    // It would say that nothing was folded of any key whose bits are not there.
    let mut empty_filter = sketched(2, Vec::new());
    let mut lines = vec![[3 | 300 << 32; 8]; 3];
    lines[0] = [0; 8];
    empty_filter.sketch = Sketch::new(Arc::from(lines), 1, 1, Tally::new(40, 4_000));
    let hi = |function: u64| {
        let with = sketched(function, vec![row(1, 10, 0)]);
        let window = Window::merge(span(), vec![with, empty_filter.clone()]);
        window.flows[0].bounds.hi.packets
    };
    assert_eq!(hi(2), 10);
    assert_eq!(hi(1), 10 + 3);
}

#[test]
fn a_sketch_has_all_its_lines() {
    let of = |lines: usize, bloom: u32, sketch: u32| {
        Sketch::new(vec![[0; 8]; lines].into(), bloom, sketch, Tally::ZERO)
    };
    assert!(of(5, 1, 2).is_some() && of(6, 1, 2).is_some());
    for (lines, bloom, sketch) in [
        (4, 1, 2),
        (5, 0, 2),
        (5, 1, 0),
        (0, 0, 0),
        (5, u32::MAX, u32::MAX),
    ] {
        assert!(
            of(lines, bloom, sketch).is_none(),
            "{lines} {bloom} {sketch}"
        );
    }
    // Then all that was folded may be of any key.
    let slice = Slice {
        folded: vec![in_total(Family::Ipv4, 40)],
        sketch: of(4, 1, 2),
        ..Slice::<Vec<Row>>::default()
    };
    assert_eq!(slice.bound(7).packets, 40);
}
