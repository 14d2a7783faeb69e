//! What filters let pass, by the reference.

use std::net::IpAddr;

use super::filter;
use crate::filter::reference::{Packet, matches};
use crate::flow::FlowKey;

fn packet(src: &str, dst: &str, sport: u16, dport: u16, proto: u8) -> Packet {
    let address = |text: &str| {
        text.parse::<IpAddr>()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    };
    Packet {
        key: Some(FlowKey {
            src: address(src),
            dst: address(dst),
            sport,
            dport,
            proto,
            ..FlowKey::NOTHING
        }),
        vlan: None,
    }
}

/// Asserts that the packet passes the first filters and none of the others.
#[track_caller]
fn check(packet: &Packet, passes: &[&str], stays: &[&str]) {
    for text in passes {
        assert!(matches(&filter(text), packet), "{text}: {packet:?}");
    }
    for text in stays {
        assert!(!matches(&filter(text), packet), "{text}: {packet:?}");
    }
}

#[test]
fn tcp_over_ipv4() {
    check(
        &packet("10.1.2.3", "192.0.2.9", 50000, 443, 6),
        &[
            "tcp",
            "ip",
            "proto 6",
            "ip proto 6",
            "port 443",
            "tcp port 50000",
            "dst port 443",
            "tcp dst port 443 and src net 10",
            "host 10.1.2.3",
            "dst host 192.0.2.9",
            "ip src 10.1",
            "net 192.0.2.0/24",
            "net 10.0.2.0 mask 255.0.255.0",
            "net 0.0.0.0/0",
            "src portrange 1024-65535",
            "port 80 or 443",
            "not port 80 and 443",
            "not vlan",
        ],
        &[
            "udp",
            "ip6",
            "icmp",
            "ip6 proto 6",
            "udp port 443",
            "src port 443",
            "port 80",
            "src and dst portrange 443-444",
            "src host 192.0.2.9",
            "src and dst net 10",
            "net 10.0.3.0 mask 255.0.255.0",
            "net ::/0",
            "host ::a01:203",
            "not port 80 or 443 and udp",
            "vlan",
        ],
    );
}

#[test]
fn udp_over_ipv6() {
    check(
        &packet("2001:db8::1", "2001:db8::2", 53, 53, 17),
        &[
            "udp",
            "ip6",
            "ip6 proto 17",
            "src and dst port 53",
            "src and dst net 2001:db8::/32",
            "2001:db8::2",
            "net ::/0",
            "udp src port 53 and dst port 53",
        ],
        &[
            "ip",
            "tcp",
            "net 0.0.0.0/0",
            "net 2001:db9::/32",
            "not ip6",
            "src 2001:db8::2",
        ],
    );
}

#[test]
fn protocols_without_ports_have_none() {
    check(
        &packet("10.0.0.1", "10.0.0.2", 0, 0, 1),
        &["icmp", "proto 1", "not port 0"],
        &["icmp6", "port 0", "portrange 0-65535", "tcp"],
    );
    check(
        &packet("::1", "::1", 0, 0, 58),
        &["icmp6", "ip6"],
        &["icmp"],
    );
    check(&packet("::1", "::1", 0, 0, 1), &["proto 1"], &["icmp"]);
    for proto in [6, 17, 33, 132, 136] {
        let passes = &["port 0", "portrange 0-1"];
        check(&packet("::1", "::1", 0, 0, proto), passes, &["port 1"]);
    }
}

#[test]
fn a_frame_without_a_key_has_nothing_but_its_tag() {
    let mut frame = Packet::default();
    let nothing = [
        "ip",
        "ip6",
        "proto 0",
        "port 0",
        "net 0.0.0.0/0",
        "net ::/0",
    ];
    check(&frame, &["not ip", "not proto 0", "not vlan"], &nothing);
    check(&frame, &[], &["vlan", "vlan 0"]);
    frame.vlan = Some(0);
    check(&frame, &["vlan", "vlan 0", "not vlan 1"], &nothing);
    frame.vlan = Some(4095);
    check(&frame, &["vlan", "vlan 4095"], &["vlan 0", "vlan 5"]);
}
