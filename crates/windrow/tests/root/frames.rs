//! Single frames of every shape that hides a header: tags in metadata, headers in fragments, no
//! link header, no segment count. `windrow monitor` reads and counts each as it is on the wire.
//! Needs root.

use crate::harness::{
    lines::Key,
    monitor::{Monitor, windrow},
    net::{OFFLOADS, address, counters, ip, namespace, pair, received, udp, until},
    report::Count,
    root_or_skip, skip,
    tun::Tun,
};
use windrow_lab::{Gso, GsoKind, RawSocket, Tap, TapKind, VethOptions, napi_on};
use windrow_netif::by_index;

const FROM: &str = "10.0.0.1";
const TO: &str = "198.18.0.1";
const TCP: u8 = 6;
const UDP: u8 = 17;
/// Ethernet, IPv4 and TCP.
const TCP_HEADERS: usize = 54;

fn key(protocol: u8) -> Key {
    (address(FROM), address(TO), 4096, 80, protocol)
}

/// An Ethernet header with VLAN tags of these types in front of IPv4.
fn link(tags: &[u16]) -> Vec<u8> {
    let mut frame = vec![4, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    for (number, kind) in (100u16..).zip(tags) {
        frame.extend(kind.to_be_bytes());
        frame.extend(number.to_be_bytes());
    }
    frame.extend([8, 0]);
    frame
}

/// An IPv4 packet: `payload` bytes behind a TCP or UDP header, with ports 4096 and 80.
fn packet(protocol: u8, payload: usize) -> Vec<u8> {
    let transport = if protocol == TCP { 20 } else { 8 };
    let mut packet = vec![0x45, 0];
    packet.extend((20 + (transport + payload) as u16).to_be_bytes());
    packet.extend([
        0, 0, 0x40, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 198, 18, 0, 1,
    ]);
    let sum: u32 = packet
        .chunks(2)
        .map(|two| u32::from(two[0]) << 8 | u32::from(two[1]))
        .sum();
    let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend([0x10, 0, 0, 80]);
    if protocol == TCP {
        packet.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
    } else {
        packet.extend((8 + payload as u16).to_be_bytes());
        packet.extend([0, 0]);
    }
    packet.resize(20 + transport + payload, 0);
    packet
}

fn frame(tags: &[u16], protocol: u8, payload: usize) -> Vec<u8> {
    [link(tags), packet(protocol, payload)].concat()
}

const TEN_SEGMENTS: Gso = Gso {
    kind: GsoKind::Tcp4,
    size: 1460,
    header_length: TCP_HEADERS as u16,
    checksum_start: 34,
    checksum_offset: 16,
};

/// Ten super-frames of ten segments each.
fn hundred_segments() -> Count {
    Count::new(100, 10 * (14_600 + 10 * TCP_HEADERS as u64))
}

#[test]
fn super_frames_of_a_raw_socket_have_no_segment_count() {
    root_or_skip!("super_frames_of_a_raw_socket_have_no_segment_count");
    let pair = pair(OFFLOADS);
    let monitors = [&pair.a, &pair.b].map(|end| Monitor::start(&end.namespace, &end.name));
    let super_frame = frame(&[], TCP, 14_600);
    let sent = pair.a.namespace.run(|| {
        let socket = RawSocket::with_vnet_header("w0")?;
        (0..10).try_for_each(|_| socket.send_gso(&super_frame, TEN_SEGMENTS))
    });
    sent.expect("enter").expect("send");
    received(&pair.b, 10);
    for monitor in monitors {
        let report = monitor.stop();
        println!("{}: {} events", report.start.ifaces[0], report.events());
        assert_eq!(report.seen(), hundred_segments());
        assert_eq!(report.rows()[&key(TCP)], hundred_segments());
        assert_eq!(report.flows[0].tcp_flags, 0x18);
    }
}

#[test]
fn a_datagram_for_the_card_to_fragment_repeats_no_udp_header() {
    root_or_skip!("a_datagram_for_the_card_to_fragment_repeats_no_udp_header");
    let pair = pair(OFFLOADS);
    let monitor = Monitor::start(&pair.a.namespace, &pair.a.name);
    let datagram = frame(&[], UDP, 14_600);
    let fragments = Gso {
        kind: GsoKind::UdpFragment,
        size: 1480,
        header_length: 42,
        checksum_start: 34,
        checksum_offset: 6,
    };
    let sent = pair.a.namespace.run(|| {
        let socket = RawSocket::with_vnet_header("w0")?;
        (0..10).try_for_each(|_| socket.send_gso(&datagram, fragments))
    });
    sent.expect("enter").expect("send");
    let report = monitor.stop();
    // 14,608 bytes behind each IP header, 1480 at a time, each with 34 bytes in front.
    let expected = Count::new(100, 10 * (14_608 + 10 * 34));
    assert_eq!(report.rows()[&key(UDP)], expected);
}

#[test]
fn super_frames_of_a_tap_have_no_segment_count() {
    root_or_skip!("super_frames_of_a_tap_have_no_segment_count");
    for kind in [TapKind::Plain, TapKind::Napi] {
        let namespace = namespace();
        let tap = namespace
            .run(|| Tap::create("t0", kind))
            .expect("enter")
            .expect("tap");
        let monitor = Monitor::start(&namespace, "t0 --direction in");
        let super_frame = frame(&[], TCP, 14_600);
        for _ in 0..10 {
            tap.send_gso(&super_frame, TEN_SEGMENTS).expect("send");
        }
        until("arrival", || {
            let found = namespace.run(|| by_index(tap.index())).expect("enter");
            found.expect("rtnetlink").expect("tap").counters.rx_packets >= 10
        });
        let report = monitor.stop();
        assert_eq!(report.seen(), hundred_segments(), "{kind:?}");
        assert_eq!(report.rows()[&key(TCP)], hundred_segments(), "{kind:?}");
        println!("{kind:?}: {} events", report.events());
    }
}

#[test]
fn a_tag_that_the_device_took_off_is_counted() {
    root_or_skip!("a_tag_that_the_device_took_off_is_counted");
    let shapes: [&[u16]; 5] = [
        &[],
        &[0x8100],
        &[0x88a8, 0x8100],
        &[0x88a8, 0x8100, 0x8100],
        &[0x88a8, 0x8100, 0x8100, 0x8100],
    ];
    let deep: &[u16] = &[0x88a8, 0x8100, 0x8100, 0x8100, 0x8100];
    for hook in ["tcx", "xdp"] {
        let pair = pair(VethOptions::default());
        let _napi = (hook == "tcx").then(|| napi_on(&pair.b.namespace, "w1").expect("napi"));
        let monitors = [
            Monitor::start(&pair.a.namespace, "w0 --direction out"),
            Monitor::start(
                &pair.b.namespace,
                &format!("w1 --hook {hook} --direction in"),
            ),
        ];
        let mut sent = Count::default();
        let too_deep = frame(deep, UDP, 200);
        let sending = pair.a.namespace.run(|| {
            let socket = RawSocket::open("w0").expect("raw socket");
            for (tags, number) in shapes.iter().zip(1..) {
                let frame = frame(tags, UDP, 100);
                for _ in 0..number {
                    socket.send(&frame).expect("send");
                    sent.add(1, frame.len() as u64);
                }
            }
            socket.send(&too_deep).expect("send");
        });
        sending.expect("enter");
        received(&pair.b, sent.packets + 1);
        for monitor in monitors {
            let report = monitor.stop();
            let place = format!(
                "{} {}",
                report.start.ifaces[0],
                report.start.hook.as_deref().unwrap_or_default()
            );
            assert_eq!(report.rows()[&key(UDP)], sent, "{place}");
            let deep = Count::new(1, too_deep.len() as u64);
            assert_eq!(report.reasons()["deep_vlan"], deep, "{place}");
            assert_eq!(report.seen().packets, sent.packets + 1, "{place}");
        }
    }
}

#[test]
fn headers_in_fragments_are_read() {
    root_or_skip!("headers_in_fragments_are_read");
    let namespace = namespace();
    let made = namespace.run(|| Tap::create("t0", TapKind::NapiFragments));
    let tap = made.expect("enter").expect("tap");
    let monitor = Monitor::start(&namespace, "t0 --direction in");
    let mut sent = Count::default();
    for tags in [&[][..], &[0x8100], &[0x88a8, 0x8100]] {
        for protocol in [TCP, UDP] {
            let frame = frame(tags, protocol, 600);
            // Cut behind the link header, inside the tags, in and behind the IP header, and in the
            // transport header.
            for cut in [14, 16, 18, 24, 34, 36, 42, 54] {
                let pieces: [&[u8]; 3] = [&frame[..14], &frame[14..cut], &frame[cut..]];
                let pieces: Vec<&[u8]> = pieces
                    .into_iter()
                    .filter(|piece| !piece.is_empty())
                    .collect();
                tap.send_split(&pieces).expect("send");
                sent.add(1, frame.len() as u64);
            }
        }
    }
    until("arrival", || {
        let found = namespace.run(|| by_index(tap.index())).expect("enter");
        found.expect("rtnetlink").expect("tap").counters.rx_packets >= sent.packets
    });
    let report = monitor.stop();
    let (tcp, udp) = (report.rows()[&key(TCP)], report.rows()[&key(UDP)]);
    assert_eq!(tcp.packets, 24);
    assert_eq!(udp.packets, 24);
    assert_eq!(
        Count::new(tcp.packets + udp.packets, tcp.bytes + udp.bytes),
        sent
    );
    assert_eq!(report.seen(), sent);
}

#[test]
fn a_tun_has_no_link_header() {
    root_or_skip!("a_tun_has_no_link_header");
    let namespace = namespace();
    let tun = Tun::create(&namespace, "tun0").expect("tun");
    assert!(ip(&namespace, "addr add 198.18.0.1/24 dev tun0"));
    assert!(ip(&namespace, "addr add fd18::1/64 dev tun0"));
    let monitor = Monitor::start(&namespace, "tun0");
    for protocol in [TCP, UDP] {
        for _ in 0..10 {
            tun.send(&packet(protocol, 100)).expect("send");
        }
    }
    for (at, to) in [("198.18.0.1", "198.18.0.9"), ("fd18::1", "fd18::9")] {
        let socket = udp(&namespace, at, 4001);
        for _ in 0..10 {
            socket.send_to(&[1; 100], (address(to), 9)).expect("send");
        }
    }
    let report = monitor.stop();
    let rows = report.rows();
    assert_eq!(rows[&key(TCP)], Count::new(10, 1400));
    assert_eq!(rows[&key(UDP)], Count::new(10, 1280));
    for (at, to, bytes) in [
        ("198.18.0.1", "198.18.0.9", 128),
        ("fd18::1", "fd18::9", 148),
    ] {
        let sent = rows[&(address(at), address(to), 4001, 9, UDP)];
        assert_eq!(sent, Count::new(10, 10 * bytes), "IP lengths");
    }
    // XDP reads frames from their Ethernet header.
    let refused = namespace.run(|| windrow(&["monitor", "tun0", "--hook", "xdp"]).output());
    let refused = refused.expect("enter").expect("run");
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(text.contains("--hook tcx"), "{text}");
}

#[test]
fn frames_in_several_pieces_are_counted_whole_at_xdp() {
    root_or_skip!("frames_in_several_pieces_are_counted_whole_at_xdp");
    let pair = pair(VethOptions {
        mtu: 9000,
        ..VethOptions::default()
    });
    let monitors = [
        Monitor::start(&pair.a.namespace, "w0 --direction out"),
        Monitor::start(&pair.b.namespace, "w1 --hook xdp"),
    ];
    let mut sent = Count::default();
    let sending = pair.a.namespace.run(|| {
        let socket = RawSocket::open("w0").expect("raw socket");
        for payload in [0, 1000, 3400, 3500, 4000, 8000, 8972] {
            let frame = frame(&[], UDP, payload);
            socket.send(&frame).expect("send");
            sent.add(1, frame.len() as u64);
        }
    });
    sending.expect("enter");
    received(&pair.b, sent.packets);
    for monitor in monitors {
        let report = monitor.stop();
        let hook = report.start.hook.clone().unwrap_or_default();
        assert_eq!(report.rows()[&key(UDP)], sent, "{hook}");
        assert_eq!(report.seen(), sent, "{hook}");
    }
}

#[test]
fn a_vlan_device_puts_its_tag_into_metadata() {
    const NAME: &str = "a_vlan_device_puts_its_tag_into_metadata";
    root_or_skip!("a_vlan_device_puts_its_tag_into_metadata");
    let pair = pair(OFFLOADS);
    if !ip(
        &pair.a.namespace,
        "link add link w0 name w0.7 type vlan id 7",
    ) {
        skip(NAME, "this kernel has no VLAN devices");
        return;
    }
    assert!(ip(&pair.a.namespace, "link set w0.7 arp off up"));
    assert!(ip(&pair.a.namespace, "addr add 10.7.0.1/24 dev w0.7"));
    let monitors = [&pair.a, &pair.b].map(|end| Monitor::start(&end.namespace, &end.name));
    let socket = udp(&pair.a.namespace, "10.7.0.1", 4001);
    for _ in 0..10 {
        socket
            .send_to(&[1; 100], (address("10.7.0.2"), 9))
            .expect("send");
    }
    received(&pair.b, 10);
    for monitor in monitors {
        let report = monitor.stop();
        assert_eq!(report.seen(), Count::new(10, 10 * (14 + 4 + 20 + 8 + 100)));
    }
    assert_eq!(counters(&pair.b).rx_packets, 10);
}
