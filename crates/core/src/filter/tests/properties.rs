//! What holds for any filter and any text whatever.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use crate::filter::reference::{Packet, answer, matches};
use crate::filter::{Family, Filter, MOST_TERMS, Side, Term, Transport};
use crate::flow::FlowKey;

/// A filter as a tree, which needs neither a stack nor precedence.
#[derive(Clone, Debug)]
enum Tree {
    Question(Term),
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
}

impl Tree {
    fn text(&self) -> String {
        match self {
            Tree::Question(term) => Filter { terms: vec![*term] }.to_string(),
            Tree::Not(tree) => format!("! ({})", tree.text()),
            Tree::And(left, right) => format!("({}) && ({})", left.text(), right.text()),
            Tree::Or(left, right) => format!("({}) or ({})", left.text(), right.text()),
        }
    }

    fn matches(&self, packet: &Packet) -> bool {
        match self {
            Tree::Question(term) => answer(term, packet),
            Tree::Not(tree) => !tree.matches(packet),
            Tree::And(left, right) => left.matches(packet) && right.matches(packet),
            Tree::Or(left, right) => left.matches(packet) || right.matches(packet),
        }
    }

    fn size(&self) -> usize {
        match self {
            Tree::Question(_) => 1,
            Tree::Not(tree) => 1 + tree.size(),
            Tree::And(left, right) | Tree::Or(left, right) => 1 + left.size() + right.size(),
        }
    }
}

/// Few values, so that questions and packets meet.
fn octet() -> impl Strategy<Value = u8> {
    prop::sample::select(vec![0, 1, 10, 0x20, 128, 255])
}

fn port() -> impl Strategy<Value = u16> {
    prop_oneof![
        prop::sample::select(vec![0, 1, 53, 80, 443, 65535]),
        any::<u16>()
    ]
}

fn proto() -> impl Strategy<Value = u8> {
    prop_oneof![
        prop::sample::select(vec![0, 1, 6, 17, 33, 58, 132, 136]),
        any::<u8>()
    ]
}

fn address(family: Family) -> impl Strategy<Value = [u8; 16]> {
    prop::array::uniform16(octet()).prop_map(move |mut bytes| {
        if family == Family::V4 {
            bytes[4..].fill(0);
        } else {
            // Most differ somewhere in the last byte only.
            bytes[1..14].fill(0);
        }
        bytes
    })
}

fn family() -> impl Strategy<Value = Family> {
    prop::sample::select(vec![Family::V4, Family::V6])
}

fn side() -> impl Strategy<Value = Side> {
    let sides = [Side::Source, Side::Destination, Side::Either, Side::Both];
    prop::sample::select(sides.to_vec())
}

fn network() -> impl Strategy<Value = Term> {
    let mask = (family(), 0u32..=128, any::<u32>(), any::<bool>());
    (mask, side()).prop_flat_map(|((family, bits, any, odd), side)| {
        let mask = match family {
            Family::V4 if odd => u128::from(any) << 96,
            Family::V4 => u128::MAX.checked_shl(128 - bits / 4).unwrap_or(0),
            Family::V6 => u128::MAX.checked_shl(128 - bits).unwrap_or(0),
        };
        address(family).prop_map(move |bytes| Term::Address {
            side,
            family,
            value: (u128::from_be_bytes(bytes) & mask).to_be_bytes(),
            mask: mask.to_be_bytes(),
        })
    })
}

fn question() -> impl Strategy<Value = Term> {
    let transports = [Transport::Tcp, Transport::Udp, Transport::Sctp];
    let transport = prop::option::of(prop::sample::select(transports.to_vec()));
    prop_oneof![
        family().prop_map(Term::Family),
        (prop::option::of(family()), proto())
            .prop_map(|(family, number)| Term::Proto { family, number }),
        network(),
        (transport, side(), port(), port(), any::<bool>()).prop_map(
            |(transport, side, one, other, single)| Term::Port {
                transport,
                side,
                first: if single { one } else { one.min(other) },
                last: if single { one } else { one.max(other) },
            }
        ),
        prop::option::of(0u16..4096).prop_map(Term::Vlan),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    question()
        .prop_map(Tree::Question)
        .prop_recursive(5, MOST_TERMS as u32, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|tree| Tree::Not(Box::new(tree))),
                (inner.clone(), inner.clone())
                    .prop_map(|(left, right)| Tree::And(Box::new(left), Box::new(right))),
                (inner.clone(), inner)
                    .prop_map(|(left, right)| Tree::Or(Box::new(left), Box::new(right))),
            ]
        })
        .prop_filter("too large", |tree| tree.size() <= MOST_TERMS)
}

fn packet() -> impl Strategy<Value = Packet> {
    let key = family()
        .prop_flat_map(|family| {
            let ends = (address(family), address(family), port(), port());
            (Just(family), ends, proto())
        })
        .prop_map(|(family, (src, dst, sport, dport), proto)| {
            let address = |bytes: [u8; 16]| match family {
                Family::V4 => IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])),
                Family::V6 => IpAddr::V6(Ipv6Addr::from(bytes)),
            };
            FlowKey {
                src: address(src),
                dst: address(dst),
                sport,
                dport,
                proto,
                ..FlowKey::NOTHING
            }
        });
    (
        prop::option::weighted(0.9, key),
        prop::option::of(0u16..4096),
    )
        .prop_map(|(key, vlan)| Packet { key, vlan })
}

/// Anything that is made of the language's own words, mostly in no order.
fn babble() -> impl Strategy<Value = String> {
    let words = [
        "tcp",
        "ip6",
        "src",
        "dst",
        "host",
        "net",
        "port",
        "portrange",
        "proto",
        "vlan",
        "and",
        "or",
        "not",
        "(",
        ")",
        "!",
        "&&",
        "||",
        "mask",
        "80",
        "1-5",
        "10.0.0.1",
        "10/8",
        "::1",
        "::/0",
        "x",
        "255.0.0.0",
        "/",
        "\u{e9}",
        "\t",
        "tcp[0]",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..12)
        .prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn terms_mean_what_the_tree_means(tree in tree(), packets in prop::collection::vec(packet(), 20)) {
        let filter = Filter::parse(&tree.text()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        for packet in &packets {
            prop_assert_eq!(matches(&filter, packet), tree.matches(packet), "{}: {:?}", filter, packet);
        }
    }

    #[test]
    fn what_is_printed_is_read_again(tree in tree()) {
        let read = |text: &str| {
            Filter::parse(text).map_err(|error| TestCaseError::fail(error.to_string()))
        };
        let filter = read(&tree.text())?;
        prop_assert_eq!(read(&filter.to_string())?, filter);
    }

    #[test]
    fn no_text_is_too_much(text in prop_oneof![babble(), any::<String>(), "[ -~]{0,40}"]) {
        match Filter::parse(&text) {
            Ok(filter) => prop_assert!((1..=MOST_TERMS).contains(&filter.terms().len())),
            Err(error) => {
                prop_assert!(text.get(error.span()).is_some());
                let shown = error.to_string();
                let lines: Vec<&str> = shown.lines().collect();
                prop_assert!(lines.len() == 3 + usize::from(error.nearest().is_some()), "{}", shown);
                prop_assert!(shown.chars().all(|letter| letter == '\n' || letter == ' ' || letter.is_ascii_graphic()));
                prop_assert!(lines[2].len() <= lines[1].len() + 1, "{}", shown);
            }
        }
    }
}
