//! Namespaces, pairs with addresses, traffic and the kernel's own counters.

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use windrow_lab::{
    End, Generator, Namespace, Plan, Sent, VethOptions, VethPair, add_address, add_neighbour,
};
use windrow_netif::{Counters, by_index};

/// Longer than any process is waited for.
const PATIENCE: Duration = Duration::from_secs(150);

pub const A4: &str = "10.9.0.1";
pub const B4: &str = "10.9.0.2";
pub const A6: &str = "fd09::1";
pub const B6: &str = "fd09::2";

/// Offloads and polling as a new veth has them: super-frames cross it whole.
pub const OFFLOADS: VethOptions = VethOptions {
    rx_queues: 1,
    tx_queues: 1,
    mtu: 1500,
    offloads: true,
    gro: false,
    arp: false,
};

pub fn namespace() -> Namespace {
    Namespace::new().expect("namespace")
}

/// `w0` and `w1` in a namespace each.
pub fn pair(options: VethOptions) -> VethPair {
    VethPair::new(&namespace(), "w0", &namespace(), "w1", options).expect("veth")
}

/// The same with addresses, [`A4`] and [`A6`] at `w0`, [`B4`] and [`B6`] at `w1`.
pub fn addressed(options: VethOptions) -> VethPair {
    let pair = pair(options);
    let ends = [(&pair.a, A4, A6), (&pair.b, B4, B6)];
    for (end, four, six) in ends {
        add_address(&end.namespace, &end.name, address(four), 24).expect("IPv4");
        add_address(&end.namespace, &end.name, address(six), 64).expect("IPv6");
    }
    for ((end, ..), (other, four, six)) in [(ends[0], ends[1]), (ends[1], ends[0])] {
        for text in [four, six] {
            let added = add_neighbour(&end.namespace, &end.name, address(text), other.mac);
            added.expect("neighbour");
        }
    }
    pair
}

pub fn address(text: &str) -> IpAddr {
    text.parse().expect("address")
}

pub fn counters(end: &End) -> Counters {
    let found = end.namespace.run(|| by_index(end.index));
    let found = found.expect("enter").expect("rtnetlink");
    found.expect("interface").counters
}

/// Waits for a condition; a test that waits in vain fails by that name.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until the interface has received so many packets, and whoever counts behind it too.
pub fn received(end: &End, packets: u64) -> Counters {
    let started = Instant::now();
    loop {
        let now = counters(end);
        if now.rx_packets >= packets {
            break;
        }
        let waited = started.elapsed();
        assert!(waited < PATIENCE, "{packets} were to arrive: {now:?}");
        thread::sleep(Duration::from_millis(2));
    }
    // A veth counts a batch before or after it hands it over.
    thread::sleep(Duration::from_millis(20));
    counters(end)
}

/// Sends from `w0`; returns when all of it was sent.
pub fn generate(pair: &VethPair, plan: &Plan) -> Sent {
    let generator = Generator::load().expect("load");
    let running = generator.run(&pair.a.namespace, pair.a.index, plan);
    let sent = running.expect("run").join().expect("join");
    assert_eq!(sent.refused, 0);
    sent
}

/// `ip ARGUMENTS` in a namespace; false where this kernel cannot.
pub fn ip(namespace: &Namespace, arguments: &str) -> bool {
    let words = arguments.split_whitespace();
    let output = namespace.run(|| Command::new("ip").args(words).output());
    let output = output.expect("enter").expect("ip");
    if !output.status.success() {
        println!(
            "ip {arguments}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    output.status.success()
}

/// `tc ARGUMENTS` where an interface is; what it prints.
pub fn tc(end: &End, arguments: &str) -> String {
    let words = arguments.split_whitespace();
    let output = end
        .namespace
        .run(|| Command::new("tc").args(words).output());
    let output = output.expect("enter").expect("tc");
    assert!(output.status.success(), "{arguments}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A bound UDP socket in a namespace; a packet that does not come is an error to who waits for it.
pub fn udp(namespace: &Namespace, at: &str, port: u16) -> UdpSocket {
    let at = SocketAddr::new(address(at), port);
    let socket = namespace.run(|| UdpSocket::bind(at));
    let socket = socket.expect("enter").expect("bind");
    let waits = socket.set_read_timeout(Some(Duration::from_secs(10)));
    waits.expect("a time above zero");
    socket
}
