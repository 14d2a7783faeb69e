use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;
use crate::bounds::Bounds;
use crate::by::{self, Key};
use crate::flow::FlowKey;
use crate::prefix::Prefix;
use crate::reduction::Reduction;
use crate::slice::{Folded, MonoNanos, Row, Slice};
use crate::window::tests::span;

/// A packet, and what became of it.
#[derive(Clone, Debug)]
struct Packet {
    src: IpAddr,
    dst: IpAddr,
    port: u16,
    bytes: u64,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Row,
    Spilled,
    /// By that side, at the level that many steps above the finest.
    Folded(Side, usize),
}

fn any_address(v6: bool) -> impl Strategy<Value = IpAddr> {
    // Few networks of each level, so that most have several parts.
    (0u32..3, 0u32..3, 0u32..4, 0u32..3).prop_map(move |(coarse, middle, fine, host)| match v6 {
        false => Ipv4Addr::from_bits((10 + coarse) << 24 | middle << 16 | fine << 8 | host).into(),
        true => {
            let start = u64::from(0x2001_0db8 + coarse) << 32 | u64::from(middle << 16 | fine);
            Ipv6Addr::from_bits(u128::from(start) << 64 | u128::from(host)).into()
        }
    })
}

fn any_packet() -> impl Strategy<Value = Packet> {
    let place = prop_oneof![
        4 => Just(Place::Row),
        1 => Just(Place::Spilled),
        2 => (any::<bool>(), 0usize..4).prop_map(|(src, up)| {
            Place::Folded(if src { Side::Src } else { Side::Dst }, up)
        }),
    ];
    let ends = any::<bool>().prop_flat_map(|v6| (any_address(v6), any_address(v6)));
    (ends, 0u16..2, 60u64..1500, place).prop_map(|((src, dst), port, bytes, place)| Packet {
        src,
        dst,
        port,
        bytes,
        place,
    })
}

fn any_by() -> impl Strategy<Value = By> {
    const KEYS: [&str; 8] = [
        "src,dst,sport",
        "src,dst",
        "src",
        "dst,sport",
        "src/24,dst/16",
        "src/16/64,dst",
        "src/8/48",
        "src/0/0,dst/24/32",
    ];
    prop::sample::select(&KEYS[..]).prop_map(|keys| By::parse(keys).expect(keys))
}

fn any_hierarchy() -> impl Strategy<Value = Hierarchy> {
    const LEVELS: [&str; 6] = ["24,16,8", "24", "16", "8", "24,8", "16,8"];
    prop::sample::select(&LEVELS[..]).prop_map(|text| Hierarchy::parse(text).expect(text))
}

/// The key that a packet's row has; what is not kept of an address is 0 of the same family.
fn key(packet: &Packet, by: &By) -> FlowKey {
    let kept = |side, address| {
        let key = Key::address(side);
        let whole = if by.has(key) {
            by::Prefix::WHOLE
        } else {
            by::Prefix { ipv4: 0, ipv6: 0 }
        };
        by.prefix(key).unwrap_or(whole).of(address)
    };
    FlowKey {
        src: kept(Side::Src, packet.src),
        dst: kept(Side::Dst, packet.dst),
        sport: if by.has(Key::Sport) { packet.port } else { 0 },
        ..FlowKey::NOTHING
    }
}

/// What a table that did that with its packets holds.
fn slice(packets: &[Packet], by: &By) -> Slice {
    let mut slice: Slice = Slice::default();
    for packet in packets {
        let count = Tally::new(1, packet.bytes);
        slice.events += 1;
        slice.seen += count;
        let row = Row {
            key: key(packet, by),
            count,
            base: Tally::ZERO,
            hash: 0,
            first: MonoNanos(1_500),
            last: MonoNanos(1_500),
            tcp_flags: 0,
        };
        match packet.place {
            Place::Spilled => slice.spills.push(row),
            Place::Row => match slice.rows.iter_mut().find(|it| it.key == row.key) {
                Some(known) => known.count += count,
                None => slice.rows.push(row),
            },
            Place::Folded(side, up) => {
                // Nothing is folded by addresses that are not kept.
                let side = by.sides().find(|it| *it == side).or(by.sides().next());
                let side = side.expect("an address");
                let address = side.of(&row.key);
                let finest = by.finest(side, Family::of(address)).index();
                let level = Level::ALL[(finest + up).min(Level::TOTAL.index())];
                let net = Net::of(address, level);
                match slice
                    .folded
                    .iter_mut()
                    .find(|it| (it.side, it.net) == (side, net))
                {
                    Some(known) => known.count += count,
                    None => slice.folded.push(Folded { side, net, count }),
                }
            }
        }
    }
    slice
}

fn holds(bounds: Bounds, truth: Tally) -> bool {
    let holds = |lo, truth, hi| lo <= truth && truth <= hi;
    holds(bounds.lo.packets, truth.packets, bounds.hi.packets)
        && holds(bounds.lo.bytes, truth.bytes, bounds.hi.bytes)
}

/// All that a window with a hierarchy promises.
fn check(window: &Window, packets: &[Packet], hierarchy: Hierarchy, by: &By) {
    let lines: BTreeMap<(Side, Net), Bounds> = (window.prefixes.iter())
        .map(|prefix| ((prefix.side, prefix.net), prefix.bounds))
        .collect();
    assert_eq!(lines.len(), window.prefixes.len(), "none is there twice");

    // Every interval holds the truth.
    for (&(side, net), &bounds) in &lines {
        let within = packets.iter().filter(|packet| {
            let address = if side == Side::Src {
                packet.src
            } else {
                packet.dst
            };
            Net::of(address, net.level()) == net
        });
        let truth: Tally = within.map(|packet| Tally::new(1, packet.bytes)).sum();
        assert!(
            holds(bounds, truth),
            "{side:?} {net}: {truth:?} in {bounds:?}"
        );
    }

    // The networks of every row are there.
    let mut wanted = BTreeSet::new();
    for side in by.sides() {
        for flow in &window.flows {
            let address = side.of(&flow.key);
            let finest = by.finest(side, Family::of(address));
            let levels = hierarchy.levels().chain([Level::TOTAL]);
            wanted.extend(
                levels
                    .filter(|it| *it >= finest)
                    .map(|it| (side, Net::of(address, it))),
            );
        }
    }
    for (side, net) in wanted {
        assert!(
            lines.contains_key(&(side, net)),
            "{side:?} {net} is missing"
        );
    }

    for side in by.sides() {
        let of_side = || window.prefixes.iter().filter(move |it| it.side == side);
        // Totals are of all that was counted by key.
        let roots = of_side().filter(|it| it.net.level() == Level::TOTAL);
        let all = window.ledger.rows + window.ledger.folded_sum();
        assert_eq!(roots.clone().map(|it| it.bounds.lo).sum::<Tally>(), all);
        assert!(roots.clone().all(|it| it.bounds.is_exact()));
        // Levels nest, and what is part of a network follows it.
        for (place, around) in of_side().enumerate() {
            for level in Level::ALL.into_iter().filter(|it| *it < around.net.level()) {
                let is_part = |it: &&Prefix| {
                    it.net.level() == level && it.net.at(around.net.level()) == around.net
                };
                let parts: Vec<Bounds> = of_side().filter(is_part).map(|it| it.bounds).collect();
                let behind = of_side().skip(place).filter(is_part);
                assert_eq!(
                    behind.count(),
                    parts.len(),
                    "{} is not before its parts",
                    around.net
                );
                let sum: Tally = parts.iter().map(|it| it.lo).sum();
                assert_eq!(sum.min_each(around.bounds.lo), sum, "{}", around.net);
                for part in parts {
                    assert_eq!(
                        part.hi.min_each(around.bounds.hi),
                        part.hi,
                        "{}",
                        around.net
                    );
                }
            }
        }
    }
}

proptest! {
    /// Whatever was counted, spilled and folded on whatever CPUs, by whatever keys.
    #[test]
    fn all_networks_are_there_and_hold_the_truth(
        cpus in prop::collection::vec(prop::collection::vec(any_packet(), 0..60), 1..3),
        by in any_by(),
        hierarchy in any_hierarchy(),
    ) {
        let slices = cpus.iter().map(|packets| slice(packets, &by)).collect();
        let mut window = Window::merge(span(), slices);
        window.add_hierarchy(&hierarchy, &by);
        check(&window, &cpus.concat(), hierarchy, &by);
        prop_assert_eq!(window.ledger.residue(), (0, 0));
    }

    /// A reduction counts them as lines, like all others.
    #[test]
    fn a_reduction_leaves_room_for_them(
        packets in prop::collection::vec(any_packet(), 0..120),
        repeated in 1usize..20,
        by in any_by(),
        hierarchy in any_hierarchy(),
        factor in 1.0f64..30.0,
    ) {
        // Some flows are larger than others.
        let packets: Vec<Packet> = (packets.into_iter().enumerate())
            .flat_map(|(n, packet)| vec![packet; if n % 5 == 0 { repeated } else { 1 }])
            .collect();
        let mut window = Window::merge(span(), vec![slice(&packets, &by)]);
        window.add_hierarchy(&hierarchy, &by);
        let lines_before = window.summaries();
        let reduction = Reduction::parse(&factor.to_string()).expect("a factor");
        let most = reduction.summaries(window.ledger.events);
        let reached = window.reduce(reduction, &by);

        check(&window, &packets, hierarchy, &by);
        prop_assert_eq!(window.ledger.residue(), (0, 0));
        prop_assert_eq!(reached, window.summaries() <= most);
        prop_assert!(reached || window.flows.is_empty());
        prop_assert!(lines_before > most || window.summaries() == lines_before);
    }
}

/// A slice with one packet a flow, from that address to as many others.
fn from(sources: &[&str]) -> Slice {
    let packets: Vec<Packet> = (sources.iter())
        .map(|src| {
            let src: IpAddr = src.parse().expect("an address");
            let dst = match src {
                IpAddr::V4(_) => "192.0.2.1",
                IpAddr::V6(_) => "2001:db8::1",
            };
            Packet {
                src,
                dst: dst.parse().expect("an address"),
                port: 1,
                bytes: 100,
                place: Place::Row,
            }
        })
        .collect();
    slice(&packets, &By::default())
}

fn printed(window: &Window, side: Side) -> Vec<String> {
    let of_side = window.prefixes.iter().filter(|it| it.side == side);
    of_side
        .map(|it| format!("{} {}", it.net, it.bounds.lo.packets))
        .collect()
}

#[test]
fn networks_are_in_the_order_of_a_tree() {
    let sources = [
        "10.1.2.3",
        "10.0.7.1",
        "10.1.2.9",
        "9.1.1.1",
        "2001:db8:1::1",
    ];
    let mut window = Window::merge(span(), vec![from(&sources)]);
    assert!(window.prefixes.is_empty());
    let hierarchy = Hierarchy::parse("8,24").expect("levels");
    window.add_hierarchy(&hierarchy, &By::default());
    let want = [
        "0.0.0.0/0 4",
        "9.0.0.0/8 1",
        "9.1.1.0/24 1",
        "10.0.0.0/8 3",
        "10.0.7.0/24 1",
        "10.1.2.0/24 2",
        "::/0 1",
        "2001:db8::/32 1",
        "2001:db8:1::/64 1",
    ];
    assert_eq!(printed(&window, Side::Src), want);
    let want = [
        "0.0.0.0/0 4",
        "192.0.0.0/8 4",
        "192.0.2.0/24 4",
        "::/0 1",
        "2001:db8::/32 1",
        "2001:db8::/64 1",
    ];
    assert_eq!(printed(&window, Side::Dst), want);
    assert_eq!(window.summaries(), 5 + 15);
    assert!(window.prefixes.iter().all(|it| it.bounds.is_exact()));
}

#[test]
fn of_the_side_that_was_not_folded_along_all_that_was_folded_may_be_any_networks() {
    let mut slice = from(&["10.1.2.3"]);
    slice.folded.push(Folded {
        side: Side::Dst,
        net: Net::of("192.0.2.1".parse().expect("an address"), Level::ALL[0]),
        count: Tally::new(7, 700),
    });
    slice.folded.push(Folded {
        side: Side::Dst,
        net: Net::all(Family::Ipv6),
        count: Tally::new(5, 500),
    });
    let mut window = Window::merge(span(), vec![slice]);
    let hierarchy = Hierarchy::parse("16").expect("levels");
    window.add_hierarchy(&hierarchy, &By::default());
    let bounds = |side, text: &str| {
        let mut found = window.prefixes.iter();
        let found = found.find(|it| it.side == side && it.net.to_string() == text);
        let bounds = found.map(|it| (it.bounds.lo.packets, it.bounds.hi.packets));
        bounds.unwrap_or_else(|| panic!("{text} is missing"))
    };
    assert_eq!(bounds(Side::Src, "10.1.0.0/16"), (1, 8));
    assert_eq!(bounds(Side::Src, "0.0.0.0/0"), (8, 8));
    assert_eq!(bounds(Side::Dst, "192.0.0.0/16"), (8, 8));
    assert_eq!(bounds(Side::Dst, "192.0.2.0/24"), (8, 8));
    // No flow of that family has a row.
    assert_eq!(bounds(Side::Src, "::/0"), (5, 5));
    assert_eq!(bounds(Side::Dst, "::/0"), (5, 5));
}
