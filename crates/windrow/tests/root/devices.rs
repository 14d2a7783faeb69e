//! Kinds of devices: a packet counts once on every one that it passes, as that one has it. Needs
//! root.

use std::collections::BTreeMap;

use crate::harness::{
    monitor::Monitor,
    net::{A4, B4, OFFLOADS, address, addressed, ip, namespace, received, udp, until},
    report::{Count, Report},
    root_or_skip, skip,
    tun::Tun,
    watched::{by_iface, row, send, to},
};
use windrow_netif::by_name;

#[test]
fn a_packet_counts_once_on_every_device_that_it_passes() {
    const NAME: &str = "a_packet_counts_once_on_every_device_that_it_passes";
    root_or_skip!("a_packet_counts_once_on_every_device_that_it_passes");
    let here = namespace();
    let (from, onto) = (to(&here, "w1"), to(&here, "x1"));
    if !ip(&here, "link add br0 type bridge mcast_snooping 0") {
        skip(NAME, "no bridge");
        return;
    }
    // Who is promiscuous gets what is only passed on, too.
    for change in ["w1 master br0", "x1 master br0", "br0 promisc on up"] {
        assert!(ip(&here, &format!("link set {change}")), "{change}");
    }
    assert!(ip(&here, "link set lo up"));
    // The kernel's own packets are ICMPv6.
    let arguments = "-i any --exclude lo --by iface,dir --window 1h tcp or udp";
    let monitor = Monitor::start(&here, arguments);
    let left_out = udp(&here, "127.0.0.1", 5001);
    left_out
        .send_to(&[1; 100], ("127.0.0.1", 5001))
        .expect("send");
    send(&from.a, 10);
    received(&onto.a, 10);
    let report = monitor.stop();
    let rows = [
        row("w1", "in", 10),
        row("br0", "in", 10),
        row("x1", "out", 10),
    ];
    assert_eq!(by_iface(&report), BTreeMap::from(rows));
    assert_eq!(report.start.counts, "sights");
}

#[test]
fn the_loopback_counts_both_ways() {
    root_or_skip!("the_loopback_counts_both_ways");
    let here = namespace();
    assert!(ip(&here, "link set lo up"));
    let monitor = Monitor::start(&here, "lo --by iface,dir,dport --window 1h");
    let (from, to) = (udp(&here, "127.0.0.1", 5001), udp(&here, "127.0.0.1", 5002));
    for _ in 0..10 {
        from.send_to(&[1; 100], ("127.0.0.1", 5002)).expect("send");
        to.recv(&mut [0; 200]).expect("receive");
    }
    let report = monitor.stop();
    let rows = [row("lo", "in", 10), row("lo", "out", 10)];
    assert_eq!(by_iface(&report), BTreeMap::from(rows));
    assert!(report.flows.iter().all(|flow| flow.dport == 5002));
    assert_eq!(report.start.counts, "sights");
}

/// Packets and bytes by interface, direction and port.
fn sights(report: &Report) -> BTreeMap<(String, String, u16), Count> {
    let mut sums = BTreeMap::<_, Count>::new();
    for flow in &report.flows {
        let name = |text: &Option<String>| text.clone().unwrap_or_default();
        let sum = sums.entry((name(&flow.iface), name(&flow.dir), flow.dport));
        sum.or_default().add(flow.packets, flow.bytes);
    }
    sums
}

#[test]
fn a_vxlan_has_the_frames_that_its_carrier_has_inside_of_others() {
    const NAME: &str = "a_vxlan_has_the_frames_that_its_carrier_has_inside_of_others";
    root_or_skip!("a_vxlan_has_the_frames_that_its_carrier_has_inside_of_others");
    const FRAME: u64 = 14 + 20 + 8 + 100;
    const AROUND: u64 = 14 + 20 + 8 + 8;
    let pair = addressed(OFFLOADS);
    for (end, local, remote, me, other) in [(&pair.a, A4, B4, 1, 2), (&pair.b, B4, A4, 2, 1)] {
        let (name, ip) = (&end.name, |arguments: &str| ip(&end.namespace, arguments));
        let kind = format!("vxlan id 42 local {local} remote {remote} dstport 4789 dev {name}");
        if !ip(&format!(
            "link add t0 address 02:00:00:00:00:0{me} type {kind}"
        )) {
            skip(NAME, "this kernel has no vxlan");
            return;
        }
        assert!(ip("link set t0 arp off up"));
        assert!(ip(&format!("addr add 10.8.0.{me}/24 dev t0")));
        assert!(ip(&format!(
            "neigh add 10.8.0.{other} lladdr 02:00:00:00:00:0{other} dev t0 nud permanent"
        )));
    }
    let arguments = "-i any --exclude lo --by iface,dir,dport --window 1h udp";
    let monitors = [&pair.a, &pair.b].map(|end| Monitor::start(&end.namespace, arguments));
    let receiver = udp(&pair.b.namespace, "10.8.0.2", 9);
    let sender = udp(&pair.a.namespace, "10.8.0.1", 4001);
    for _ in 0..10 {
        sender
            .send_to(&[1; 100], (address("10.8.0.2"), 9))
            .expect("send");
        receiver.recv(&mut [0; 200]).expect("receive");
    }
    for ((monitor, end), dir) in monitors
        .into_iter()
        .zip([&pair.a, &pair.b])
        .zip(["out", "in"])
    {
        let sight = |name: &str, port, bytes| {
            (
                (name.to_owned(), dir.to_owned(), port),
                Count::new(10, 10 * bytes),
            )
        };
        let want = [
            sight("t0", 9, FRAME),
            sight(&end.name, 4789, AROUND + FRAME),
        ];
        assert_eq!(sights(&monitor.stop()), BTreeMap::from(want));
    }
}

#[test]
fn devices_without_a_link_header_are_read_from_the_ip_header() {
    const NAME: &str = "devices_without_a_link_header_are_read_from_the_ip_header";
    root_or_skip!("devices_without_a_link_header_are_read_from_the_ip_header");
    // ARPHRD_*: PPP, raw IP, IPIP, 4in6 and 6in6, SIT, GRE, GRE over IPv6, none. A tun is of the kind
    // that it is told to be.
    const KINDS: [i32; 8] = [512, 519, 768, 769, 776, 778, 823, 65534];
    let here = namespace();
    let devices = KINDS.map(|kind| Tun::of_link_type(&here, &format!("p{kind}"), kind));
    if devices.iter().any(Result::is_err) {
        skip(NAME, "no tun");
        return;
    }
    for kind in KINDS {
        assert!(ip(&here, &format!("link set p{kind} up")));
    }
    let monitor = Monitor::start(&here, "-i p* --by iface,dir,dport,proto --window 1h udp");
    let mut packet = vec![
        0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ];
    packet.extend([16, 0, 0, 80, 0, 8, 0, 0]);
    let mut packet6 = [&[0x60, 0, 0, 0, 0, 8, 17, 64][..], &[0xfd; 32]].concat();
    packet6.extend([16, 0, 0, 80, 0, 8, 0, 0]);
    for device in devices.iter().flatten() {
        for packet in [&packet, &packet6] {
            device.send(packet).expect("send");
        }
    }
    for kind in KINDS {
        until("they arrive", || {
            let found = here.run(|| by_name(&format!("p{kind}"))).expect("enter");
            let found = found.expect("rtnetlink").expect("there");
            assert_eq!(i32::from(found.link), kind);
            found.counters.rx_packets >= 2
        });
    }
    let report = monitor.stop();
    assert_eq!(report.warned("iface_left_out"), 0);
    let want = KINDS.map(|kind| {
        let key = (format!("p{kind}"), "in".to_owned(), 80);
        (key, Count::new(2, 28 + 48))
    });
    assert_eq!(sights(&report), BTreeMap::from(want));
}
