//! io_uring: connections without a call that says connect.

use super::run::{NOT_HERE, Room};
use crate::harness::{root_or_skip, skip};

#[test]
fn what_a_ring_connects_is_its_owners() {
    const NAME: &str = "what_a_ring_connects_is_its_owners";
    root_or_skip!("what_a_ring_connects_is_its_owners");
    let room = Room::new();
    let report = room.try_run(&[], &[], "rings 1000");
    if report.code == Some(NOT_HERE) {
        return skip(NAME, "no rings here");
    }
    assert_eq!(report.code, Some(0), "{}", report.stderr);
    report.assert_told();
    report.assert_ended();
    let it = report.sum(|row| row.is("out", "ring"));
    assert_eq!(
        (it.attempts, it.established, it.failed_by.refused),
        (1000, 750, 250)
    );
    let opens = room.opens();
    assert_eq!(
        (opens.active, opens.passive, opens.failed),
        (1000, 750, 250)
    );
}
