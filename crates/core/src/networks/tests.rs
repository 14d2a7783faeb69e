use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::net::Level;

fn networks(text: &str) -> Networks {
    Networks::parse(text.as_bytes()).expect(text)
}

fn name(networks: &Networks, address: &str) -> Option<Arc<str>> {
    let address = address.parse().expect("an address");
    networks
        .name_of(address)
        .and_then(|name| networks.text(name))
}

#[test]
fn the_smallest_network_names_an_address() {
    let file = networks(
        "# Name   of what\n\
         10.0.0.0/8 all of ten\n\
         \n\
         10.1.0.0/16\t office \r\n\
         \x20 10.1.2.0/24 lab # 2\n\
         10.1.2.3 printer\n\
         2001:db8::/32 office\n\
         2001:db8::7 printer\n\
         ::ffff:0:0/96 mapped\n",
    );
    for (address, want) in [
        ("9.255.255.255", None),
        ("10.0.0.0", Some("all of ten")),
        ("10.1.0.0", Some("office")),
        ("10.1.2.0", Some("lab # 2")),
        ("10.1.2.2", Some("lab # 2")),
        ("10.1.2.3", Some("printer")),
        ("10.1.2.4", Some("lab # 2")),
        ("10.1.3.0", Some("office")),
        ("10.255.255.255", Some("all of ten")),
        ("11.0.0.0", None),
        ("2001:db8::6", Some("office")),
        ("2001:db8::7", Some("printer")),
        ("2001:db9::", None),
        ("::ffff:10.1.2.3", Some("mapped")),
    ] {
        assert_eq!(name(&file, address).as_deref(), want, "{address}");
    }
    let longest = Prefix::WHOLE;
    assert_eq!(file.longest(), longest);
    assert_eq!(file.names.len(), 5);
}

#[test]
fn everything_may_be_a_network() {
    let file = networks("0.0.0.0/0 four\n::/0 six\n255.255.255.255 last\n");
    assert_eq!(name(&file, "0.0.0.0").as_deref(), Some("four"));
    assert_eq!(name(&file, "255.255.255.254").as_deref(), Some("four"));
    assert_eq!(name(&file, "255.255.255.255").as_deref(), Some("last"));
    assert_eq!(name(&file, "::").as_deref(), Some("six"));
    let last = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    assert_eq!(name(&file, last).as_deref(), Some("six"));
    let nothing = networks("# nothing\n");
    assert_eq!(name(&nothing, "10.1.2.3").as_deref(), None);
    assert_eq!(nothing.longest(), Prefix::default());
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let long = format!("10.0.0.0/8 {}", "x".repeat(65));
    for (text, want) in [
        ("10.0.0.0/8", "line 1: there is no name"),
        ("10.0.0.0/8   ", "line 1: there is no name"),
        (
            "\n# x\noffice 10.0.0.0/8",
            "line 3: \"office\" is no network",
        ),
        ("10.0.0.0/33 x", "line 1: \"10.0.0.0/33\" is no network"),
        ("::/129 x", "line 1: \"::/129\" is no network"),
        ("10.0.0.0/ x", "is no network"),
        ("10.0.0.0/+8 x", "is no network"),
        ("10.0.0.0/08 x", "is no network"),
        ("10.0.0/8 x", "is no network"),
        ("/8 x", "is no network"),
        (
            "10.1.2.3/16 x",
            "10.1.2.3/16 has bits behind its prefix: did you mean 10.1.0.0/16?",
        ),
        ("2001:db8::1/64 x", "did you mean 2001:db8::/64?"),
        (
            "10.0.0.0/8 a\n# x\n10.0.0.0/8 b",
            "line 3: 10.0.0.0/8 has another name on line 1",
        ),
        ("10.0.0.1 a\n10.0.0.1/32 b", "another name on line 1"),
        (
            "10.0.0.0/8 a\tb",
            "control characters in the name \"a\\tb\"",
        ),
        ("10.0.0.0/8 a\u{9b}2J", "control characters"),
        (&long, "64 bytes at most, this one has 65"),
    ] {
        let error = Networks::parse(text.as_bytes()).expect_err(text);
        assert!(error.contains(want), "{text}: {error}");
    }
    let error = Networks::parse(b"10.0.0.0/8 a\n10.0.0.0/9 \xff\n").expect_err("no text");
    assert_eq!(error, "line 2: it is not UTF-8");
    // The same once more is no contradiction.
    networks("10.0.0.0/8 a\n10.0.0.0/8  a\n");
}

#[test]
fn there_are_as_many_names_as_numbers() {
    let lines = |count: u32| -> String {
        let line = |n: u32| format!("{} name {n}\n", std::net::Ipv4Addr::from(n));
        (0..count).map(line).collect()
    };
    let file = networks(&lines(65_535));
    assert_eq!(name(&file, "0.0.255.254").as_deref(), Some("name 65534"));
    let error = Networks::parse(lines(65_536).as_bytes()).expect_err("too many");
    assert_eq!(error, "line 65536: there are more than 65535 names");
}

/// An address of few: the last byte says which.
fn address(is_ipv6: bool, host: u8) -> IpAddr {
    match is_ipv6 {
        false => [0, 0, 0, host].into(),
        true => std::net::Ipv6Addr::from_bits(host.into()).into(),
    }
}

/// Networks that lie within each other and side by side.
fn any_network() -> impl Strategy<Value = (IpAddr, u8, u8)> {
    (any::<bool>(), 0u8..=8, any::<u8>(), 0u8..4).prop_map(|(is_ipv6, short, host, name)| {
        let address = address(is_ipv6, host);
        let whole = Prefix::WHOLE.bits(Family::of(address));
        (address, whole - short, name)
    })
}

proptest! {
    /// The definition itself: of all networks that hold an address, the longest.
    #[test]
    fn the_longest_prefix_matches(all in prop::collection::vec(any_network(), 0..40)) {
        let kept = |bits| Prefix { ipv4: bits, ipv6: bits };
        let mut text = String::new();
        let mut known = HashMap::new();
        for (address, bits, name) in all {
            let net = (kept(bits).of(address), bits);
            if *known.entry(net).or_insert(name) == name {
                text += &format!("{}/{bits} {name}\n", net.0);
            }
        }
        let file = networks(&text);
        for is_ipv6 in [false, true] {
            let mut names = BTreeSet::new();
            for host in 0..=255 {
                let address = address(is_ipv6, host);
                let around = known.iter().filter(|((net, bits), _)| {
                    net.is_ipv6() == is_ipv6 && kept(*bits).of(address) == *net
                });
                let longest = around.max_by_key(|((_, bits), _)| *bits);
                let found = file.name_of(address);
                prop_assert_eq!(
                    found.and_then(|name| file.text(name)).map(|name| name.to_string()),
                    longest.map(|(_, name)| name.to_string()),
                    "{}", address
                );
                names.insert(found);
            }
            // A /24 has no other addresses; a /64 has, without a name.
            names.extend(is_ipv6.then_some(None));
            let all = file.name_of_all(Net::of(address(is_ipv6, 0), Level::ALL[0]));
            prop_assert_eq!(all, names.pop_first().filter(|_| names.is_empty()));
        }
    }
}
