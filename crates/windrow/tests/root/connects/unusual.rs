//! Ways to TCP that are not the usual ones.

use super::run::{NOT_HERE, Room};
use crate::harness::{root_or_skip, skip};

#[test]
fn connections_of_several_paths_are_ones_of_tcp() {
    const NAME: &str = "connections_of_several_paths_are_ones_of_tcp";
    root_or_skip!("connections_of_several_paths_are_ones_of_tcp");
    let room = Room::new();
    let report = room.try_run(&[], &[], "multipath 10");
    if report.code == Some(NOT_HERE) {
        return skip(NAME, "no Multipath TCP here");
    }
    report.assert_told();
    report.assert_ended();
    let sums = &report.summary.sums;
    assert_eq!((sums.attempts, sums.established), (30, 20));
    assert_eq!((sums.accepted, sums.failed_by.refused), (20, 10));
}

#[test]
fn a_connection_that_a_cookie_stood_for_is_accepted_like_others() {
    const NAME: &str = "a_connection_that_a_cookie_stood_for_is_accepted_like_others";
    root_or_skip!("a_connection_that_a_cookie_stood_for_is_accepted_like_others");
    let room = Room::new();
    // Always: the server keeps nothing of what it has answered.
    if !room.set("net/ipv4/tcp_syncookies", "2") {
        return skip(NAME, "no cookies here");
    }
    let report = room.run_as_told(&[], "storm 2 2 500");
    report.assert_ended();
    assert_eq!(report.summary.sums.accepted, 1000);
}
