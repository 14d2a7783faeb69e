//! Frames that stand for many: what `windrow monitor` prints is what a wire would carry, packets
//! and bytes, whatever the kernel merged, left uncut or took out of the frame. Needs root.

use std::net::{IpAddr, SocketAddr};

use crate::harness::{
    lines::Flow,
    monitor::Monitor,
    net::{A4, A6, B4, B6, OFFLOADS, address, addressed, counters, ip, received, udp},
    report::{Count, Report},
    root_or_skip, skip,
    tcp::{PORT, SYN_EXTRA, TCP_HEADER, Transfer, transfer},
};
use windrow_lab::{VethPair, udp_segment};

const MEGABYTES: usize = 1 << 20;
const ETHERNET: u64 = 14;

/// One windrow at each end of a pair, both directions.
fn at_both_ends(pair: &VethPair) -> [Monitor; 2] {
    [&pair.a, &pair.b].map(|end| {
        let arguments = format!("{} --hook tcx --window 1s", end.name);
        Monitor::start(&end.namespace, &arguments)
    })
}

fn sent_by(report: &Report, from: IpAddr) -> Count {
    report.of(|flow: &Flow| flow.src == from)
}

/// The sender's packets are its segments, its bytes the payload and a header a segment. What comes
/// back is counted alike, but its acknowledgements may be longer than the shortest.
fn assert_segments(
    report: &Report,
    (from, to): (IpAddr, IpAddr),
    took: Transfer,
    payload: u64,
    header: u64,
) {
    let sent = sent_by(report, from);
    assert_eq!(
        sent.packets, took.sent,
        "OutSegs + RetransSegs of the sender"
    );
    assert_eq!(
        sent_by(report, to).packets,
        took.answered,
        "and of the receiver"
    );
    assert_eq!(report.seen().packets, took.sent + took.answered);
    if took.retransmitted == 0 {
        assert_eq!(sent.bytes, payload + sent.packets * header + SYN_EXTRA);
    }
    assert!(
        report.events() * 2 < report.seen().packets,
        "there were no super-frames"
    );
}

#[test]
fn tcp_over_veth_is_counted_in_segments() {
    root_or_skip!("tcp_over_veth_is_counted_in_segments");
    let bytes = 48 * MEGABYTES;
    for (at_a, at_b, network) in [(A4, B4, 20), (A6, B6, 40)] {
        for back in [false, true] {
            let pair = addressed(OFFLOADS);
            let monitors = at_both_ends(&pair);
            let (mut from, mut into) = (&pair.a, &pair.b);
            let (mut source, mut target) = (address(at_a), address(at_b));
            if back {
                (from, into) = (into, from);
                (source, target) = (target, source);
            }
            let to = SocketAddr::new(target, PORT);
            let took = transfer(&from.namespace, &into.namespace, to, bytes);
            let interface = counters(from);
            let header = ETHERNET + network + TCP_HEADER;
            for monitor in monitors {
                let report = monitor.stop();
                assert_segments(&report, (source, target), took, bytes as u64, header);
                // The interface counts a super-frame once: its bytes lack the repeated headers.
                let sent = sent_by(&report, source);
                let repeated = (sent.packets - interface.tx_packets) * header;
                assert_eq!(sent.bytes, interface.tx_bytes + repeated);
                assert_eq!(
                    report.iface_packets(),
                    Some(interface.tx_packets + interface.rx_packets)
                );
                println!("{source}: {took:?}, {sent:?}, {} events", report.events());
            }
        }
    }
}

#[test]
fn big_tcp_has_no_jumbo_header_on_the_wire() {
    const NAME: &str = "big_tcp_has_no_jumbo_header_on_the_wire";
    root_or_skip!("big_tcp_has_no_jumbo_header_on_the_wire");
    let pair = addressed(OFFLOADS);
    for end in [&pair.a, &pair.b] {
        let sizes = "gso_max_size 190000 gro_max_size 190000";
        if !ip(&end.namespace, &format!("link set {} {sizes}", end.name)) {
            skip(NAME, "this kernel or iproute2 has no BIG TCP");
            return;
        }
    }
    let monitors = at_both_ends(&pair);
    let bytes = 96 * MEGABYTES;
    let ends = (address(A6), address(B6));
    let to = SocketAddr::new(ends.1, PORT);
    let took = transfer(&pair.a.namespace, &pair.b.namespace, to, bytes);
    let interface = counters(&pair.a);
    let mean = interface.tx_bytes / interface.tx_packets;
    assert!(
        mean > 65_536,
        "frames of {mean} bytes on average are not BIG TCP"
    );
    for monitor in monitors {
        let report = monitor.stop();
        let header = ETHERNET + 40 + TCP_HEADER;
        assert_segments(&report, ends, took, bytes as u64, header);
        println!(
            "{took:?}, {mean} bytes a frame, {:?}",
            sent_by(&report, ends.0)
        );
    }
}

#[test]
fn udp_segmentation_is_counted_in_datagrams() {
    root_or_skip!("udp_segmentation_is_counted_in_datagrams");
    let pair = addressed(OFFLOADS);
    let monitors = at_both_ends(&pair);
    for (at_a, at_b) in [(A4, B4), (A6, B6)] {
        let _receiver = udp(&pair.b.namespace, at_b, 9);
        let socket = udp(&pair.a.namespace, at_a, 4001);
        udp_segment(&socket, 1000).expect("UDP_SEGMENT");
        let to = SocketAddr::new(address(at_b), 9);
        for _ in 0..10 {
            socket.send_to(&[7; 10_000], to).expect("send");
        }
        // The last piece may be shorter.
        socket.send_to(&[7; 2_001], to).expect("send");
    }
    received(&pair.b, 22);
    for monitor in monitors {
        let report = monitor.stop();
        for (from, headers) in [(A4, 42), (A6, 62)] {
            let bytes = 102_001 + 103 * headers;
            assert_eq!(sent_by(&report, address(from)), Count::new(103, bytes));
        }
        assert_eq!(report.events(), 22, "eleven super-frames a family");
    }
}

/// A kind of tunnel, how it is made at either end, and what it puts around an Ethernet frame's
/// bytes on the wire: outer Ethernet, IPv4 and so on, inner link header included.
struct Tunnel {
    name: &'static str,
    kind: &'static str,
    around: u64,
    ethernet: bool,
}

const TUNNELS: [Tunnel; 6] = [
    tunnel(
        "vxlan on 4789",
        "vxlan id 42 local LOCAL remote REMOTE dstport 4789 dev DEV",
        64,
        true,
    ),
    tunnel(
        "vxlan on 8472",
        "vxlan id 42 local LOCAL remote REMOTE dstport 8472 dev DEV",
        64,
        true,
    ),
    tunnel(
        "vxlan on 5555",
        "vxlan id 42 local LOCAL remote REMOTE dstport 5555 dev DEV",
        64,
        true,
    ),
    tunnel("geneve", "geneve id 42 remote REMOTE", 64, true),
    tunnel("gre", "gre local LOCAL remote REMOTE", 38, false),
    tunnel("ipip", "ipip local LOCAL remote REMOTE", 34, false),
];

const fn tunnel(name: &'static str, kind: &'static str, around: u64, ethernet: bool) -> Tunnel {
    Tunnel {
        name,
        kind,
        around,
        ethernet,
    }
}

/// Makes both ends of a tunnel through the pair; false where this kernel has no such kind.
fn make_tunnel(pair: &VethPair, tunnel: &Tunnel) -> bool {
    let ends = [(&pair.a, A4, B4, 1, 2), (&pair.b, B4, A4, 2, 1)];
    ends.iter().all(|(end, local, remote, me, other)| {
        let ip = |arguments: &str| ip(&end.namespace, arguments);
        let kind = tunnel
            .kind
            .replace("LOCAL", local)
            .replace("REMOTE", remote);
        let kind = kind.replace("DEV", &end.name);
        let mac = |number| format!("02:00:00:00:00:0{number}");
        let address = if tunnel.ethernet {
            format!("address {}", mac(*me))
        } else {
            String::new()
        };
        if !ip(&format!("link add t0 {address} mtu 1400 type {kind}")) {
            return false;
        }
        assert!(ip("link set t0 arp off up"));
        assert!(ip(&format!("addr add 10.8.0.{me}/24 dev t0")));
        let known = format!(
            "neigh add 10.8.0.{other} lladdr {} dev t0 nud permanent",
            mac(*other)
        );
        assert!(!tunnel.ethernet || ip(&known));
        true
    })
}

#[test]
fn tcp_in_tunnels_repeats_inner_headers_too() {
    const NAME: &str = "tcp_in_tunnels_repeats_inner_headers_too";
    root_or_skip!("tcp_in_tunnels_repeats_inner_headers_too");
    let bytes = 32 * MEGABYTES;
    for tunnel in &TUNNELS {
        let pair = addressed(OFFLOADS);
        if !make_tunnel(&pair, tunnel) {
            skip(NAME, &format!("this kernel has no {}", tunnel.name));
            continue;
        }
        let monitors = at_both_ends(&pair);
        let to = SocketAddr::new(address("10.8.0.2"), PORT);
        let took = transfer(&pair.a.namespace, &pair.b.namespace, to, bytes);
        let header = tunnel.around + 20 + TCP_HEADER;
        for monitor in monitors {
            let report = monitor.stop();
            let ends = (address(A4), address(B4));
            let sent = sent_by(&report, ends.0);
            println!(
                "{}: {took:?}, {sent:?}, {} events",
                tunnel.name,
                report.events()
            );
            assert_segments(&report, ends, took, bytes as u64, header);
        }
    }
}
