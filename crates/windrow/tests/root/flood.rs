//! More flows than rows at full speed: every packet is somewhere, and the kernel holds what was said at
//! the start, no more. Needs root.

use crate::harness::{
    exact::{HOOKS, assert_bounds, poll, shares, stop, undropped, watch},
    net::{generate, pair},
    report::Report,
    root_or_skip,
};
use windrow_lab::{Generator, Mix, Plan, VethOptions};

/// Rows that are looked at: each of half a million would be a line of JSON.
const LOOKED_AT: usize = 20_000;

#[test]
fn two_million_flows_at_full_speed_lose_nothing() {
    root_or_skip!("two_million_flows_at_full_speed_lose_nothing");
    let mix = Mix {
        flows: 2_000_000,
        ..Mix::default()
    };
    let plan = Plan {
        frames: 4_000_000,
        mix,
        ..Plan::default()
    };
    let truth = shares(&mix, plan.frames);
    for hook in HOOKS {
        let report = undropped(|| {
            let pair = pair(VethOptions::default());
            let _napi = poll(&pair, hook);
            let monitor = watch(&pair, hook, &format!("--window 2s --top {LOOKED_AT}"));
            let before = monitor.map_bytes();
            let sent = generate(&pair, &plan);
            assert_eq!(monitor.map_bytes(), before, "memory is fixed at start");
            let report = stop(monitor, &pair, &[sent])?;
            let declared = report.start.memory_bytes;
            assert!(before <= declared, "{before} of {declared} bytes");
            assert!(before * 10 >= declared * 9, "{before} of {declared} bytes");
            Some(report)
        });
        let folded: u64 = report
            .windows
            .iter()
            .map(|it| it.folded_packets.sum())
            .sum();
        let spilled: u64 = report.windows.iter().map(|it| it.spilled_rows).sum();
        assert!(folded > 0, "the table was to be too small");
        for window in &report.windows {
            assert_eq!((window.residue_packets, window.residue_bytes), (0, 0));
        }
        // A flow's packets may be in several windows: of each alone only the lower bound is known.
        for flow in &report.flows {
            let truth = truth[&flow.key()];
            assert!(flow.packets <= truth.packets && flow.bytes <= truth.bytes);
        }
        let levels = report.windows.iter().map(|it| it.folded_packets.level_24);
        assert!(
            levels.sum::<u64>() > 0,
            "destinations are few: they have networks"
        );
        println!(
            "{hook}: {} windows, {folded} of {} packets folded, {spilled} rows spilled",
            report.windows.len(),
            plan.frames
        );
    }
}

/// Rows of a table for a place in its log.
const ROWS_A_PLACE: u64 = 32;

#[test]
fn logs_are_read_while_two_cpus_write_them_again_and_again() {
    root_or_skip!("logs_are_read_while_two_cpus_write_them_again_and_again");
    let mix = Mix {
        flows: 500_000,
        ..Mix::default()
    };
    // At full speed logs are full whenever they are read; at the other they are being written to.
    for (rate_pps, frames, memory) in [(None, 2_000_000, "8M"), (Some(40_000), 120_000, "16M")] {
        let plan = Plan {
            rate_pps,
            frames,
            mix,
            stray: true,
            ..Plan::default()
        };
        let mut truth = shares(&mix, frames);
        for share in truth.values_mut() {
            // Each flow is on both CPUs.
            share.add(share.packets, share.bytes);
        }
        for hook in HOOKS {
            let report = by_two_cpus(hook, memory, &plan);
            let places = 2 * report.start.rows_per_cpu / ROWS_A_PLACE;
            let spilled = report.windows.iter().map(|it| it.spilled_rows).max();
            assert!(spilled > Some(4 * places), "{spilled:?}, {places} places");
            assert_bounds(&report, &truth);
            println!(
                "{hook}, {rate_pps:?} packets a second: {spilled:?} rows spilled, {places} places"
            );
        }
    }
}

/// The report of two runs of a plan at once, one on each CPU, past one windrow that spills what it can.
/// It is exact: residue is 0, and the lines of each window come to what was sent.
fn by_two_cpus(hook: &str, memory: &str, plan: &Plan) -> Report {
    let options = VethOptions {
        rx_queues: 2,
        tx_queues: 2,
        ..VethOptions::default()
    };
    let generator = Generator::load().expect("load");
    undropped(|| {
        let pair = pair(options);
        let _napi = poll(&pair, hook);
        let arguments = format!("--window 24h --spill-budget 100% --memory {memory}");
        let monitor = watch(&pair, hook, &arguments);
        let running = [0, 1].map(|cpu| {
            let cpu = Some(cpu);
            let plan = Plan { cpu, ..*plan };
            let running = generator.run(&pair.a.namespace, pair.a.index, &plan);
            running.expect("run")
        });
        let sent = running.map(|running| running.join().expect("join"));
        stop(monitor, &pair, &sent)
    })
}
