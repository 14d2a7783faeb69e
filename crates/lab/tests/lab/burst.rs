//! Bursts of connections are as many as they say, and leave no port behind.

use std::{net::Ipv4Addr, net::SocketAddrV4, time::Duration};

use windrow_lab::Burst;

use crate::{namespace, root_or_skip};

#[test]
fn a_burst_ends_with_its_number_or_its_time_and_can_be_had_again() {
    root_or_skip!("a_burst_ends_with_its_number_or_its_time_and_can_be_had_again");
    let namespace = namespace();
    let burst = Burst {
        from: SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0),
        to: SocketAddrV4::new(Ipv4Addr::LOCALHOST, 80),
        most: 300,
        limit: Duration::from_secs(30),
    };
    for _ in 0..2 {
        assert_eq!(burst.run(&namespace).expect("connections"), 300);
        let left = namespace.run(|| std::fs::read_to_string("/proc/thread-self/net/sockstat"));
        let left = left.expect("enter").expect("proc");
        let tcp = left.lines().find(|line| line.starts_with("TCP:"));
        let tcp = tcp.expect("a line of TCP");
        assert!(
            tcp.starts_with("TCP: inuse 0 ") && tcp.contains(" tw 0 "),
            "{tcp}"
        );
    }
    let none = Burst {
        limit: Duration::ZERO,
        ..burst
    };
    assert_eq!(none.run(&namespace).expect("nothing"), 0);
}
