//! A table that is too small for its flows: totals stay exact, and each row's interval holds the truth.
//! Needs root.

use std::collections::HashMap;

use windrow_lab::{Mix, Plan};

use crate::harness::{
    exact::{exact, shares},
    lines::Key,
    report::{Count, Report},
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

/// The truth of each flow is inside its interval. A window without a row of the flow may hold as
/// much of it as `absent_packets_hi` says.
fn assert_bounds(report: &Report, truth: &HashMap<Key, Count>) {
    let mut absent = Count::default();
    let absent_in: HashMap<u64, Count> = report
        .windows
        .iter()
        .map(|window| {
            absent.add(window.absent_packets_hi, window.absent_bytes_hi);
            (
                window.seq,
                Count::new(window.absent_packets_hi, window.absent_bytes_hi),
            )
        })
        .collect();
    let mut high: HashMap<Key, Count> = truth.keys().map(|key| (*key, absent)).collect();
    for flow in &report.flows {
        let high = high.get_mut(&flow.key()).expect("a flow that was sent");
        let absent = absent_in[&flow.seq];
        high.packets = high.packets - absent.packets + flow.packets_hi;
        high.bytes = high.bytes - absent.bytes + flow.bytes_hi;
    }
    let low = report.rows();
    for (key, truth) in truth {
        let (low, high) = (low.get(key).copied().unwrap_or_default(), high[key]);
        assert!(
            low.packets <= truth.packets && truth.packets <= high.packets,
            "{key:?}"
        );
        assert!(
            low.bytes <= truth.bytes && truth.bytes <= high.bytes,
            "{key:?}"
        );
    }
}
