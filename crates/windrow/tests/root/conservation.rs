//! Nothing is lost and nothing is counted twice: what `windrow monitor` prints is what was sent,
//! by the sender's own count and by the interface's counters. Needs root.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use crate::harness::{
    exact::{HOOKS, assert_totals, exact, poll, shares, stop, undropped, watch},
    monitor::Monitor,
    net::{A4, A6, B4, B6, address, addressed, pair, received, udp, until},
    report::{Count, Report},
    root_or_skip,
};
use nix::sys::signal::Signal;
use windrow_lab::{Generator, Mix, Plan, VethOptions};

#[test]
fn every_mix_is_exact_at_both_hooks_and_flow_by_flow() {
    root_or_skip!("every_mix_is_exact_at_both_hooks_and_flow_by_flow");
    for (vlan, fragments) in [(false, false), (true, false), (false, true), (true, true)] {
        let mix = Mix {
            vlan,
            fragments,
            ..Mix::default()
        };
        let expected = shares(&mix, 200_000);
        for hook in HOOKS {
            // At full speed, and slowly enough to cross an edge.
            for (window, rate_pps) in [("10ms", None), ("1s", Some(180_000))] {
                let plan = Plan {
                    rate_pps,
                    frames: 200_000,
                    mix,
                    stray: true,
                    ..Plan::default()
                };
                let report = exact(hook, &format!("--window {window}"), &plan);
                let rows = report.rows();
                assert_eq!(rows.len(), expected.len());
                for (key, share) in &expected {
                    assert_eq!(rows.get(key), Some(share), "{key:?}");
                }
                assert!(report.flows.iter().all(|flow| flow.exact));
                println!(
                    "{hook}, {window}, vlan {vlan}, fragments {fragments}: {} windows, {} rows",
                    report.windows.len(),
                    report.flows.len()
                );
            }
        }
    }
}

#[test]
fn both_cpus_at_full_speed_on_two_queues() {
    root_or_skip!("both_cpus_at_full_speed_on_two_queues");
    let frames = 1_000_000;
    for hook in HOOKS {
        for window in ["10ms", "1s"] {
            let options = VethOptions {
                rx_queues: 2,
                tx_queues: 2,
                ..VethOptions::default()
            };
            let generator = Generator::load().expect("load");
            let report = undropped(|| {
                let pair = pair(options);
                let _napi = poll(&pair, hook);
                let monitor = watch(&pair, hook, &format!("--window {window}"));
                let running = [0, 1].map(|cpu| {
                    let plan = Plan {
                        frames,
                        cpu: Some(cpu),
                        stray: true,
                        ..Plan::default()
                    };
                    generator
                        .run(&pair.a.namespace, pair.a.index, &plan)
                        .expect("run")
                });
                let sent = running.map(|running| running.join().expect("join"));
                stop(monitor, &pair, &sent)
            });
            // Each flow was on both CPUs: its rows are merged, both shares in it.
            let rows = report.rows();
            for (key, share) in shares(&Mix::default(), frames) {
                let twice = Count::new(2 * share.packets, 2 * share.bytes);
                assert_eq!(rows.get(&key), Some(&twice), "{key:?}");
            }
            println!(
                "{hook}, {window}: {} windows, late {}",
                report.windows.len(),
                late(&report)
            );
        }
    }
}

#[test]
fn two_pairs_and_two_windrows_at_once() {
    root_or_skip!("two_pairs_and_two_windrows_at_once");
    let frames = 500_000;
    let generator = Generator::load().expect("load");
    undropped(|| {
        let pairs = [0, 1].map(|_| pair(VethOptions::default()));
        let _napi = poll(&pairs[0], "tcx");
        let monitors = [
            watch(&pairs[0], "tcx", "--window 10ms"),
            watch(&pairs[1], "xdp", "--window 10ms"),
        ];
        let running = [0, 1].map(|cpu| {
            let plan = Plan {
                frames,
                cpu: Some(cpu),
                stray: true,
                ..Plan::default()
            };
            let pair = &pairs[cpu];
            generator
                .run(&pair.a.namespace, pair.a.index, &plan)
                .expect("run")
        });
        let sent = running.map(|running| running.join().expect("join"));
        let ends = monitors.into_iter().zip(&pairs).zip(sent);
        let reports: Vec<_> = ends
            .map(|((monitor, pair), sent)| stop(monitor, pair, &[sent]))
            .collect();
        reports.into_iter().collect::<Option<Vec<_>>>()
    });
}

#[test]
fn ten_runs_at_full_speed_with_10_ms_windows() {
    root_or_skip!("ten_runs_at_full_speed_with_10_ms_windows");
    for run in 0..10 {
        let hook = HOOKS[run % 2];
        let plan = Plan {
            frames: 500_000,
            stray: true,
            ..Plan::default()
        };
        let report = exact(hook, "--window 10ms", &plan);
        println!(
            "{hook}: {} windows, late {}",
            report.windows.len(),
            late(&report)
        );
    }
}

fn late(report: &Report) -> usize {
    report.windows.iter().filter(|window| window.late).count()
}

#[test]
fn a_stopped_process_makes_late_windows_and_loses_nothing() {
    root_or_skip!("a_stopped_process_makes_late_windows_and_loses_nothing");
    for (hook, window) in [("tcx", "1s"), ("xdp", "50ms")] {
        let pair = pair(VethOptions::default());
        let _napi = poll(&pair, hook);
        let monitor = watch(&pair, hook, &format!("--window {window}"));
        let generator = Generator::load().expect("load");
        let plan = Plan {
            rate_pps: Some(200_000),
            frames: u64::MAX,
            duration: Some(Duration::from_secs(30)),
            stray: true,
            ..Plan::default()
        };
        let running = generator
            .run(&pair.a.namespace, pair.a.index, &plan)
            .expect("run");
        until("the first windows", || monitor.seen() > 0);
        monitor.signal(Signal::SIGSTOP);
        thread::sleep(Duration::from_millis(100));
        let sent = || running.sent().expect("counters").packets;
        let first = sent();
        thread::sleep(Duration::from_secs(3));
        let meanwhile = sent() - first;
        let before = monitor.seen();
        monitor.signal(Signal::SIGCONT);
        until("windows go on", || monitor.seen() > before + 700_000);
        running.stop().expect("stop");
        let sent = running.join().expect("join");
        received(&pair.b, sent.packets);
        let report = monitor.stop();
        assert_totals(&report, &pair, &[sent]);
        assert!(late(&report) >= 1, "a window of 3 s is late");
        assert_eq!(report.warned("late"), late(&report));
        let largest = report.windows.iter().map(|one| one.packets).max();
        let largest = largest.expect("a window");
        println!(
            "{hook}, {window}: {sent:?}, late {}, largest {largest}",
            late(&report)
        );
        // But for a ring of frames that were on their way.
        let is_one = meanwhile > 1_000 && largest + 256 >= meanwhile;
        assert!(is_one, "the stop is one window: {meanwhile}, {largest}");
    }
}

/// Bytes in front of a datagram's payload: Ethernet, IP, UDP.
fn headers(v6: bool) -> u64 {
    14 + if v6 { 40 } else { 20 } + 8
}

#[test]
fn sockets_are_counted_exactly_in_both_directions() {
    root_or_skip!("sockets_are_counted_exactly_in_both_directions");
    const OUT: u64 = 5000;
    const IN: u64 = 3000;
    for window in ["10ms", "1s"] {
        let pair = addressed(VethOptions::default());
        // Three at once, each with its own tables.
        let monitors = ["in", "out", "both"].map(|direction| {
            let arguments = format!("w0 --hook tcx --direction {direction} --window {window}");
            Monitor::start(&pair.a.namespace, &arguments)
        });
        let started = Instant::now();
        for (at_a, at_b) in [(A4, B4), (A6, B6)] {
            let a = udp(&pair.a.namespace, at_a, 4001);
            let b = udp(&pair.b.namespace, at_b, 4002);
            let (to_a, to_b) = (
                SocketAddr::new(address(at_a), 4001),
                SocketAddr::new(address(at_b), 4002),
            );
            for number in 0..OUT {
                a.send_to(&[1; 100], to_b).expect("send");
                if number < IN {
                    b.send_to(&[2; 300], to_a).expect("send");
                }
            }
        }
        received(&pair.a, 2 * IN);
        let expect = |packets, payload, v6| Count::new(packets, packets * (payload + headers(v6)));
        for (monitor, direction) in monitors.into_iter().zip(["in", "out", "both"]) {
            let report = monitor.stop();
            assert_eq!(report.start.direction, direction);
            let rows = report.rows();
            for (at_a, at_b, v6) in [(A4, B4, false), (A6, B6, true)] {
                let (at_a, at_b) = (address(at_a), address(at_b));
                let out = (direction != "in").then(|| expect(OUT, 100, v6));
                let inwards = (direction != "out").then(|| expect(IN, 300, v6));
                assert_eq!(rows.get(&(at_a, at_b, 4001, 4002, 17)).copied(), out);
                assert_eq!(rows.get(&(at_b, at_a, 4002, 4001, 17)).copied(), inwards);
            }
            let flows = if direction == "both" { 4 } else { 2 };
            assert_eq!(rows.len(), flows, "{direction}: {rows:?}");
            let packets = report.seen().packets;
            assert_eq!(report.iface_packets(), Some(packets), "{direction}");
        }
        println!("{window}: {:?}", started.elapsed());
    }
}
