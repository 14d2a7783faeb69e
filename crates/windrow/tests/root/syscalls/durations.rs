//! How long calls take, beside what the clock said.

use nix::libc::SYS_nanosleep;

use super::run::{calls, calls_of_running};
use crate::harness::root_or_skip;

const MS: u64 = 1_000_000;

#[test]
fn sleeps_add_up_with_a_filter_and_without() {
    root_or_skip!("sleeps_add_up_with_a_filter_and_without");
    const SCENARIO: &str = "sleeps 100 10000000";
    let only = ["--syscall", "nanosleep"];
    let reports = [
        calls(&[], SCENARIO),
        calls(&only, SCENARIO),
        calls_of_running(&only, SCENARIO),
    ];
    for report in reports {
        report.assert(SYS_nanosleep, 100, 0);
        let total_ns = report.of(SYS_nanosleep).total_ns;
        // By the clock of who slept; on a busy host it wakes up late.
        let took_ns: u64 = report.stdout.trim().parse().expect("a number");
        assert!(total_ns >= 1000 * MS && total_ns <= took_ns, "{total_ns}");
        assert!(took_ns - total_ns < took_ns / 10, "{total_ns} of {took_ns}");
        for row in report.rows.iter().filter(|row| row.is(SYS_nanosleep)) {
            assert!(row.min_ns >= Some(10 * MS), "{row:?}");
            assert!(row.total_ns >= row.count * 10 * MS, "{row:?}");
        }
    }
}

/// The value that so many of a hundred are not above.
fn quantile(sorted: &[u64], percent: usize) -> u64 {
    sorted[(sorted.len() * percent).div_ceil(100) - 1]
}

#[test]
fn quantiles_are_those_of_the_clock() {
    root_or_skip!("quantiles_are_those_of_the_clock");
    /// Between a call's end and when its program reads the clock.
    const CLOCK_NS: u64 = 20_000;
    let report = calls(&["--window", "24h"], "spread 100 400000");
    let lines = report.stdout.lines();
    let mut took: Vec<u64> = lines.map(|line| line.parse().expect("a number")).collect();
    took.sort_unstable();
    assert_eq!(took.len(), 100);
    let rows: Vec<_> = report
        .rows
        .iter()
        .filter(|row| row.is(SYS_nanosleep))
        .collect();
    let [row] = rows[..] else {
        panic!("one window, one row: {rows:?}");
    };
    assert_eq!(row.count, 100);
    let near = |seen: Option<u64>, exact: u64, within: u64| {
        let seen = seen.expect("all have a time");
        assert!(
            seen.abs_diff(exact) <= within + CLOCK_NS,
            "{seen}, not {exact}: {row:?}"
        );
    };
    for (seen, percent) in [(row.p50_ns, 50), (row.p99_ns, 99)] {
        let exact = quantile(&took, percent);
        near(seen, exact, exact / 20);
    }
    // These are exact; whoever lets others run between a call's end and its clock is late.
    assert!(row.max_ns.expect("a time") <= took[99] && row.min_ns.expect("a time") <= took[0]);
    assert!(row.total_ns <= took.iter().sum());
    near(row.min_ns, took[0], took[0] / 20);
}
