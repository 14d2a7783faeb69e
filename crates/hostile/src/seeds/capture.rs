//! Captures of every format and link type that is read, of a few packets each.

use super::frame::{Payload, ethernet, ipv4, ipv6, mpls, tagged};
use super::{IPV4, IPV6};

const ETHERNET: u16 = 1;
const SECOND: u32 = 1_700_000_000;
/// Microseconds since 1970, as pcapng has them unless told otherwise.
const MICROS: u64 = 1_700_000_000_000_000;

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, value: u16) -> [u8; 2] {
        match self {
            Order::Little => value.to_le_bytes(),
            Order::Big => value.to_be_bytes(),
        }
    }

    fn u32(self, value: u32) -> [u8; 4] {
        match self {
            Order::Little => value.to_le_bytes(),
            Order::Big => value.to_be_bytes(),
        }
    }
}

/// Captures, whole and damaged, compressed and not.
pub fn captures() -> Vec<Vec<u8>> {
    let frames = [
        ethernet(IPV4, &ipv4(&Payload::tcp(2), &[], 0)),
        ethernet(0x8100, &tagged(&[], IPV6, &ipv6(17, &Payload::udp().bytes))),
    ];
    let mut captures = Vec::new();
    for order in [Order::Little, Order::Big] {
        for magic in [0xa1b2_c3d4, 0xa1b2_3c4d, 0xa1b2_cd34] {
            captures.push(pcap(order, magic, ETHERNET, &frames));
        }
        captures.push(pcapng(order, &frames));
    }
    for (link, packets) in other_links() {
        captures.push(pcap(Order::Little, 0xa1b2_c3d4, link, &packets));
        captures.push(pcapng_of(Order::Little, &[(link, &[])], &packets));
    }
    // One section behind another, in the other order.
    let sections = [pcapng(Order::Little, &frames), pcapng(Order::Big, &frames)];
    captures.push(sections.concat());

    let [plain, next] = [&captures[0], &captures[3]].map(Clone::clone);
    for capture in [&plain, &next] {
        captures.push(gzip(capture));
        captures.push(zstd(capture));
        captures.push([gzip(capture), gzip(&capture[..9])].concat());
        captures.push(zstd(capture)[..60].to_vec());
        captures.push(capture[..capture.len() - 3].to_vec());
    }
    // Lengths that no capture has.
    for (capture, at) in [(&plain, 32), (&next, 4), (&next, 32)] {
        let mut absurd = capture.clone();
        absurd[at..at + 4].copy_from_slice(&[0xfc, 0xff, 0xff, 0x7f]);
        captures.push(absurd);
    }
    captures.push(pcap(Order::Little, 0xa1b2_c3d4, 127, &frames)); // a link type not read
    for start in [
        &b"\xfd7zXZ\0"[..],
        b"BZh9",
        b"\x04\x22\x4d\x18",
        b"LZIP",
        b"GET / HTTP",
    ] {
        captures.push(start.to_vec());
    }
    captures
}

/// Link types besides Ethernet, each with packets as they lie there.
fn other_links() -> Vec<(u16, Vec<Vec<u8>>)> {
    let ip4 = ipv4(&Payload::udp(), &[], 0);
    let ip6 = ipv6(6, &Payload::tcp(0x10).bytes);
    let behind = |header: &[u8], packet: &[u8]| [header, packet].concat();
    let cooked = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
    let cooked2 = [0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
    vec![
        (
            0,
            vec![behind(&[2, 0, 0, 0], &ip4), behind(&[0, 0, 0, 24], &ip6)],
        ),
        (
            9,
            vec![
                behind(&[0xff, 3, 0, 0x21], &ip4),
                behind(&[0x57], &ip6),
                behind(&[0x02, 0x81], &mpls(1, &ip4)),
            ],
        ),
        (101, vec![ip4.clone(), ip6.clone()]),
        (108, vec![behind(&[0, 0, 0, 2], &ip4)]),
        (113, vec![behind(&cooked, &[&[8, 0], &ip4[..]].concat())]),
        (228, vec![ip4]),
        (229, vec![ip6.clone()]),
        (276, vec![behind(&[0x86, 0xdd], &behind(&cooked2, &ip6))]),
    ]
}

fn pcap(order: Order, magic: u32, link: u16, packets: &[Vec<u8>]) -> Vec<u8> {
    let mut file = order.u32(magic).to_vec();
    file.extend(order.u16(2));
    file.extend(order.u16(4));
    for word in [0, 0, 65_535, u32::from(link)] {
        file.extend(order.u32(word));
    }
    for (packet, number) in packets.iter().zip(0..) {
        let length = packet.len() as u32;
        for word in [
            SECOND + number,
            999_999 * number,
            length,
            length + 4 * number,
        ] {
            file.extend(order.u32(word));
        }
        if magic == 0xa1b2_cd34 {
            file.extend([0; 8]);
        }
        file.extend(packet);
    }
    file
}

/// Two Ethernet interfaces, of which the second has a clock and a name of its own.
fn pcapng(order: Order, packets: &[Vec<u8>]) -> Vec<u8> {
    let mut clock = Vec::new();
    option(&mut clock, order, 9, &[0x80 | 20]); // 2^-20 s
    option(&mut clock, order, 14, &[0, 0, 0, 1, 0, 0, 0, 0]);
    option(&mut clock, order, 2, b"eth0");
    option(&mut clock, order, 0, &[]);
    pcapng_of(order, &[(ETHERNET, &[]), (ETHERNET, &clock)], packets)
}

/// Interfaces by link type and options, and the packets in blocks of each kind.
fn pcapng_of(order: Order, interfaces: &[(u16, &[u8])], packets: &[Vec<u8>]) -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|word| order.u32(*word)).collect();
    let mut file = Vec::new();
    let start: Vec<u8> = words(&[0x1a2b_3c4d]);
    let version = [order.u16(1), order.u16(0)].concat();
    block(
        &mut file,
        order,
        0x0a0d_0d0a,
        &[&start, &version, &[0xff; 8]],
    );
    for (link, options) in interfaces {
        let head = [order.u16(*link), order.u16(0)].concat();
        let limit: Vec<u8> = words(&[0]);
        block(&mut file, order, 1, &[&head, &limit, options]);
    }
    for (packet, number) in packets.iter().zip(0..) {
        let interface = number % interfaces.len() as u32;
        let time = MICROS + u64::from(number);
        let (length, high) = (packet.len() as u32, (time >> 32) as u32);
        let head: Vec<u8> = words(&[interface, high, time as u32, length, length]);
        // Which way it went.
        let mut flags = vec![0; packet.len().next_multiple_of(4) - packet.len()];
        option(&mut flags, order, 2, &order.u32(1 + number % 2));
        block(&mut file, order, 6, &[&head, packet, &flags]);
    }
    block(&mut file, order, 5, &[&[0; 12]]); // statistics
    if let Some(packet) = packets.first() {
        let length = packet.len() as u32;
        let head: Vec<u8> = words(&[length]);
        block(&mut file, order, 3, &[&head, packet]);
        let interface = [order.u16(0), order.u16(0xffff)].concat();
        let head: Vec<u8> = words(&[(MICROS >> 32) as u32, MICROS as u32, length, length]);
        block(&mut file, order, 2, &[&interface, &head, packet]);
    }
    file
}

fn block(file: &mut Vec<u8>, order: Order, kind: u32, parts: &[&[u8]]) {
    let body = parts.concat();
    let padded = body.len().next_multiple_of(4);
    let length = order.u32(padded as u32 + 12);
    file.extend(order.u32(kind));
    file.extend(length);
    file.extend(&body);
    file.resize(file.len() + padded - body.len(), 0);
    file.extend(length);
}

fn option(options: &mut Vec<u8>, order: Order, code: u16, value: &[u8]) {
    options.extend(order.u16(code));
    options.extend(order.u16(value.len() as u16));
    options.extend(value);
    options.resize(options.len().next_multiple_of(4), 0);
}

/// RFC 1952, with one stored block (RFC 1951).
fn gzip(data: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    let length = data.len() as u16;
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(data);
    file.extend(crc32(data).to_le_bytes());
    file.extend(u32::from(length).to_le_bytes());
    file
}

fn crc32(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// RFC 8878, with one raw block in a window of 256 KiB.
fn zstd(data: &[u8]) -> Vec<u8> {
    let mut file = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x40];
    let header = (data.len() as u32) << 3 | 1;
    file.extend(&header.to_le_bytes()[..3]);
    file.extend(data);
    file
}
