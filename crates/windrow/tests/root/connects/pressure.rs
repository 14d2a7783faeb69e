//! More keys than rows, and no memory to keep what is in flight.

use super::run::Room;
use crate::harness::{root_or_skip, skip};

#[test]
fn with_too_few_rows_all_sums_are_exact_and_rows_give_bounds() {
    root_or_skip!("with_too_few_rows_all_sums_are_exact_and_rows_give_bounds");
    const PORTS: u64 = 10_000;
    const KNOWN: u64 = 5_000;
    let room = Room::new();
    // One window: in each there is room for so many.
    let options = ["--rows", "1024", "--window", "24h"];
    let report = room.run(&options, &format!("many {PORTS} 9 {KNOWN}"));
    report.assert_ended();
    let sums = &report.summary.sums;
    let all = PORTS + KNOWN;
    assert_eq!(
        (sums.attempts, sums.failed, sums.failed_by.refused),
        (all, all, all)
    );
    // An attempt and its end.
    assert_eq!(
        sums.events - sums.filtered_events - sums.other_events,
        2 * all
    );
    assert!(sums.folded_events > 0, "{sums:?}");
    assert_eq!(room.opens().failed, all);
    let [window] = &report.windows[..] else {
        panic!("one window: {:?}", report.windows);
    };
    assert!(window.rows <= window.capacity_rows, "{window:?}");
    // A row has no more than there was, and with what may have been folded no less.
    for row in &report.rows {
        let truth = 2 * if row.dport == Some(9) { KNOWN } else { 1 };
        assert!(row.events <= truth && truth <= row.events_hi, "{row:?}");
    }
    let codes: Vec<&str> = report.warnings.iter().map(|it| it.code.as_str()).collect();
    assert!(codes.contains(&"table_full"), "{codes:?}");
}

#[test]
fn without_memory_beside_sockets_all_is_counted_without_times() {
    const NAME: &str = "without_memory_beside_sockets_all_is_counted_without_times";
    root_or_skip!("without_memory_beside_sockets_all_is_counted_without_times");
    let room = Room::new();
    // What a socket may hold beside its buffers; of each namespace since 6.8.
    if !room.set("net/core/optmem_max", "1") {
        return skip(NAME, "optmem_max is not of the namespace");
    }
    let report = room.run(&[], "storm 2 2 1000");
    report.assert_ended();
    let sums = &report.summary.sums;
    assert_eq!(sums.unkept, 2000);
    assert_eq!(
        (sums.attempts, sums.established, sums.failed),
        (2000, 2000, 0)
    );
    assert_eq!(sums.accepted, 2000);
    assert!(
        report
            .rows
            .iter()
            .all(|row| row.dir == "in" || row.handshakes == 0)
    );
    let report = room.run(&[], "refused 1000");
    report.assert_ended();
    let sums = &report.summary.sums;
    assert_eq!((sums.attempts, sums.failed_by.refused), (1000, 1000));
}
