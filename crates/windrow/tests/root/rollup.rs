//! Longer windows of live packets: the same sums at each level, and bounds that hold. Needs root.

use crate::harness::{
    exact::{HOOKS, assert_bounds, exact, shares},
    root_or_skip,
};
use windrow_lab::{Mix, Plan};

/// Three seconds of packets of so many flows.
fn plan(flows: u32) -> Plan {
    Plan {
        rate_pps: Some(40_000),
        frames: 120_000,
        mix: Mix {
            flows,
            ..Mix::default()
        },
        stray: true,
        ..Plan::default()
    }
}

#[test]
fn every_level_adds_up_to_what_was_sent() {
    root_or_skip!("every_level_adds_up_to_what_was_sent");
    let plan = plan(1_000);
    for hook in HOOKS {
        let report = exact(hook, "--window 100ms --rollup 500ms,2s", &plan);
        let rows = report.rows();
        assert_eq!(rows, shares(&plan.mix, plan.frames));
        for tier in &report.tiers {
            assert_eq!(tier.rows(), rows);
            assert!(tier.flows.iter().all(|flow| flow.exact));
            let made_of: u64 = tier.windows.iter().filter_map(|it| it.windows).sum();
            let before = if tier.start.window_ns == 500_000_000 {
                report.windows.len()
            } else {
                report.tiers[0].windows.len()
            };
            assert_eq!(made_of, before as u64);
        }
        // From the second to the last but one nothing is missing, unless windows were late.
        let halves = &report.tiers[0].windows;
        let inner = &halves[1..halves.len() - 1];
        assert!(!inner.is_empty());
        for window in inner.iter().filter(|it| !it.late && it.windows == Some(5)) {
            assert_eq!(window.gap_ns, Some(0), "{window:?}");
        }
    }
}

#[test]
fn bounds_hold_at_every_level_when_seconds_and_minutes_fold() {
    root_or_skip!("bounds_hold_at_every_level_when_seconds_and_minutes_fold");
    let plan = plan(20_000);
    let truth = shares(&plan.mix, plan.frames);
    for hook in HOOKS {
        let tight = "--window 250ms --rollup 1s,10s --memory 2M --rollup-memory 1M";
        let report = exact(hook, tight, &plan);
        assert_bounds(&report, &truth);
        for tier in &report.tiers {
            assert_bounds(tier, &truth);
        }
        let folds = |windows: &[crate::harness::lines::Window]| {
            windows.iter().any(|it| it.folded_packets.sum() > 0)
        };
        assert!(folds(&report.windows), "seconds have too few rows");
        let [seconds, all] = &report.tiers[..] else {
            panic!("two levels");
        };
        assert!(folds(&seconds.windows) && folds(&all.windows));
    }
}
