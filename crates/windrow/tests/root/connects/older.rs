//! What was there before windrow.

use super::{
    run::{Live, Room},
    told::told,
};
use crate::harness::root_or_skip;

#[test]
fn connections_that_are_older_make_no_attempts_and_no_failures() {
    root_or_skip!("connections_that_are_older_make_no_attempts_and_no_failures");
    let room = Room::new();
    let mut held = room.hold("older-connections 10 5 3");
    let live = Live::new(&[]);
    let said = held.finish();
    let report = live.stop();
    let sums = &report.summary.sums;
    assert!(sums.begun_before >= 5, "{sums:?}");
    assert_eq!(sums.other_events, sums.begun_before, "{sums:?}");
    // Of sockets that are as old, what is attempted now is.
    let told = told(&said);
    let older = told.iter().find(|it| it.comm == "older").expect("it told");
    assert_eq!((older.sum.attempts, older.sum.established), (3, 3));
    older.assert(&report);
    // The server had accepted ten before.
    let server = told.iter().find(|it| it.comm == "server").expect("it told");
    assert_eq!(server.sum.established, 13);
    let seen = report.sum(|row| row.dir == "in" && row.pid == Some(server.pid));
    assert_eq!(seen.established, 3);
}

#[test]
fn what_an_older_server_accepts_is_its_own() {
    root_or_skip!("what_an_older_server_accepts_is_its_own");
    // At the same address and port, in namespaces of their own.
    let rooms = [Room::new(), Room::new()];
    let mut held = rooms.each_ref().map(|room| room.hold("older-server 100"));
    let live = Live::new(&[]);
    let said = held.each_mut().map(|held| held.finish());
    let report = live.stop();
    for said in said {
        report.assert_told_by(&said);
    }
}

#[test]
fn what_older_servers_at_one_port_accept_is_their_own() {
    root_or_skip!("what_older_servers_at_one_port_accept_is_their_own");
    let room = Room::new();
    let mut held = room.hold("older-reuseport 3 300");
    let live = Live::new(&[]);
    let said = held.finish();
    live.stop().assert_told_by(&said);
}

#[test]
fn what_an_older_servers_workers_accept_is_of_one_of_them() {
    root_or_skip!("what_an_older_servers_workers_accept_is_of_one_of_them");
    let room = Room::new();
    let mut held = room.hold("older-preforked 4 200");
    let live = Live::new(&[]);
    let said = held.finish();
    let report = live.stop();
    // Who listened is not known any more, but who holds the listener.
    let names = ["listener", "worker"];
    let accepted = report
        .sum(|row| row.dir == "in" && names.contains(&row.comm.as_deref().unwrap_or_default()));
    assert_eq!(accepted.established, 200, "{report:#?}");
    let clients = told(&said);
    let client = clients.iter().find(|it| it.dir == "out").expect("it told");
    client.assert(&report);
}
