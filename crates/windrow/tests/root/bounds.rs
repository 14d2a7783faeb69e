//! A table that is too small for its flows: totals stay exact, and each row's interval holds the truth.
//! Needs root.

use windrow_lab::{Mix, Plan};

use crate::harness::{
    exact::{assert_bounds, exact, shares},
    root_or_skip,
};

#[test]
fn a_full_table_folds_and_its_bounds_hold() {
    root_or_skip!("a_full_table_folds_and_its_bounds_hold");
    let mix = Mix {
        flows: 50_000,
        ..Mix::default()
    };
    let frames = 400_000;
    for (hook, window) in [("tcx", "1s"), ("xdp", "1s"), ("xdp", "100ms")] {
        let plan = Plan {
            frames,
            mix,
            stray: true,
            ..Plan::default()
        };
        let report = exact(hook, &format!("--window {window} --memory 1M"), &plan);
        let folded: u64 = report
            .windows
            .iter()
            .map(|one| one.folded_packets.sum())
            .sum();
        assert!(folded > 0, "the table was to be too small");
        // One warning a window at most, which `check` asserts, and one where something folded.
        let full = report
            .windows
            .iter()
            .filter(|one| one.folded_packets.sum() > 0)
            .count();
        assert_eq!(report.warned("table_full"), full);
        assert_bounds(&report, &shares(&mix, frames));
        println!("{hook}, {window}: folded {folded} of {frames} packets");
    }
}
