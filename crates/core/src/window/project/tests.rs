use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use proptest::prelude::*;

use super::*;
use crate::bounds::Bounds;
use crate::reduction::Reduction;
use crate::slice::{MonoNanos, Row, Slice};
use crate::window::tests::span;

const PACKET_BYTES: u64 = 100;

fn networks(text: &str) -> Networks {
    Networks::parse(text.as_bytes()).expect(text)
}

fn by(text: &str) -> By {
    By::parse(text).expect(text)
}

fn key(src: &str, dst: &str, sport: u16) -> FlowKey {
    FlowKey {
        src: src.parse().expect("an address"),
        dst: dst.parse().expect("an address"),
        sport,
        ..FlowKey::NOTHING
    }
}

fn tally(packets: u64) -> Tally {
    Tally::new(packets, packets * PACKET_BYTES)
}

/// What a row is of: `at` is when its packets came.
fn row(key: FlowKey, packets: u64, at: u64) -> Row {
    Row {
        key,
        count: tally(packets),
        base: Tally::ZERO,
        hash: 0,
        first: MonoNanos(at),
        last: MonoNanos(at),
        tcp_flags: 1 << (at % 8),
    }
}

fn folded(side: Side, address: &str, level: usize, packets: u64) -> Folded {
    Folded {
        side,
        net: Net::of(address.parse().expect("an address"), Level::ALL[level]),
        count: tally(packets),
    }
}

fn window(rows: Vec<Row>, folded: Vec<Folded>) -> Window {
    let sum: Tally = rows.iter().map(|row| row.count).sum();
    let mut slice: Slice = Slice {
        rows,
        folded,
        ..Slice::default()
    };
    slice.seen = sum + slice.folded_sum();
    Window::merge(span(), vec![slice])
}

/// Packets from and to, by the names of both sides.
fn by_names(window: &Window, networks: &Networks) -> BTreeMap<(String, String), (u64, u64)> {
    let text = |name: Option<NetName>| {
        let text = name.and_then(|name| networks.text(name));
        text.as_deref().unwrap_or("-").to_owned()
    };
    let flow = |flow: &Flow| {
        let names = (text(flow.key.src_net), text(flow.key.dst_net));
        let Bounds { lo, hi } = flow.bounds;
        (names, (lo.packets, hi.packets))
    };
    let flows: BTreeMap<_, _> = window.flows.iter().map(flow).collect();
    assert_eq!(flows.len(), window.flows.len(), "one row for each key");
    flows
}

fn named(src: &str, dst: &str) -> (String, String) {
    (src.to_owned(), dst.to_owned())
}

#[test]
fn rows_of_one_name_are_one_row() {
    let file = networks("10.1.0.0/16 office\n2001:db8::/32 office\n10.2.0.0/16 lab\n");
    let rows = vec![
        row(key("10.1.0.1", "9.9.9.9", 0), 1, 1_500),
        row(key("10.1.0.2", "9.9.9.9", 0), 2, 1_400),
        row(key("2001:db8::1", "::9", 0), 4, 1_601),
        row(key("10.2.0.1", "10.1.0.1", 0), 8, 1_500),
        row(key("9.9.9.9", "10.1.0.1", 0), 16, 1_500),
        row(key("::9", "2001:db8::1", 0), 32, 1_500),
    ];
    let mut projected = window(rows.clone(), Vec::new());
    projected.project(&file, &by("src_net"));
    let want = [
        (named("-", "-"), (48, 48)),
        (named("lab", "-"), (8, 8)),
        (named("office", "-"), (7, 7)),
    ];
    assert_eq!(by_names(&projected, &file), BTreeMap::from(want));
    assert_eq!(projected.ledger.residue(), (0, 0));
    assert!(projected.absent_hi.is_zero());
    let office = projected.flows.iter().find(|it| it.bounds.lo == tally(7));
    let office = office.expect("a row");
    assert_eq!((office.first.0, office.last.0), (1_400, 1_601));
    assert_eq!(office.tcp_flags, 1 << 4 | 1 | 1 << 1);
    // Nothing of addresses is left.
    let rest = FlowKey {
        src_net: None,
        ..office.key
    };
    assert_eq!(rest, FlowKey::NOTHING);

    // With an address families stay apart, and of the prefix the name is that of each address.
    let mut projected = window(rows, Vec::new());
    projected.project(&networks("10.1.0.1 one\n"), &by("src/8/16,src_net,dst_net"));
    let mut keys: Vec<_> = projected.flows.iter().map(|it| it.key).collect();
    keys.sort();
    assert_eq!(keys.len(), 6);
    assert_eq!(keys[1].src, IpAddr::from([10, 0, 0, 0]));
    assert_eq!(
        keys.last().map(|key| key.dst),
        Some(Ipv6Addr::UNSPECIFIED.into())
    );
}

#[test]
fn what_is_certainly_of_another_name_is_in_no_bound() {
    let file = networks("10.1.0.0/16 office\n10.2.0.0/16 lab\n10.2.7.0/24 office\n");
    let rows = || {
        vec![
            row(key("10.1.0.1", "9.9.9.9", 0), 10, 1_500),
            row(key("10.2.0.1", "9.9.9.9", 0), 10, 1_500),
            row(key("8.8.8.8", "9.9.9.9", 0), 10, 1_500),
        ]
    };
    let was_folded = vec![
        folded(Side::Src, "10.1.5.0", 0, 1),
        folded(Side::Src, "10.2.5.0", 0, 2),
        folded(Side::Src, "10.2.7.0", 0, 4),
        // An office in a lab: it has several names.
        folded(Side::Src, "10.2.0.0", 1, 8),
        folded(Side::Src, "8.8.8.0", 0, 16),
        folded(Side::Src, "0.0.0.0", 3, 32),
        // Of sources it says nothing.
        folded(Side::Dst, "10.1.0.0", 0, 64),
        folded(Side::Src, "2001:db8::", 0, 128),
    ];
    let mut projected = window(rows(), was_folded.clone());
    projected.project(&file, &by("src_net"));
    let office = 10 + 1 + 4 + 8 + 32 + 64;
    let lab = 10 + 2 + 8 + 32 + 64;
    let unnamed = 10 + 8 + 16 + 32 + 64 + 128;
    let want = [
        (named("office", "-"), (10, office)),
        (named("lab", "-"), (10, lab)),
        (named("-", "-"), (10, unnamed)),
    ];
    assert_eq!(by_names(&projected, &file), BTreeMap::from(want));
    assert_eq!(projected.absent_hi, tally(255));
    assert_eq!(projected.absent_bounds(7).hi, tally(255));

    // An address that is kept lies in one network of each level.
    let mut projected = window(rows(), was_folded);
    projected.project(&file, &by("src/16,dst_net"));
    let hi = |src: [u8; 4]| {
        let flow = projected
            .flows
            .iter()
            .find(|it| it.key.src == IpAddr::from(src));
        flow.expect("a row").bounds.hi.packets
    };
    // No destination has the name of the office: neither 9.9.9.9, nor what was folded by sources.
    assert_eq!(hi([10, 1, 0, 0]), 10 + 1 + 32);
    assert_eq!(hi([10, 2, 0, 0]), 10 + 2 + 4 + 8 + 32);
    assert_eq!(hi([8, 8, 0, 0]), 10 + 16 + 32);
}

#[test]
fn names_beside_whole_addresses_change_no_bound() {
    let file = networks("10.1.0.0/16 office\n");
    let rows = vec![
        row(key("10.1.0.1", "9.9.9.9", 1), 1, 1_500),
        row(key("10.1.0.2", "10.1.0.1", 2), 2, 1_500),
    ];
    for keys in ["src,dst,sport", "src/16,dst,sport"] {
        let before = window(rows.clone(), vec![folded(Side::Dst, "10.1.0.0", 0, 5)]);
        let mut after = before.clone();
        after.project(&file, &by(keys).with_networks());
        let bounds = |window: &Window| window.flows.iter().map(|it| it.bounds).collect::<Vec<_>>();
        assert_eq!(bounds(&before), bounds(&after));
        assert_eq!(before.absent_hi, after.absent_hi);
        let names = |it: &Flow| (it.key.src_net.is_some(), it.key.dst_net.is_some());
        let names: Vec<_> = after.flows.iter().map(names).collect();
        assert_eq!(names, [(true, false), (true, true)]);
    }
    let before = window(rows, Vec::new());
    let mut after = before.clone();
    after.project(&file, &By::default());
    let keys = |window: &Window| window.flows.iter().map(|it| it.key).collect::<Vec<_>>();
    assert_eq!(keys(&before), keys(&after));
}

/// A table in which the first `room` keys get rows, packets of the others are folded, whatever level.
fn fill(packets: &[FlowKey], room: usize, side: Side, counted: &By) -> Slice {
    let mut slice: Slice = Slice::default();
    for key in packets {
        slice.seen += tally(1);
        if let Some(row) = slice.rows.iter_mut().find(|row| row.key == *key) {
            row.count += tally(1);
        } else if slice.rows.len() < room && key.sport % 3 != 0 {
            let base = slice.folded_sum();
            let new = row(*key, 1, 1_500);
            slice.rows.push(Row { base, ..new });
        } else {
            let address = side.of(key);
            let finest = counted.finest(side, Family::of(address));
            let level = Level::ALL[usize::from(key.sport) % 4].max(finest);
            let net = Net::of(address, level);
            let mut known = slice.folded.iter_mut();
            match known.find(|it| it.net == net) {
                Some(folded) => folded.count += tally(1),
                None => slice.folded.push(Folded {
                    side,
                    net,
                    count: tally(1),
                }),
            }
        }
    }
    slice.events = slice.seen.packets;
    slice
}

/// Few networks of each level.
fn any_address() -> impl Strategy<Value = [u8; 4]> {
    (1u8..3, 0u8..3, 0u8..3, 0u8..4).prop_map(|(a, b, c, d)| [a, b, c, d])
}

fn address(bytes: [u8; 4], is_ipv6: bool) -> IpAddr {
    let [a, b, c, d] = bytes.map(u16::from);
    match is_ipv6 {
        false => bytes.into(),
        true => Ipv6Addr::new(0x2001, a, b, c, 0, 0, 0, d).into(),
    }
}

fn any_key() -> impl Strategy<Value = FlowKey> {
    (any_address(), any_address(), 0u16..5, any::<bool>()).prop_map(|(src, dst, sport, is_ipv6)| {
        FlowKey {
            src: address(src, is_ipv6),
            dst: address(dst, is_ipv6),
            sport,
            ..FlowKey::NOTHING
        }
    })
}

/// A file in which several networks have one name.
fn any_networks() -> impl Strategy<Value = Networks> {
    let lengths = (0u8..=32, 0u8..=128);
    let network = (any_address(), lengths, any::<bool>(), 0u8..3);
    prop::collection::vec(network, 0..12).prop_map(|all| {
        let mut lines = BTreeMap::new();
        for (bytes, (ipv4, ipv6), is_ipv6, name) in all {
            let kept = crate::by::Prefix { ipv4, ipv6 };
            let bits = if is_ipv6 { ipv6 } else { ipv4 };
            let net = format!("{}/{bits}", kept.of(address(bytes, is_ipv6)));
            lines.insert(net, name);
        }
        let line = |(net, name)| format!("{net} net {name}\n");
        networks(&lines.into_iter().map(line).collect::<String>())
    })
}

/// What the data path leaves of a key.
fn counted_key(key: &FlowKey, counted: &By) -> FlowKey {
    let of = |side: Side| counted.kept(side).of(side.of(key));
    FlowKey {
        src: of(Side::Src),
        dst: of(Side::Dst),
        sport: if counted.has(Key::Sport) {
            key.sport
        } else {
            0
        },
        ..*key
    }
}

proptest! {
    /// Whatever was counted on whatever CPUs, whatever networks have names: nothing is missing, and every
    /// interval holds the truth, also of keys without a row.
    #[test]
    fn a_projected_window_holds_the_truth(
        cpus in prop::collection::vec(
            (prop::collection::vec(any_key(), 0..150), 0usize..60, any::<bool>()), 1..3),
        file in any_networks(),
        keys in prop::sample::select(vec![
            "src_net", "dst_net,sport", "src_net,dst_net", "src,dst_net", "src/16/32,src_net,dst_net",
            "src/20/50,dst/9/20,src_net,sport", "src,dst,src_net,dst_net,sport", "dst/0/0,src_net",
        ]),
        factor in prop::option::of(1.0f64..20.0),
    ) {
        let by = by(keys);
        let counted = by.counted(&file);
        let view = View { networks: &file, by: &by };
        let mut truth: BTreeMap<FlowKey, u64> = BTreeMap::new();
        let slices: Vec<Slice> = cpus.iter().map(|(keys, room, from_src)| {
            // Some flows come again and again.
            let again = keys.iter().enumerate()
                .flat_map(|(n, key)| vec![*key; if n % 7 == 0 { 20 } else { 1 }]);
            let packets: Vec<FlowKey> = again.map(|key| {
                let counted = counted_key(&key, &counted);
                let whole = view.key(&FlowKey { sport: counted.sport, ..key });
                // As much is counted by as the name depends on.
                assert_eq!(view.key(&counted), whole);
                *truth.entry(whole).or_default() += 1;
                counted
            }).collect();
            let side = if *from_src { Side::Src } else { Side::Dst };
            fill(&packets, *room, side, &counted)
        }).collect();
        let mut window = Window::merge(span(), slices);
        if let Some(factor) = factor {
            let reduction = Reduction::parse(&factor.to_string()).expect("a factor");
            window.reduce(reduction, &counted);
        }
        let rows_before: u64 = window.flows.iter().map(|flow| flow.bounds.lo.packets).sum();
        window.project(&file, &by);

        prop_assert_eq!(window.ledger.residue(), (0, 0));
        let rows: u64 = window.flows.iter().map(|flow| flow.bounds.lo.packets).sum();
        prop_assert_eq!(rows, rows_before);
        prop_assert_eq!(rows, window.ledger.rows.packets);
        let folded = window.ledger.folded_sum();
        let total = window.ledger.seen;
        let mut seen = std::collections::HashSet::new();
        for flow in &window.flows {
            prop_assert!(seen.insert(flow.key), "twice: {:?}", flow.key);
            let Bounds { lo, hi } = flow.bounds;
            let count = truth.get(&flow.key).copied().unwrap_or_default();
            prop_assert!(lo.packets <= count && count <= hi.packets, "{} {:?}", count, flow);
            prop_assert!(lo.bytes <= count * PACKET_BYTES && count * PACKET_BYTES <= hi.bytes);
            // Nobody has more than all.
            prop_assert!(hi.packets <= total.packets);
            prop_assert!(!folded.is_zero() || flow.bounds.is_exact());
        }
        for (key, count) in truth.iter().filter(|(key, _)| !seen.contains(*key)) {
            prop_assert!(*count <= window.absent_hi.packets, "{:?}", key);
        }
    }
}
