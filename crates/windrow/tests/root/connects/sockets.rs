//! What may be done with one socket: how often it counts, and how long its handshake takes.

use super::{run::Room, told::number};
use crate::harness::{root_or_skip, skip};

/// What the mirror of programs/wire.c takes there and back.
const ROUND_TRIP_NS: u64 = 20_000_000;

#[test]
fn an_attempt_counts_once_whatever_is_called_how_often() {
    root_or_skip!("an_attempt_counts_once_whatever_is_called_how_often");
    let room = Room::new();
    let report = room.run_as_told(&[], "sockets");
    report.assert_ended();
    let of = |comm| {
        let it = report.sum(|row| row.is("out", comm));
        (it.attempts, it.established, it.failed_by.refused)
    };
    assert_eq!(of("five"), (5, 2, 3));
    for comm in ["told_later", "asked_later"] {
        assert_eq!(of(comm), (1, 0, 1), "{comm}");
    }
    for comm in ["again", "interrupted", "itself", "inherited", "listened"] {
        assert_eq!(of(comm), (1, 1, 0), "{comm}");
    }
    assert_eq!(of("both"), (2, 2, 0));
    assert_eq!(of("others"), (0, 0, 0));
    assert_eq!(of("shared"), (1, 0, 0));
    // Nobody accepts what begins on both sides.
    let opens = room.opens();
    let sums = &report.summary.sums;
    assert_eq!(sums.attempts, opens.active);
    assert_eq!(sums.accepted, opens.passive);
    assert_eq!(sums.failed - sums.failed_by.abandoned, opens.failed);
    assert_eq!(sums.established - sums.accepted, 3);
}

#[test]
fn a_handshake_takes_the_time_of_its_way() {
    root_or_skip!("a_handshake_takes_the_time_of_its_way");
    let report = Room::new().run_as_told(&["--window", "24h"], "sockets");
    let took = number(&report.stdout, "slow_ns");
    let mut out = report.rows.iter().filter(|row| row.is("out", "slow"));
    let row = out.next().expect("a row");
    assert!(row.between("10.8.0.1", "10.8.0.2"), "{row:?}");
    assert_eq!(row.established, 5);
    let total = row.handshake_total_ns;
    assert!(
        total >= 5 * ROUND_TRIP_NS && total <= took,
        "{row:?} {took}"
    );
    // The histogram's steps are of 4.4 %.
    let p50 = row.p50_ns.expect("a histogram") as f64;
    assert!(
        p50 >= ROUND_TRIP_NS as f64 * 0.955 && p50 <= took as f64,
        "{row:?}"
    );
    // The server waits as long for what its answer is answered with.
    let way =
        |row: &&super::lines::Row| row.is("in", "server") && row.between("10.8.0.2", "10.8.0.1");
    let row = report.rows.iter().find(way).expect("a row");
    assert_eq!(row.established, 7, "five, again and interrupted: {row:?}");
    assert!(
        row.handshake_total_ns >= 7 * (ROUND_TRIP_NS - 1_000_000),
        "{row:?}"
    );
}

#[test]
fn what_is_opened_by_data_is_an_attempt_like_others() {
    const NAME: &str = "what_is_opened_by_data_is_an_attempt_like_others";
    root_or_skip!("what_is_opened_by_data_is_an_attempt_like_others");
    let room = Room::new();
    if !room.set("net/ipv4/tcp_fastopen", "3") {
        return skip(NAME, "no fast open here");
    }
    let report = room.run_as_told(&[], "fast-open 10");
    report.assert_ended();
    // Ten of them never sent anything.
    let sums = &report.summary.sums;
    assert_eq!((sums.attempts, sums.failed_by.abandoned), (30, 10));
    let opens = room.opens();
    assert_eq!((opens.active, opens.passive, sums.accepted), (20, 20, 20));
}
