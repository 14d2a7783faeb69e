use super::*;
use crate::edges::WallNanos;

const SECOND: Duration = Duration::from_secs(1);

fn law() -> Adaptive {
    Adaptive::new(LISTED[0], LISTED[8], SECOND)
}

/// A table of 1000 rows.
fn load(rows: u64, spilled: u64, folded: u64) -> Load {
    let fill = Fill {
        rows,
        spilled,
        folded,
        passed: 10_000,
        capacity: 1000,
    };
    [fill].into_iter().collect()
}

/// A whole window that began with a second.
fn window(seconds: u64) -> Span {
    let length = Duration::from_secs(seconds);
    let end = WallNanos(2 * length.as_nanos() as i64);
    Span {
        window: Some(length),
        ..Span::on_edges(0, WallNanos(end.0 / 2), end)
    }
}

fn said(change: Option<Change>) -> String {
    change.map_or_else(String::new, |change| change.to_string())
}

#[test]
fn full_tables_and_folds_shorten_at_once() {
    let closed = |load| said(law().closed(&window(1), &load));
    assert_eq!(closed(load(700, 0, 0)), "");
    assert_eq!(
        closed(load(701, 0, 0)),
        "windows are now 500 ms long: 70 % of the rows in use"
    );
    assert_eq!(closed(load(500, 0, 100)), "");
    assert_eq!(
        closed(load(900, 150, 310)),
        "windows are now 250 ms long: 3.1 % of the packets folded"
    );
    // Even that is predicted to be too long.
    assert_eq!(
        closed(load(1000, 0, 9000)),
        "windows are now 250 ms long: 90 % of the packets folded"
    );
}

#[test]
fn what_is_seen_inside_a_window_counts_by_the_part_that_is_over() {
    let mut law = Adaptive::new(LISTED[0], LISTED[8], LISTED[8]);
    assert!(!law.look(&load(600, 0, 0), SECOND));
    assert!(law.look(&load(800, 0, 0), 3 * SECOND));
    assert_eq!(law.lengths().target(), 2 * SECOND);
    assert!(!law.look(&load(900, 0, 0), 3 * SECOND + LISTED[1]));
    assert!(law.look(&load(1000, 0, 500), 4 * SECOND));
    // All of it is said of the window in which it was decided.
    let change = law.closed(&window(5), &load(1000, 0, 1000));
    let said_of_all = "windows are now 1 s long: 5.0 % of the packets folded";
    assert_eq!(said(change), said_of_all);
    assert_eq!(change.map(|change| change.from), Some(LISTED[8]));
    assert_eq!(law.closed(&window(1), &load(100, 0, 0)), None);
}

#[test]
fn trouble_never_lengthens() {
    let mut law = Adaptive::new(LISTED[0], LISTED[8], LISTED[0]);
    assert_eq!(law.closed(&window(60), &load(800, 0, 0)), None);
    assert_eq!(law.lengths().target(), LISTED[0]);
}

#[test]
fn three_calm_windows_in_a_row_lengthen_by_a_step() {
    let mut law = law();
    let calm = load(250, 0, 0);
    let steps = [calm, calm, load(251, 0, 0), calm, calm];
    for load in steps {
        assert_eq!(law.closed(&window(1), &load), None);
    }
    assert_eq!(
        said(law.closed(&window(1), &calm)),
        "windows are now 2 s long: three calm windows, 50 % predicted"
    );
    // The count begins anew, and windows of another length do not count.
    for _ in 0..9 {
        assert_eq!(law.closed(&window(1), &load(1, 0, 0)), None);
    }
    for _ in 0..2 {
        assert_eq!(law.closed(&window(2), &load(1, 0, 0)), None);
    }
    let text = "windows are now 5 s long: three calm windows, 0.2 % predicted";
    assert_eq!(said(law.closed(&window(2), &load(1, 0, 0))), text);
}

#[test]
fn only_whole_windows_are_calm() {
    let (idle, whole) = (load(0, 0, 0), window(1));
    let mut cut = whole;
    cut.slot.start.0 += 1;
    let late = Span {
        late: true,
        ..whole
    };
    let set = Span {
        clock_step: 1,
        ..whole
    };
    for broken in [cut, late, set] {
        let mut law = law();
        for span in [whole, whole, broken, whole, whole] {
            assert_eq!(law.closed(&span, &idle), None);
        }
        assert!(law.closed(&whole, &idle).is_some());
    }
}

#[test]
fn bounds_hold() {
    let mut law = Adaptive::new(LISTED[2], LISTED[3], LISTED[2]);
    assert_eq!(law.closed(&window(1), &load(1000, 0, 9000)), None);
    for _ in 0..20 {
        law.closed(&window(1), &load(0, 0, 0));
        law.closed(&window(2), &load(0, 0, 0));
    }
    assert!(law.lengths().target() <= LISTED[3]);
}

#[test]
fn cpus_without_a_table_decide_nothing() {
    let without = Fill {
        folded: 5000,
        passed: 5000,
        ..Fill::default()
    };
    let with = Fill {
        rows: 10,
        passed: 5000,
        capacity: 1000,
        ..Fill::default()
    };
    let load: Load = [without, with].into_iter().collect();
    assert!(!load.is_folding());
    assert_eq!(load.occupancy(), 0.01);
}
