//! Why attempts fail, and that they do so once.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{
    lines::Row,
    run::{NOT_HERE, Room},
    told::told,
};
use crate::harness::{root_or_skip, skip};

#[test]
fn every_failure_is_counted_once_under_its_reason() {
    root_or_skip!("every_failure_is_counted_once_under_its_reason");
    let room = Room::unroutable();
    let report = room.run_as_told(&[], "fails");
    report.assert_ended();
    let sums = &report.summary.sums;
    assert_eq!((sums.established, sums.accepted), (0, 0));
    assert_eq!(sums.attempts, sums.failed);
    // What fails before a SYN is sent is no active open; what is given up no failed attempt.
    let it = &sums.failed_by;
    let at_once = [
        "no_route",
        "no_route6",
        "mapped",
        "unreachable",
        "prohibited",
        "blackhole",
    ];
    let at_once: u64 = at_once
        .iter()
        .map(|comm| report.sum(|row| row.is("out", comm)).attempts)
        .sum();
    assert_eq!(at_once, 60);
    let opens = room.opens();
    assert_eq!(opens.active, sums.attempts - at_once);
    assert_eq!(opens.failed, sums.failed - at_once - it.abandoned);
    // Nothing that failed took time to shake hands.
    assert!(report.rows.iter().all(|row| row.handshake_total_ns == 0));
}

#[test]
fn an_attempt_that_failed_at_once_has_a_destination() {
    root_or_skip!("an_attempt_that_failed_at_once_has_a_destination");
    let room = Room::unroutable();
    let report = room.run(&["--by", "comm,dst,dport", "--health"], "fails");
    for (comm, dst) in [
        ("no_route", "192.0.2.1"),
        ("no_route6", "fd77::1"),
        ("mapped", "10.1.0.1"),
        ("unreachable", "10.1.0.1"),
        ("prohibited", "10.2.0.1"),
        ("blackhole", "10.3.0.1"),
        ("no_host", "10.8.0.4"),
        ("timed_out", "10.8.0.3"),
    ] {
        let rows: Vec<&Row> = report.counted().filter(|row| row.is("out", comm)).collect();
        assert!(!rows.is_empty(), "{comm}: {report:#?}");
        for row in rows {
            assert_eq!(
                (row.dst.as_deref(), row.dport),
                (Some(dst), Some(80)),
                "{row:?}"
            );
        }
    }
    // What was sent more than once was sent by attempts that failed.
    let retransmits: u64 = report.counted().filter_map(|row| row.retransmits).sum();
    assert_eq!(retransmits, room.opens().retransmitted);
    assert!(report.counted().all(|row| row.closed == Some(0)));
}

#[test]
fn an_attempt_that_is_destroyed_is_given_up() {
    const NAME: &str = "an_attempt_that_is_destroyed_is_given_up";
    root_or_skip!("an_attempt_that_is_destroyed_is_given_up");
    let report = Room::new().try_run(&[], &[], "destroyed");
    if report.code == Some(NOT_HERE) {
        return skip(NAME, "sockets cannot be destroyed here");
    }
    report.assert_told();
    report.assert_ended();
    assert_eq!(report.summary.sums.failed_by.abandoned, 1);
}

#[test]
fn without_a_free_port_an_attempt_fails_for_another_reason() {
    const NAME: &str = "without_a_free_port_an_attempt_fails_for_another_reason";
    root_or_skip!("without_a_free_port_an_attempt_fails_for_another_reason");
    let room = Room::new();
    if !room.set("net/ipv4/ip_local_port_range", "40000 40004") {
        return skip(NAME, "the range of ports is not of the namespace");
    }
    let report = room.run_as_told(&[], "exhausted 10");
    report.assert_ended();
    let it = report.sum(|row| row.is("out", "exhausted"));
    // Of five ports the kernel may leave one unused.
    assert!((4..=5).contains(&it.established), "{it:?}");
    assert_eq!((it.attempts, it.failed_by.other), (10, 10 - it.established));
    let report = Room::new().run_as_told(&[], "occupied 5");
    report.assert_ended();
    let it = report.sum(|row| row.is("out", "occupied"));
    assert_eq!((it.established, it.failed_by.other), (1, 5));
}

#[test]
fn what_connects_still_has_not_failed() {
    root_or_skip!("what_connects_still_has_not_failed");
    let report = Room::new().run(&[], "left-connecting");
    let left = told(&report.stdout).pop().expect("it told");
    kill(Pid::from_raw(left.pid as i32), Signal::SIGKILL).expect("it is there");
    report.assert_told();
    let sums = &report.summary.sums;
    assert_eq!((sums.attempts, sums.established, sums.failed), (3, 0, 0));
    let in_flight = (sums.in_flight, report.summary.in_flight_sockets);
    assert_eq!(in_flight, (3, Some(3)));
}
