//! Namespaces, pairs, addresses and frame senders do what they say, and nothing besides.

use std::{
    ffi::OsStr,
    net::{IpAddr, SocketAddr, UdpSocket},
    os::unix::ffi::OsStrExt,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use windrow_lab::{
    Error, Generator, Gso, GsoKind, Namespace, Plan, RawSocket, Snmp, Tap, TapKind, VethOptions,
    VethPair, add_address, add_neighbour, udp_segment,
};
use windrow_netif::{LinkEvent, Watch, by_index, by_name, default_route_interface, list};

use crate::{counters, namespace, pair, root_or_skip};

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < patience, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Addresses and neighbours on both ends.
fn address(pair: &VethPair) {
    let ends = [
        (&pair.a, "10.9.0.1", "fd09::1"),
        (&pair.b, "10.9.0.2", "fd09::2"),
    ];
    for (end, four, six) in ends {
        let ip = |text: &str| text.parse::<IpAddr>().expect("address");
        add_address(&end.namespace, &end.name, ip(four), 24).expect("IPv4");
        add_address(&end.namespace, &end.name, ip(six), 64).expect("IPv6");
    }
    for ((end, ..), (other, four, six)) in [(ends[0], ends[1]), (ends[1], ends[0])] {
        for text in [four, six] {
            let ip = text.parse().expect("address");
            add_neighbour(&end.namespace, &end.name, ip, other.mac).expect("neighbour");
        }
    }
}

#[test]
fn an_idle_pair_is_silent_and_datagrams_are_exact() {
    root_or_skip!("an_idle_pair_is_silent_and_datagrams_are_exact");
    let pair = pair(VethOptions::default());
    address(&pair);
    // Multicast reports would come within a second of an address.
    thread::sleep(Duration::from_millis(1200));
    for end in [&pair.a, &pair.b] {
        let got = counters(end);
        assert_eq!((got.rx_packets, got.tx_packets), (0, 0), "{}", end.name);
    }
    for to in ["10.9.0.2:9", "[fd09::2]:9"] {
        let to: SocketAddr = to.parse().expect("address");
        let before = counters(&pair.b).rx_packets;
        let receiver = pair.b.namespace.run(|| UdpSocket::bind(to));
        let receiver = receiver.expect("enter").expect("bind");
        let sent = pair.a.namespace.run(|| {
            let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(any).expect("bind");
            let start = Snmp::read().expect("snmp");
            for _ in 0..100 {
                socket.send_to(b"x", to).expect("send");
            }
            udp_segment(&socket, 500).expect("UDP_SEGMENT");
            socket.send_to(&[0; 5000], to).expect("send");
            let now = Snmp::read().expect("snmp");
            (now.udp_out_datagrams - start.udp_out_datagrams)
                + (now.udp6_out_datagrams - start.udp6_out_datagrams)
        });
        assert!(sent.expect("enter") >= 101);
        until("datagrams", || counters(&pair.b).rx_packets - before >= 110);
        assert_eq!(counters(&pair.b).rx_packets - before, 110, "{to}");
        drop(receiver);
    }
    assert_eq!(counters(&pair.a).rx_packets, 0);
}

#[test]
fn default_routes_go_by_family_and_metric() {
    root_or_skip!("default_routes_go_by_family_and_metric");
    let one = namespace();
    let options = VethOptions::default();
    let _pair = VethPair::new(&one, "w0", &one, "w1", options).expect("veth");
    let found = || {
        let found = one.run(default_route_interface).expect("enter");
        found.expect("rtnetlink").map(|interface| interface.name)
    };
    let ip = |arguments: &str| {
        let status = one.run(|| Command::new("ip").args(arguments.split(' ')).status());
        assert!(status.expect("enter").expect("ip").success(), "{arguments}");
    };
    assert_eq!(found(), None);
    ip("-6 route add default dev w1");
    ip("route add default dev w0 table 77");
    assert_eq!(found().as_deref(), Some("w1"));
    ip("route add default dev w1 metric 100");
    ip("route add default dev w0 metric 50");
    assert_eq!(found().as_deref(), Some("w0"));
}

#[test]
fn interfaces_with_strange_names_are_listed() {
    root_or_skip!("interfaces_with_strange_names_are_listed");
    let pair = pair(VethOptions::default());
    let strange = OsStr::from_bytes(b"w\x07\x1b[\xff");
    let renamed = pair.b.namespace.run(|| {
        let mut command = Command::new("ip");
        command
            .args(["link", "set", "w1", "name"])
            .arg(strange)
            .status()
    });
    assert!(renamed.expect("enter").expect("ip").success());
    let all = pair
        .b
        .namespace
        .run(list)
        .expect("enter")
        .expect("rtnetlink");
    let names: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["lo", "w\u{7}\u{1b}[\u{fffd}"]);
    let found = pair
        .b
        .namespace
        .run(|| by_index(pair.b.index))
        .expect("enter");
    assert_eq!(
        found.expect("rtnetlink").expect("w1").kind.as_deref(),
        Some("veth")
    );
}

#[test]
fn processes_inherit_the_namespace() {
    root_or_skip!("processes_inherit_the_namespace");
    let pair = pair(VethOptions::default());
    let ip = |namespace: &Namespace| {
        let output = namespace.run(|| Command::new("ip").args(["-o", "link"]).output());
        let output = output.expect("enter").expect("ip");
        String::from_utf8(output.stdout).expect("text")
    };
    let text = ip(&pair.a.namespace);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.contains("LOOPBACK,UP") && text.contains("w0@"),
        "{text}"
    );
    assert!(ip(&pair.b.namespace).contains("w1@"));
}

#[test]
fn dropping_removes_everything() {
    root_or_skip!("dropping_removes_everything");
    let pair = pair(VethOptions::default());
    let (a, b) = (pair.a.namespace.clone(), pair.b.namespace.clone());
    let watch = a.run(Watch::new).expect("enter").expect("watch");
    drop(pair);
    for (namespace, name) in [(&a, "w0"), (&b, "w1")] {
        let left = namespace.run(|| by_name(name)).expect("enter");
        assert_eq!(left.expect("rtnetlink"), None);
    }
    loop {
        match watch.next().expect("event") {
            LinkEvent::Gone { interface, .. } => break assert_eq!(interface.name, "w0"),
            other => println!("{other:?}"),
        }
    }
    // A pair that nobody owns goes with the namespace of its other end.
    let pid = std::process::id();
    let file = std::os::fd::AsRawFd::as_raw_fd(&std::os::fd::AsFd::as_fd(&b));
    let made = a.run(|| {
        let path = format!("/proc/{pid}/fd/{file}");
        Command::new("ip")
            .args([
                "link", "add", "x0", "type", "veth", "peer", "x1", "netns", &path,
            ])
            .status()
    });
    assert!(made.expect("enter").expect("ip").success());
    drop(b);
    let gone = || {
        let all = a.run(list).expect("enter").expect("rtnetlink");
        all.iter().all(|one| one.name != "x0")
    };
    until("the namespace goes with its last owner", gone);
}

#[test]
fn gro_makes_a_veth_poll_too() {
    root_or_skip!("gro_makes_a_veth_poll_too");
    let generator = Generator::load().expect("load");
    let plan = Plan {
        frames: 10_000,
        ..Plan::default()
    };
    for gro in [true, false] {
        let pair = pair(VethOptions {
            gro,
            ..VethOptions::default()
        });
        let run = generator.run(&pair.a.namespace, pair.a.index, &plan);
        let sent = run.expect("run").join().expect("join");
        assert_eq!(sent.packets, 10_000);
        if gro {
            until("arrival", || counters(&pair.b).rx_packets == 10_000);
        } else {
            // The reason for napi_on: sent, by every account, and nowhere.
            thread::sleep(Duration::from_millis(50));
            assert_eq!(counters(&pair.b).rx_packets, 0);
        }
    }
}

/// An Ethernet, IPv4 and TCP frame with `payload` bytes behind 54 bytes of headers.
fn tcp_frame(from: [u8; 6], to: [u8; 6], payload: usize) -> Vec<u8> {
    let mut frame = Vec::new();
    frame.extend(to);
    frame.extend(from);
    frame.extend([0x08, 0x00, 0x45, 0]);
    frame.extend((40 + payload as u16).to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 198, 18, 0, 1]);
    frame.extend([
        0x10, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0,
    ]);
    frame.resize(54 + payload, 0);
    frame
}

const TCP4: Gso = Gso {
    kind: GsoKind::Tcp4,
    size: 1000,
    header_length: 54,
    checksum_start: 34,
    checksum_offset: 16,
};

#[test]
fn raw_frames_and_super_frames_arrive() {
    root_or_skip!("raw_frames_and_super_frames_arrive");
    for (offloads, frames) in [(false, 5), (true, 1)] {
        let pair = pair(VethOptions {
            offloads,
            ..VethOptions::default()
        });
        let frame = |payload| tcp_frame(pair.a.mac, pair.b.mac, payload);
        let sent = pair.a.namespace.run(|| {
            let plain = RawSocket::open("w0")?;
            plain.send(&frame(100))?;
            assert!(plain.send_gso(&frame(4500), TCP4).is_err());
            let raw = RawSocket::with_vnet_header("w0")?;
            raw.send(&frame(100))?;
            raw.send_gso(&frame(4500), TCP4)
        });
        sent.expect("enter").expect("send");
        until("frames", || counters(&pair.b).rx_packets >= 2 + frames);
        assert_eq!(counters(&pair.b).rx_packets, 2 + frames);
    }
}

#[test]
fn taps_receive_whole_split_and_super_frames() {
    root_or_skip!("taps_receive_whole_split_and_super_frames");
    for kind in [TapKind::Plain, TapKind::Napi, TapKind::NapiFragments] {
        let received = namespace().run(|| -> Result<_, Error> {
            let tap = Tap::create("t0", kind)?;
            let frame = tcp_frame([2; 6], [4; 6], 3000);
            tap.send(&frame[..1000])?;
            tap.send_split(&[&frame[..14], &frame[14..500], &frame[500..1400]])?;
            tap.send_gso(&frame, TCP4)?;
            until("frames", || {
                let found = by_index(tap.index()).expect("rtnetlink").expect("tap");
                assert_eq!(found.kind.as_deref(), Some("tun"));
                found.counters.rx_packets >= 3
            });
            Ok(by_index(tap.index())?)
        });
        let found = received.expect("enter").expect("tap").expect("interface");
        assert_eq!(found.counters.rx_packets, 3, "{kind:?}");
    }
}

#[test]
fn wrong_names_say_what_to_do() {
    root_or_skip!("wrong_names_say_what_to_do");
    let namespace = namespace();
    let error = namespace.run(|| RawSocket::open("w9")).expect("enter");
    let error = error.expect_err("no such interface").to_string();
    assert!(error.contains("create the veth pair first"), "{error}");
    let options = VethOptions::default();
    let pair = VethPair::new(&namespace, "w0", &namespace, "w1", options).expect("one namespace");
    let again = VethPair::new(&namespace, "w0", &namespace, "w2", options);
    assert!(again.is_err());
    pair.delete().expect("delete");
}
