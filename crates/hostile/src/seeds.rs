//! Where fuzzing starts: frames and captures made here, one of each shape that is parsed
//! differently. Nobody's traffic is among them.

mod capture;
mod frame;

pub use capture::captures;

use crate::script;
use frame::{Payload, ethernet, extension, fragment6, ipv4, ipv6, mpls, pppoe, tagged};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// One frame of each shape.
pub fn frames() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let transports = [
        Payload::tcp(0x02),
        Payload::udp(),
        Payload::sctp(),
        Payload::dccp(),
        Payload::udp_lite(),
        Payload::icmp(),
        Payload::icmp6(),
        Payload::esp(),
        Payload::gre(),
        Payload::cut_tcp(),
    ];
    for transport in &transports {
        frames.push(ethernet(IPV4, &ipv4(transport, &[], 0)));
        frames.push(ethernet(IPV6, &ipv6(transport.proto, &transport.bytes)));
    }
    frames.extend(ipv4_shapes());
    frames.extend(ipv6_shapes());
    frames.extend(ends_in_transport());
    frames.extend(link_shapes());
    // Cut at the places where something is read.
    let [deep4, deep6] = deepest();
    for length in [0, 6, 13, 14, 17, 18, 21, 22, 33, 41, 45, 49, 55, 59] {
        frames.push(deep4[..length].to_vec());
        frames.push(deep6[..length + 22].to_vec());
    }
    frames
}

/// Two frames with something to read at nearly every byte.
pub fn deepest() -> [Vec<u8>; 2] {
    let tcp = Payload::tcp(0x12);
    let ip4 = ipv4(&tcp, &[1; 8], 0);
    let chain = [
        extension(43, 0),
        extension(60, 1),
        extension(6, 0),
        tcp.bytes,
    ];
    let ip6 = ipv6(0, &chain.concat());
    [
        ethernet(0x88a8, &tagged(&[0x8100], IPV4, &ip4)),
        ethernet(0x88a8, &tagged(&[0x8100], IPV6, &ip6)),
    ]
}

fn ipv4_shapes() -> Vec<Vec<u8>> {
    let udp = Payload::udp();
    let mut frames = vec![
        ethernet(IPV4, &ipv4(&udp, &[1; 4], 0)),
        ethernet(IPV4, &ipv4(&udp, &[1; 40], 0)),
        ethernet(IPV4, &ipv4(&Payload::tcp(0xff), &[1; 12], 0x4000)),
        ethernet(IPV4, &ipv4(&udp, &[], 0x2000)), // first fragment
        ethernet(IPV4, &ipv4(&udp, &[], 0x2001)),
        ethernet(IPV4, &ipv4(&udp, &[], 0x1fff)),
        ethernet(IPV4, &ipv4(&Payload::auth4(), &[], 0)),
    ];
    let plain = ethernet(IPV4, &ipv4(&udp, &[], 0));
    let changes: [(usize, &[u8]); 9] = [
        (14, &[0x44]),       // a header of 16 bytes
        (14, &[0x4f]),       // of 60, which are not there
        (14, &[0x65]),       // version 6
        (16, &[0, 0]),       // to the frame's end
        (16, &[0, 19]),      // shorter than its header
        (16, &[0, 23]),      // not all ports
        (16, &[0xff, 0xff]), // longer than the frame
        (38, &[0, 0]),       // a UDP length that lies
        (12, &[0x86, 0xdd]), // the other ethertype
    ];
    for (at, bytes) in changes {
        let mut frame = plain.clone();
        frame[at..at + bytes.len()].copy_from_slice(bytes);
        frames.push(frame);
    }
    let mut padded = ethernet(IPV4, &ipv4(&Payload::cut_tcp(), &[], 0));
    padded.resize(60, 0xee);
    frames.push(padded);
    frames
}

/// IP lengths that end inside the transport header, of which the frame has more.
fn ends_in_transport() -> Vec<Vec<u8>> {
    let tcp = Payload::tcp(0x1b);
    let mut frames = Vec::new();
    for length in [0u16, 2, 3, 4, 5, 12, 13, 14] {
        for options in [&[][..], &[1; 4]] {
            let mut frame = ethernet(IPV4, &ipv4(&tcp, options, 0));
            let total = 20 + options.len() as u16 + length;
            frame[16..18].copy_from_slice(&total.to_be_bytes());
            frames.push(frame);
        }
        for chain in [&[][..], &extension(6, 0)] {
            let first = if chain.is_empty() { 6 } else { 60 };
            let mut frame = ethernet(IPV6, &ipv6(first, &[chain, &tcp.bytes].concat()));
            let total = chain.len() as u16 + length;
            frame[18..20].copy_from_slice(&total.to_be_bytes());
            frames.push(frame);
        }
    }
    frames
}

fn ipv6_shapes() -> Vec<Vec<u8>> {
    let udp = Payload::udp();
    let with = |headers: &[(u8, Vec<u8>)]| {
        let first = headers.first().map_or(udp.proto, |(kind, _)| *kind);
        let chain: Vec<u8> = headers
            .iter()
            .flat_map(|(_, header)| header.clone())
            .collect();
        ethernet(IPV6, &ipv6(first, &[chain, udp.bytes.clone()].concat()))
    };
    let chain = |length: usize| {
        let header = |at| (60, extension(if at + 1 == length { 17 } else { 60 }, 0));
        with(&(0..length).map(header).collect::<Vec<_>>())
    };
    let auth = |next, length| vec![next, length, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1];
    let jumbo = vec![17, 0, 0xc2, 4, 0, 1, 0, 0];
    let mut endless = extension(17, 0xff);
    endless.truncate(8);
    let mut frames = vec![
        with(&[(0, extension(17, 0))]),
        with(&[
            (0, extension(43, 0)),
            (43, extension(60, 2)),
            (60, extension(17, 1)),
        ]),
        with(&[(44, fragment6(17, 0, false))]), // atomic
        with(&[(44, fragment6(17, 0, true))]),
        with(&[(44, fragment6(17, 185, true))]),
        with(&[(44, fragment6(44, 0, true)), (44, fragment6(17, 8, false))]),
        with(&[
            (60, extension(44, 0)),
            (44, fragment6(60, 0, true)),
            (60, extension(17, 0)),
        ]),
        with(&[(51, auth(17, 1))]),
        with(&[(51, auth(60, 1)), (60, extension(17, 0))]),
        with(&[(51, auth(17, 0))]),
        with(&[(60, extension(0, 0)), (0, extension(17, 0))]), // in no order
        with(&[(60, endless)]),
        with(&[(43, extension(60, 120)), (60, extension(17, 30))]),
        with(&[(0, jumbo)]),
        with(&[(59, extension(17, 0))]),
        with(&[(135, extension(17, 0))]),
        chain(7),
        chain(8),
        chain(9),
        chain(16),
    ];
    let plain = with(&[]);
    for (at, bytes) in [
        (14, [0x40, 0]),
        (18, [0, 0]),
        (18, [0, 3]),
        (18, [0xff, 0xff]),
    ] {
        let mut frame = plain.clone();
        frame[at..at + 2].copy_from_slice(&bytes);
        frames.push(frame);
    }
    frames
}

fn link_shapes() -> Vec<Vec<u8>> {
    let ip4 = ipv4(&Payload::tcp(0x10), &[], 0);
    let ip6 = ipv6(17, &Payload::udp().bytes);
    let mut frames = vec![
        ethernet(0x8100, &tagged(&[], IPV4, &ip4)),
        ethernet(0x8100, &tagged(&[], IPV6, &ip6)),
        ethernet(0x9100, &tagged(&[0x8100, 0x88a8], IPV4, &ip4)),
        ethernet(0x8100, &tagged(&[0x8100; 3], IPV4, &ip4)),
        ethernet(0x8100, &tagged(&[0x8100; 4], IPV4, &ip4)),
        ethernet(0x8100, &tagged(&[], 0x0806, &[0; 28])),
        ethernet(0x8100, &tagged(&[], 0x8864, &pppoe(0x0021, &ip4))),
        ethernet(0x8100, &tagged(&[], 0x8847, &mpls(2, &ip4))),
        ethernet(0x8864, &pppoe(0x0021, &ip4)),
        ethernet(0x8864, &pppoe(0x0057, &ip6)),
        ethernet(0x8864, &pppoe(0xc021, &ip4)),
        ethernet(0x8863, &pppoe(0x0021, &ip4)),
        ethernet(0x8847, &mpls(1, &ip4)),
        ethernet(0x8848, &mpls(3, &ip6)),
        ethernet(0x8847, &mpls(8, &ip4)),
        ethernet(0x8847, &mpls(9, &ip4)),
        ethernet(0x8847, &mpls(1, &[0, 0, 0, 0])),
        ethernet(0x8847, &mpls(1, &[])),
        ethernet(0x0026, &[0x42, 0x42, 3, 0, 0]),
        ethernet(0x88e5, &[0; 20]), // MACsec
    ];
    frames.extend(unknown_ethertypes());
    frames
}

/// More than have names of their own in one window.
fn unknown_ethertypes() -> impl Iterator<Item = Vec<u8>> {
    (0..20).map(|n| ethernet(0x9000 + n * 0x11, &[0; 4]))
}

/// Sequences of frames, for [`crate::frames`]: short ones, one of everything, and one that no
/// small table holds.
pub fn scripts() -> Vec<Vec<u8>> {
    let all = frames();
    let mut scripts: Vec<Vec<u8>> = all
        .chunks(5)
        .map(|few| {
            let mut script = Vec::new();
            for (frame, time) in few.iter().zip(20..) {
                script::spell(&mut script, frame, 3, time);
            }
            script
        })
        .collect();
    for (family, flow_at, weight) in [(IPV4, 34, 0), (IPV6, 54, 0xf8), (IPV4, 34, 0xff)] {
        let mut script = Vec::new();
        let udp = Payload::udp();
        let packet = match family {
            IPV4 => ipv4(&udp, &[], 0),
            _ => ipv6(udp.proto, &udp.bytes),
        };
        script::spell(&mut script, &ethernet(family, &packet), weight, 10);
        for flow in 0..60u8 {
            // Forwards in growing steps, and now and then back.
            let time = if flow % 7 == 6 { 0x40 | flow } else { flow };
            script::again(&mut script, flow_at, [flow % 40, 1], weight, time);
        }
        scripts.push(script);
    }
    let mut ethertypes = Vec::new();
    for frame in unknown_ethertypes() {
        script::spell(&mut ethertypes, &frame, 1, 1);
    }
    scripts.push(ethertypes);
    let mut everything = Vec::new();
    for (frame, weight) in all.iter().zip(0..) {
        script::spell(&mut everything, frame, weight, 0x80);
    }
    scripts.push(everything);
    scripts
}
