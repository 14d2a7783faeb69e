//! More keys than rows.

use nix::libc::SYS_getppid;

use super::run::calls;
use crate::harness::root_or_skip;

#[test]
fn with_too_few_rows_all_sums_are_exact_and_rows_give_bounds() {
    root_or_skip!("with_too_few_rows_all_sums_are_exact_and_rows_give_bounds");
    const PROCESSES: u64 = 3000;
    const N: u64 = 5;
    // One window: in each there is room for so many.
    let options = ["--rows", "1024", "--window", "24h"];
    let report = calls(&options, &format!("many {PROCESSES} {N}"));
    let sums = &report.summary.sums;
    assert!(sums.folded_events > 0, "{sums:?}");
    let [window] = &report.windows[..] else {
        panic!("one window: {:?}", report.windows);
    };
    assert!(window.rows <= window.capacity_rows, "{window:?}");
    // Each child has calls of four numbers that return: what it makes is 2 + n calls, beside its way out.
    let of_children = (PROCESSES + 1) * 2 + PROCESSES * N + 100 * N;
    assert!(sums.events - sums.filtered_events > of_children);
    assert_eq!(sums.without_enter.child, PROCESSES + 1);
    assert_eq!(sums.never_returned, PROCESSES + 2);
    // What is in rows is at most what there was, and with what may have been folded at least.
    let known = report.by("known", SYS_getppid);
    assert!(
        known.count <= 100 * N && known.count_hi >= 100 * N,
        "{known:?}"
    );
    for row in report.rows.iter().filter(|row| row.is(SYS_getppid)) {
        let truth = if row.comm.as_deref() == Some("known") {
            100 * N
        } else {
            N
        };
        assert!(row.count <= truth && truth <= row.count_hi, "{row:?}");
    }
    let codes: Vec<&str> = report.warnings.iter().map(|it| it.code.as_str()).collect();
    assert!(codes.contains(&"table_full"), "{codes:?}");
}

#[test]
fn with_room_for_all_nothing_is_folded() {
    root_or_skip!("with_room_for_all_nothing_is_folded");
    let report = calls(&["--window", "24h"], "many 300 5");
    assert_eq!(report.summary.sums.folded_events, 0);
    report.assert(SYS_getppid, 300 * 5 + 500, 0);
    assert_eq!(report.by("known", SYS_getppid).count, 500);
    assert!(report.rows.iter().all(|row| row.exact));
}
