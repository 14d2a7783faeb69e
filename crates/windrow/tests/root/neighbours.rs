//! Who else is at an interface: what others do there is said, and what they have there stays. Needs
//! root.

use std::time::Duration;

use crate::harness::{
    bpf::{XDP_DROP, attached, foreign, leave_filter, leave_generic_xdp},
    monitor::Monitor,
    net::{A4, B4, addressed, counters, pair, received, tc, udp, until},
    root_or_skip,
    watched::send,
};
use nix::sys::signal::Signal;
use windrow_lab::{End, VethOptions};
use windrow_netif::{Filter, filter_qdisc, filters};

/// All that others have at traffic control: queueing disciplines, and filters in both directions.
fn of_others(end: &End) -> (String, Option<String>, Vec<Filter>) {
    let list = |inwards| filters(end.index, inwards).expect("rtnetlink");
    let all = || {
        let qdisc = filter_qdisc(end.index).expect("rtnetlink");
        (qdisc, [list(true), list(false)].concat())
    };
    let (qdisc, filters) = end.namespace.run(all).expect("enter");
    (tc(end, "qdisc show dev w1"), qdisc, filters)
}

#[test]
fn what_others_have_there_stays_however_a_run_ends() {
    root_or_skip!("what_others_have_there_stays_however_a_run_ends");
    let pair = pair(VethOptions::default());
    let end = &pair.b;
    tc(end, "qdisc add dev w1 root handle 5: pfifo limit 77");
    tc(end, "qdisc add dev w1 clsact");
    tc(
        end,
        "filter add dev w1 ingress pref 7 protocol ip u32 match u32 0 0 flowid 1:1",
    );
    leave_filter(end, &foreign(c"theirs"), true);
    leave_filter(end, &foreign(c"windrow_out"), false);
    let before = of_others(end);
    assert!(before.2.len() >= 3, "{before:?}");
    for hook in ["tcx", "xdp"] {
        for signal in [Signal::SIGINT, Signal::SIGKILL] {
            let arguments = format!("-i w* --hook {hook} --window 100ms --memory 4M");
            let monitor = Monitor::start(&end.namespace, &arguments);
            let arrived = counters(end).rx_packets;
            send(&pair.a, 10);
            received(end, arrived + 10);
            until("they are counted", || monitor.seen() >= 10);
            assert_eq!(of_others(end), before, "{hook}, while it runs");
            match signal {
                Signal::SIGKILL => monitor.murder(),
                _ => assert_eq!(monitor.stop().code, Some(0)),
            }
            until("ours are gone", || attached(end) == 0);
            assert_eq!(of_others(end), before, "{hook}, {signal}");
        }
    }
}

#[test]
fn a_program_at_xdp_that_keeps_packets_from_traffic_control_is_named() {
    root_or_skip!("a_program_at_xdp_that_keeps_packets_from_traffic_control_is_named");
    let pair = addressed(VethOptions::default());
    let monitor = Monitor::start(&pair.b.namespace, "w1 --window 250ms");
    leave_generic_xdp(&pair.b, XDP_DROP);
    let there = udp(&pair.a.namespace, A4, 4000);
    // Three windows, as much as a window more until the first begins, and as many again.
    for _ in 0..200 {
        // Of few packets in a window nothing is concluded: enough even where this is held up.
        for _ in 0..10 {
            there.send_to(&[1; 100], (B4, 4001)).expect("send");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let report = monitor.stop();
    assert_eq!(report.seen().packets, 0);
    let first = report
        .windows
        .iter()
        .find(|one| one.iface_packets > Some(0));
    let first = first.expect("the interface counts them").seq;
    let hidden = report.warnings.iter().find(|one| one.code == "hidden");
    let warning = hidden.unwrap_or_else(|| panic!("not said: {:?}", report.windows));
    let last = report.told_by(first);
    let soon = warning.seq <= last || report.late_in(&(first..last + 1));
    assert!(
        warning.seq >= first && soon,
        "{warning:?} is not in {first} to {last}: {:?}",
        report.windows
    );
    for part in ["w1", "coming in", "\"generic\" (id "] {
        assert!(warning.text.contains(part), "{part} is not in {warning:?}");
    }
}
