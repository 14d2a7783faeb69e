use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;
use crate::bounds::Bounds;
use crate::flow::FlowKey;
use crate::net::Level;
use crate::slice::{MonoNanos, Row, Slice};
use crate::tally::Tally;
use crate::window::tests::span;
use hashbrown::HashMap;

const PACKET_BYTES: u64 = 100;

fn reduction(text: &str) -> Reduction {
    Reduction::parse(text).expect(text)
}

/// A flow between two hosts of a network of that number in the middle.
fn key(network: u32, host: u32, is_ipv6: bool) -> FlowKey {
    let (src, dst) = match is_ipv6 {
        false => (
            Ipv4Addr::from_bits(10 << 24 | network << 8 | host).into(),
            Ipv4Addr::from_bits(192 << 24 | host << 12).into(),
        ),
        true => (
            Ipv6Addr::from_bits(0x2001 << 112 | u128::from(network) << 70 | u128::from(host))
                .into(),
            Ipv6Addr::from_bits(0x2001 << 112 | u128::from(host) << 60).into(),
        ),
    };
    FlowKey {
        src,
        dst,
        sport: 1,
        ..FlowKey::NOTHING
    }
}

fn row(key: FlowKey, packets: u64) -> Row {
    Row {
        key,
        count: Tally::new(packets, packets * PACKET_BYTES),
        base: Tally::ZERO,
        hash: 0,
        first: MonoNanos(1_500),
        last: MonoNanos(1_500),
        tcp_flags: 0,
    }
}

/// A slice with these rows; everything that it saw is there.
fn slice(rows: Vec<Row>) -> Slice {
    let seen: Tally = rows.iter().map(|row| row.count).sum();
    Slice {
        events: seen.packets,
        seen,
        rows,
        ..Slice::default()
    }
}

/// `flows` flows in networks of 8, of 1, 2, 3 … packets.
fn window(flows: u32) -> Window {
    let row = |n: u32| row(key(n / 8, n % 8, false), u64::from(n) + 1);
    Window::merge(span(), vec![slice((0..flows).map(row).collect())])
}

#[test]
fn a_window_with_few_flows_keeps_them() {
    let mut window = window(10);
    assert_eq!(window.ledger.events, 55);
    assert!(window.reduce(reduction("5.5x"), &By::default()));
    assert_eq!(window.flows.len(), 10);
    assert!(window.prefixes.is_empty() && window.reduced.is_zero());
}

#[test]
fn the_smallest_flows_are_folded_until_there_is_room() {
    let mut window = window(100);
    // 5050 events, room for 50.
    assert!(window.reduce(reduction("100x"), &By::default()));
    assert_eq!(window.summaries(), 50);
    assert_eq!(window.ledger.residue(), (0, 0));
    let least = window.flows.iter().map(|flow| flow.bounds.lo.packets).min();
    let folded = 100 - window.flows.len() as u64;
    assert_eq!(least, Some(folded + 1));
    assert_eq!(window.absent_hi.packets, folded);
    assert_eq!(window.reduced, window.ledger.folded_sum());
    // Eight flows are from each network, and those that they go to are eight.
    assert!(window.prefixes.iter().all(|it| it.side == Side::Dst));
    assert!(window.flows.iter().all(|flow| flow.bounds.is_exact()));
}

#[test]
fn one_flow_too_many_is_not_worth_a_network() {
    let mut window = window(100);
    assert!(window.reduce(reduction("51x"), &By::default()));
    assert_eq!((window.flows.len(), window.prefixes.len()), (98, 1));
    assert_eq!(window.prefixes[0].net, Net::all(Family::Ipv4));
    assert_eq!(
        window.prefixes[0].bounds,
        Bounds::exactly(window.ledger.seen)
    );
}

#[test]
fn what_cannot_be_reached_is_folded_into_the_total_and_said() {
    let mut window = window(10);
    assert!(!window.reduce(reduction("100x"), &By::default()));
    assert!(window.flows.is_empty());
    assert_eq!(window.ledger.folded[Level::TOTAL.index()].packets, 55);
    assert_eq!(window.absent_hi.packets, 10);

    let mut spilled = slice(vec![row(key(1, 1, false), 2)]);
    spilled.spills = vec![row(key(1, 1, false), 1); 98];
    (spilled.seen, spilled.events) = (Tally::new(100, 10_000), 100);
    let mut window = Window::merge(span(), vec![spilled]);
    assert_eq!(window.summaries(), 99);
    assert!(!window.reduce(reduction("2x"), &By::default()));
    assert_eq!((window.spilled_rows, window.flows.len()), (98, 0));
    assert_eq!(window.ledger.residue(), (0, 0));
}

#[test]
fn without_addresses_among_the_keys_there_is_only_the_total() {
    let by = By::parse("sport").expect("keys");
    let ports = |port: u16| {
        let key = FlowKey {
            sport: port,
            ..FlowKey::NOTHING
        };
        row(key, u64::from(port))
    };
    let mut window = Window::merge(span(), vec![slice((1..=100).map(ports).collect())]);
    assert!(window.reduce(reduction("100x"), &by));
    assert_eq!((window.flows.len(), window.prefixes.len()), (49, 1));
}

#[test]
fn levels_are_no_finer_than_keys() {
    let by = By::parse("src/16/48,sport").expect("keys");
    let row = |n: u32| row(key(n << 8, 0, false), u64::from(n) + 1);
    let mut window = Window::merge(span(), vec![slice((0..200).map(row).collect())]);
    assert!(window.reduce(reduction("200x"), &by));
    assert_eq!(window.summaries(), 100);
    let finest = window.prefixes.iter().map(|it| it.net.level()).min();
    assert_eq!(finest.map(Level::index), Some(1));
    assert!(window.prefixes.iter().all(|it| it.side == Side::Src));
}

/// A model of a CPU's table: the first keys get rows, packets of the others are folded by one side.
fn fill(packets: &[FlowKey], room: usize, side: Side) -> Slice {
    let one = Tally::new(1, PACKET_BYTES);
    let mut slice: Slice = Slice::default();
    for key in packets {
        slice.events += 1;
        slice.seen += one;
        if let Some(row) = slice.rows.iter_mut().find(|row| row.key == *key) {
            row.count += one;
        } else if slice.rows.len() < room {
            let base = slice.folded_sum();
            slice.rows.push(Row {
                base,
                ..row(*key, 1)
            });
        } else {
            let net = Net::of(side.of(key), Level::ALL[usize::from(key.sport) % 4]);
            let mut known = slice.folded.iter_mut();
            match known.find(|it| it.net == net) {
                Some(folded) => folded.count += one,
                None => slice.folded.push(Folded {
                    side,
                    net,
                    count: one,
                }),
            }
        }
    }
    slice
}

fn any_key() -> impl Strategy<Value = FlowKey> {
    // Small numbers are common, so that networks have several flows.
    let small = prop_oneof![0u32..3, 0u32..12, (0u32..40).prop_map(|n| n << 9)];
    (small, 0u32..6, any::<bool>()).prop_map(|(network, host, is_ipv6)| FlowKey {
        sport: host as u16,
        ..key(network, host, is_ipv6)
    })
}

proptest! {
    /// Whatever was counted on whatever CPUs: nothing is missing, every interval holds the truth,
    /// and no more is folded than the promise takes.
    #[test]
    fn a_reduced_window_holds_the_truth(
        cpus in prop::collection::vec(
            (prop::collection::vec(any_key(), 0..250), 0usize..120, any::<bool>()), 1..3),
        repeated in 1usize..6,
        factor in 1.0f64..40.0,
    ) {
        let mut truth: HashMap<FlowKey, u64> = HashMap::new();
        let slices: Vec<Slice> = cpus.iter().map(|(keys, room, from_src)| {
            // Some flows come again and again.
            let packets: Vec<FlowKey> = keys.iter().enumerate()
                .flat_map(|(n, key)| vec![*key; if n % 7 == 0 { repeated * 5 } else { 1 }])
                .collect();
            for key in &packets {
                *truth.entry(*key).or_default() += 1;
            }
            fill(&packets, *room, if *from_src { Side::Src } else { Side::Dst })
        }).collect();
        let mut window = Window::merge(span(), slices);
        let (before, lines_before) = (window.flows.len(), window.summaries());
        let reduction = reduction(&factor.to_string());
        let most = reduction.summaries(window.ledger.events);
        let reached = window.reduce(reduction, &By::default());

        prop_assert_eq!(window.ledger.residue(), (0, 0));
        prop_assert_eq!(window.ledger.folded_sum() + window.ledger.rows, window.ledger.seen);
        prop_assert_eq!(reached, window.summaries() <= most);
        if reached {
            // Totals of two sides are taken for two lines, also where they are one.
            let full = lines_before <= most || window.summaries() + 2 >= most;
            prop_assert!(full || window.flows.len() == before, "{} of {most}", window.summaries());
        } else {
            prop_assert!(window.flows.is_empty());
            prop_assert_eq!(window.ledger.folded[3], window.ledger.seen);
        }
        let inside = |bounds: Bounds, truth: u64| {
            let range = bounds.lo.packets..=bounds.hi.packets;
            let bytes = bounds.lo.bytes..=bounds.hi.bytes;
            range.contains(&truth) && bytes.contains(&(truth * PACKET_BYTES))
        };
        for (key, count) in &truth {
            let bounds = window.bounds_of(key, 0);
            prop_assert!(inside(bounds, *count), "{:?}: {} in {:?}", key, count, bounds);
            let has_row = window.flows.iter().any(|flow| flow.key == *key);
            prop_assert!(has_row || *count <= window.absent_hi.packets);
        }
        for prefix in &window.prefixes {
            let within = truth.iter().filter(|(key, _)| {
                Net::of(prefix.side.of(key), prefix.net.level()) == prefix.net
            });
            let count: u64 = within.map(|(_, count)| count).sum();
            prop_assert!(inside(prefix.bounds, count), "{:?}: {}", prefix, count);
        }
    }
}
