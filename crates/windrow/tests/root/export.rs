//! Rows that leave the kernel through the ring buffer are those that are read where they lie. Needs
//! root.

use std::{thread, time::Duration};

use crate::harness::{
    exact::{exact, poll, stop, undropped, watch},
    net::{generate, pair, until},
    report::{Count, Report},
    root_or_skip,
};
use nix::sys::signal::Signal;
use windrow_lab::{Generator, Mix, Plan, VethOptions};

/// Frames of so many flows as fast as they go, or at a rate.
fn plan(flows: u32, frames: u64, rate_pps: Option<u64>) -> Plan {
    Plan {
        rate_pps,
        frames,
        mix: Mix {
            flows,
            ..Mix::default()
        },
        stray: true,
        ..Plan::default()
    }
}

/// What found no row.
fn folded(report: &Report) -> Count {
    let mut folded = Count::default();
    for window in &report.windows {
        folded.add(window.folded_packets.sum(), window.folded_bytes.sum());
    }
    folded
}

#[test]
fn rows_are_those_of_the_mapped_tables() {
    root_or_skip!("rows_are_those_of_the_mapped_tables");
    // Slowly enough to cross an edge; many windows; more rows than the ring of 128 KiB has room for.
    let cases = [
        ("1s", "128M", plan(1000, 200_000, Some(180_000))),
        ("10ms", "128M", plan(1000, 300_000, None)),
        ("1s", "1900000", plan(2000, 300_000, None)),
    ];
    for hook in ["tcx", "xdp"] {
        for (window, memory, plan) in &cases {
            let (ring, map) = undropped(|| {
                let pair = pair(VethOptions::default());
                let _napi = poll(&pair, hook);
                let more = format!("--window {window} --memory {memory} --export ring");
                let ring = watch(&pair, hook, &more);
                let map = watch(&pair, "tcx", &format!("--window {window} --export map"));
                let sent = [generate(&pair, plan)];
                Some((stop(ring, &pair, &sent)?, stop(map, &pair, &sent)?))
            });
            let (rows, mapped) = (ring.rows(), map.rows());
            assert_eq!(mapped.len(), plan.mix.flows as usize);
            // Of the small table's flows one or two may have found both of their buckets full.
            let mut absent = folded(&ring);
            for (key, whole) in mapped {
                let row = rows.get(&key).copied().unwrap_or_default();
                assert!(row.packets <= whole.packets && row.bytes <= whole.bytes);
                absent.packets -= whole.packets - row.packets;
                absent.bytes -= whole.bytes - row.bytes;
            }
            assert_eq!(absent, Count::default(), "{hook}, {window}");
            println!(
                "{hook}, {window}, {memory}: {} windows, {} rows",
                ring.windows.len(),
                ring.flows.len()
            );
        }
    }
}

#[test]
fn a_table_that_is_full_is_exported_whole() {
    root_or_skip!("a_table_that_is_full_is_exported_whole");
    let arguments = "--memory 1M --export ring";
    let report = exact("tcx", arguments, &plan(50_000, 400_000, None));
    assert!(folded(&report).packets > 0, "the table was to be too small");
    assert!(report.flows.iter().any(|flow| !flow.exact));
}

#[test]
fn a_monitor_that_is_stopped_for_10_s_makes_a_late_window_and_loses_nothing() {
    root_or_skip!("a_monitor_that_is_stopped_for_10_s_makes_a_late_window_and_loses_nothing");
    let pair = pair(VethOptions::default());
    let _napi = poll(&pair, "tcx");
    let monitor = watch(&pair, "tcx", "--window 1s --export ring");
    let plan = Plan {
        duration: Some(Duration::from_secs(60)),
        ..plan(20_000, u64::MAX, Some(100_000))
    };
    let generator = Generator::load().expect("load");
    let running = generator
        .run(&pair.a.namespace, pair.a.index, &plan)
        .expect("run");
    until("the first windows", || monitor.seen() > 0);
    monitor.signal(Signal::SIGSTOP);
    thread::sleep(Duration::from_secs(10));
    let before = monitor.seen();
    monitor.signal(Signal::SIGCONT);
    until("windows go on", || monitor.seen() > before + 1_000_000);
    running.stop().expect("stop");
    let sent = running.join().expect("join");
    let report = stop(monitor, &pair, &[sent]).expect("nothing was dropped");
    let late = report.windows.iter().filter(|window| window.late).count();
    assert!(late >= 1, "a window of 10 s is late");
    assert_eq!(report.warned("late"), late);
    assert_eq!(report.rows().len(), 20_000);
    let largest = report.windows.iter().map(|one| one.packets).max();
    println!("{} sent, late {late}, largest {largest:?}", sent.packets);
}
