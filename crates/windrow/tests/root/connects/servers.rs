//! Whose an accepted connection is, and what addresses it has.

use super::{
    run::{Live, Room},
    told::told,
};
use crate::harness::root_or_skip;

#[test]
fn what_workers_accept_is_the_listeners() {
    root_or_skip!("what_workers_accept_is_the_listeners");
    let report = Room::new().run_as_told(&[], "preforked 4 1000");
    report.assert_ended();
    assert_eq!(report.sum(|row| row.is("in", "listener")).established, 1000);
    assert_eq!(report.summary.sums.accepted, 1000);
}

#[test]
fn servers_at_one_port_have_rows_of_their_own() {
    root_or_skip!("servers_at_one_port_have_rows_of_their_own");
    let report = Room::new().run_as_told(&[], "reuseport 4 1000");
    report.assert_ended();
    let servers = told(&report.stdout);
    let busy = servers
        .iter()
        .filter(|it| it.dir == "in" && it.sum.established > 0);
    assert!(busy.count() > 1, "the kernel spreads them: {servers:?}");
}

#[test]
fn ipv4_is_ipv4_whatever_the_sockets_are() {
    root_or_skip!("ipv4_is_ipv4_whatever_the_sockets_are");
    let report = Room::new().run_as_told(&[], "families 100");
    report.assert_ended();
    for (comm, address) in [
        ("plain", "127.0.0.1"),
        ("mapped", "127.0.0.1"),
        ("six", "::1"),
        ("any", "127.0.0.1"),
    ] {
        let rows = report.sum(|row| row.is("out", comm) && row.between(address, address));
        assert_eq!((rows.attempts, rows.established), (100, 100), "{comm}");
    }
    let accepted =
        |address| report.sum(|row| row.is("in", "server") && row.between(address, address));
    assert_eq!(accepted("127.0.0.1").established, 300);
    assert_eq!(accepted("::1").established, 100);
}

#[test]
fn the_same_is_seen_of_the_whole_host() {
    root_or_skip!("the_same_is_seen_of_the_whole_host");
    let room = Room::new();
    let live = Live::new(&[]);
    let said = ["preforked 2 200", "reuseport 2 200", "families 50"].map(|it| room.play(it));
    let report = live.stop();
    for said in said {
        report.assert_told_by(&said);
    }
}

#[test]
fn servers_at_one_port_of_several_addresses_are_not_mixed() {
    root_or_skip!("servers_at_one_port_of_several_addresses_are_not_mixed");
    let report = Room::new().run_as_told(&[], "neighbours 10");
    report.assert_ended();
    for (name, dst, n) in [
        ("first", "127.0.0.1", 10),
        ("second", "127.0.0.2", 40),
        ("third", "127.0.0.3", 30),
        ("fourth", "127.0.0.1", 10),
        ("fifth", "127.0.0.3", 30),
    ] {
        let its = report.sum(|row| row.is("in", name) && row.dst.as_deref() == Some(dst));
        assert_eq!(its.established, n, "{name}: {report:#?}");
    }
}

#[test]
fn a_listener_is_whose_call_made_it_one() {
    root_or_skip!("a_listener_is_whose_call_made_it_one");
    let report = Room::new().run_as_told(&[], "lent 50");
    report.assert_ended();
    assert_eq!(report.sum(|row| row.is("in", "server")).established, 50);
}
