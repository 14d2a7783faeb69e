//! Frames, put together header by header: `[ethernet(0x0800), ipv4(UDP, 8), udp(53, 9)].concat()`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use windrow_core::flow::FlowKey;

pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
pub const SCTP: u8 = 132;
pub const ICMP: u8 = 1;

pub const SRC4: Ipv4Addr = Ipv4Addr::new(10, 1, 2, 3);
pub const DST4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 77);

pub const SRC6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, 0x11);
pub const DST6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 0x22);

/// A MAC header.
pub fn ethernet(ethertype: u16) -> Vec<u8> {
    [&[2u8; 12][..], &ethertype.to_be_bytes()].concat()
}

/// A header without options, for `payload` bytes, from `SRC4` to `DST4`.
pub fn ipv4(proto: u8, payload: usize) -> Vec<u8> {
    let total = (20 + payload as u16).to_be_bytes();
    let start = [0x45, 0, total[0], total[1], 0, 1, 0, 0, 64, proto, 0, 0];
    [&start[..], &SRC4.octets(), &DST4.octets()].concat()
}

/// A header, for `payload` bytes.
pub fn ipv6_between(src: Ipv6Addr, dst: Ipv6Addr, next: u8, payload: usize) -> Vec<u8> {
    let payload = (payload as u16).to_be_bytes();
    let start = [0x60, 0, 0, 0, payload[0], payload[1], next, 64];
    [&start[..], &src.octets(), &dst.octets()].concat()
}

/// The two ports that UDP, TCP, SCTP, DCCP and UDP-Lite begin with.
pub fn ports(sport: u16, dport: u16) -> [u8; 4] {
    let [a, b] = sport.to_be_bytes();
    let [c, d] = dport.to_be_bytes();
    [a, b, c, d]
}

/// A header, without payload.
pub fn udp(sport: u16, dport: u16) -> Vec<u8> {
    [ports(sport, dport), [0, 8, 0, 0]].concat()
}

/// A header with the given flags, without payload.
pub fn tcp(sport: u16, dport: u16, flags: u8) -> Vec<u8> {
    let rest = [0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 0, 0, 0, 0, 0, 0];
    [&ports(sport, dport)[..], &rest].concat()
}

/// A header for `payload` bytes, from `SRC6` to `DST6`.
pub fn ipv6(next: u8, payload: usize) -> Vec<u8> {
    ipv6_between(SRC6, DST6, next, payload)
}

/// An IPv4 packet of UDP, port 7 to 9.
pub fn packet4() -> Vec<u8> {
    [ipv4(UDP, 8), udp(7, 9)].concat()
}

/// An IPv6 packet of UDP, port 7 to 9.
pub fn packet6() -> Vec<u8> {
    [ipv6(UDP, 8), udp(7, 9)].concat()
}

/// A flow's key.
pub fn key(
    src: impl Into<IpAddr>,
    dst: impl Into<IpAddr>,
    sport: u16,
    dport: u16,
    proto: u8,
) -> FlowKey {
    FlowKey {
        src: src.into(),
        dst: dst.into(),
        sport,
        dport,
        proto,
        ..FlowKey::NOTHING
    }
}
