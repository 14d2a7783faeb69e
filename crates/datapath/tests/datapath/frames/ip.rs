//! IP headers: options, fragments, extensions, and lengths that lie.

use std::net::Ipv6Addr;

use windrow_core::reason::Reason;

use super::Expect::{Flow, Other};
use super::frame::{
    DST6, SRC6, TCP, UDP, ethernet, ipv4, ipv6, ipv6_between, key, packet6, ports, tcp, udp,
};
use super::{Expect, case, check, flow4, flow6};

const HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTH: u8 = 51;
const OPTIONS: u8 = 60;

#[test]
fn ipv4_headers() {
    let ethernet = &ethernet(0x0800)[..];
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut header = ipv4(UDP, 8);
        change(&mut header);
        header
    };
    let changed = |name: &str, offset: usize, value: u8, expect: Expect| {
        let header = with(&|header| header[offset] = value);
        case(name, &[ethernet, &header, &udp(7, 9)], expect)
    };
    let options = [ipv4(UDP, 12), ports(666, 667).to_vec(), udp(7, 9)].concat();
    let with_options = |ihl: u8| {
        let mut packet = options.clone();
        packet[0] = 0x40 | ihl;
        packet
    };
    let cut_options = [ethernet, &with_options(15)[..]].concat();
    check(
        "ipv4_headers",
        &[
            case(
                "options that look like ports",
                &[ethernet, &with_options(6)],
                flow4(7, 9, UDP),
            ),
            changed("first fragment", 6, 0x20, flow4(7, 9, UDP)),
            changed("later fragment", 7, 1, flow4(0, 0, UDP)),
            changed("last fragment, far in", 6, 0x1f, flow4(0, 0, UDP)),
            changed("do not fragment", 6, 0x40, flow4(7, 9, UDP)),
            changed("version 5", 0, 0x55, Other(Reason::BadIp)),
            changed("version 6", 0, 0x65, Other(Reason::BadIp)),
            changed("IHL 4", 0, 0x44, Other(Reason::BadIp)),
            changed("total length 19", 3, 19, Other(Reason::BadIp)),
            changed("total length 20", 3, 20, flow4(0, 0, UDP)),
            changed("total length 23: half the ports", 3, 23, flow4(0, 0, UDP)),
            changed("total length 24: the ports", 3, 24, flow4(7, 9, UDP)),
            changed("total length 0: to the frame's end", 3, 0, flow4(7, 9, UDP)),
            changed("IHL beyond the total length", 0, 0x48, Other(Reason::BadIp)),
            (
                "options cut by the capture".to_owned(),
                // The length of the packet says that the options were sent.
                [&cut_options[..17], &[200], &cut_options[18..]].concat(),
                flow4(0, 0, UDP),
            ),
        ],
    );
}

/// A chain of extension headers of 8 bytes, `UDP` 7 to 9 behind it.
fn chain(headers: &[u8]) -> Vec<u8> {
    let mut packet = ipv6(headers[0], headers.len() * 8 + 8);
    for place in 0..headers.len() {
        let next = headers.get(place + 1).copied().unwrap_or(UDP);
        packet.extend([next, 0, 0, 0, 0, 0, 0, 0]);
    }
    packet.extend(udp(7, 9));
    packet
}

#[test]
fn ipv6_headers() {
    let ethernet = &ethernet(0x86dd)[..];
    let fragment = |offset: u16, next: u8| {
        let [high, low] = offset.to_be_bytes();
        [
            ipv6(FRAGMENT, 16),
            vec![next, 0, high, low, 0, 0, 0, 1],
            udp(7, 9),
        ]
        .concat()
    };
    let auth = [
        ipv6(AUTH, 24 + 20),
        vec![TCP, 4],
        vec![0; 22],
        tcp(1, 2, 0x10),
    ]
    .concat();
    let longest = [
        ipv6(HOP, 2048 + 8),
        vec![UDP, 255],
        vec![0; 2046],
        udp(7, 9),
    ]
    .concat();
    let mut no_length = packet6();
    no_length[4..6].copy_from_slice(&[0, 0]);
    let mut version = packet6();
    version[0] = 0x50;
    let mut lying = chain(&[OPTIONS]);
    lying[41] = 4;
    let mapped = |n: u8| Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0x0a01, u16::from(n));
    let from_mapped = [ipv6_between(mapped(1), mapped(2), UDP, 8), udp(7, 9)].concat();
    check(
        "ipv6_headers",
        &[
            case(
                "first fragment",
                &[ethernet, &fragment(1, UDP)],
                flow6(7, 9, UDP),
            ),
            case(
                "atomic fragment",
                &[ethernet, &fragment(0, UDP)],
                flow6(7, 9, UDP),
            ),
            case(
                "later fragment",
                &[ethernet, &fragment(8, UDP)],
                flow6(0, 0, UDP),
            ),
            case(
                "later fragment of options: payload, whatever it looks like",
                &[ethernet, &fragment(9, OPTIONS)],
                flow6(0, 0, OPTIONS),
            ),
            case(
                "authentication in a chain",
                &[ethernet, &auth],
                Flow(key(SRC6, DST6, 1, 2, TCP), 0x10),
            ),
            case(
                "the longest header",
                &[ethernet, &longest],
                flow6(7, 9, UDP),
            ),
            case(
                "routing between options",
                &[ethernet, &chain(&[HOP, OPTIONS, ROUTING, OPTIONS])],
                flow6(7, 9, UDP),
            ),
            case(
                "8 headers",
                &[ethernet, &chain(&[OPTIONS; 8])],
                flow6(7, 9, UDP),
            ),
            case(
                "9 headers",
                &[ethernet, &chain(&[OPTIONS; 9])],
                flow6(0, 0, OPTIONS),
            ),
            case(
                "a header that ends behind the packet",
                &[ethernet, &lying],
                flow6(0, 0, UDP),
            ),
            case(
                "payload length 0",
                &[ethernet, &no_length],
                flow6(7, 9, UDP),
            ),
            case("version 5", &[ethernet, &version], Other(Reason::BadIp)),
            case(
                "IPv4-mapped addresses stay IPv6",
                &[ethernet, &from_mapped],
                Flow(key(mapped(1), mapped(2), 7, 9, UDP), 0),
            ),
        ],
    );
}
