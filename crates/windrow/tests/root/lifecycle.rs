//! Starts and ends: signals, kills, interfaces that go, neighbours at the hook. Whatever happens,
//! counts are exact until then and nothing is left behind. Needs root.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use crate::harness::{
    bpf::{DROP, Foreign, NEXT, OK, attached, orphans},
    monitor::{Monitor, windrow},
    net::{A4, B4, address, addressed, counters, generate, pair, received, udp, until},
    report::{Count, Report},
    root_or_skip,
};
use nix::sys::signal::Signal;
use windrow_lab::{Generator, Plan, VethOptions, VethPair, napi_on};

/// A little traffic from `w0`, all of it arrived.
fn traffic(pair: &VethPair, frames: u64) -> Count {
    let before = counters(&pair.b).rx_packets;
    let sent = generate(
        pair,
        &Plan {
            frames,
            stray: true,
            ..Plan::default()
        },
    );
    received(&pair.b, before + sent.packets);
    Count::new(sent.packets, sent.bytes)
}

fn assert_nothing_left(pair: &VethPair) {
    for end in [&pair.a, &pair.b] {
        until("nothing is attached", || attached(end) == 0);
    }
    // The kernel frees programs a little after their last descriptor.
    let mut left = Vec::new();
    until("no program without an owner", || {
        left = orphans();
        left.is_empty()
    });
}

#[test]
fn a_hundred_kills_leave_nothing_and_the_next_start_works() {
    root_or_skip!("a_hundred_kills_leave_nothing_and_the_next_start_works");
    let pair = pair(VethOptions::default());
    let napi = napi_on(&pair.b.namespace, "w1").expect("napi");
    let generator = Generator::load().expect("load");
    let plan = Plan {
        rate_pps: Some(50_000),
        frames: u64::MAX,
        duration: Some(Duration::from_secs(120)),
        stray: true,
        ..Plan::default()
    };
    let running = generator
        .run(&pair.a.namespace, pair.a.index, &plan)
        .expect("run");
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut were_attached = 0;
    for kill in 0..100 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let delay = Duration::from_micros(random % 40_000);
        let arguments = "w1 --hook tcx --window 10ms --memory 4M";
        let (monitor, start) = Monitor::spawn(&pair.b.namespace, arguments);
        // A third at any moment of the start, the others while counting.
        if kill % 3 != 0 {
            start
                .recv_timeout(Duration::from_secs(20))
                .expect("the start line");
        }
        thread::sleep(delay);
        // Not to be counted with: the program that makes the interface poll.
        were_attached += usize::from(attached(&pair.b) > 1);
        monitor.murder();
        until("its programs are detached", || attached(&pair.b) == 1);
    }
    running.stop().expect("stop");
    running.join().expect("join");
    assert!(were_attached > 60, "{were_attached}");
    until("no program without an owner", || orphans().is_empty());
    println!("{were_attached} of 100 were attached when they were killed");
    drop(napi);
    for hook in ["tcx", "xdp"] {
        let _napi = (hook == "tcx").then(|| napi_on(&pair.b.namespace, "w1").expect("napi"));
        let arguments = format!("w1 --direction in --hook {hook}");
        let monitor = Monitor::start(&pair.b.namespace, &arguments);
        let sent = traffic(&pair, 10_000);
        assert_eq!(monitor.stop().seen(), sent, "{hook}");
    }
    assert_nothing_left(&pair);
}

#[test]
fn a_kill_at_xdp_frees_the_slot() {
    root_or_skip!("a_kill_at_xdp_frees_the_slot");
    let pair = pair(VethOptions::default());
    for _ in 0..10 {
        let monitor = Monitor::start(&pair.b.namespace, "w1 --hook xdp --memory 4M");
        assert_eq!(attached(&pair.b), 1);
        monitor.murder();
        until("the slot is free", || attached(&pair.b) == 0);
    }
    assert_nothing_left(&pair);
}

#[test]
fn an_interface_that_goes_ends_the_run_with_everything_counted() {
    root_or_skip!("an_interface_that_goes_ends_the_run_with_everything_counted");
    for (hook, window) in [("tcx", "1h"), ("tcx", "10ms"), ("xdp", "1h")] {
        let pair = pair(VethOptions::default());
        let _napi = (hook == "tcx").then(|| napi_on(&pair.b.namespace, "w1").expect("napi"));
        let arguments = format!("w1 --direction in --hook {hook} --window {window}");
        let monitor = Monitor::start(&pair.b.namespace, &arguments);
        let sent = traffic(&pair, 50_000);
        pair.delete().expect("delete");
        let report = monitor.finish();
        assert_eq!(report.code, Some(3), "{}", report.stderr);
        assert_eq!(report.seen(), sent, "{hook}, {window}");
        let sentence = "windrow: w1 is gone; everything counted until then was reported\n";
        assert_eq!(report.stderr, sentence);
        assert!(report.summary.is_some());
    }
}

#[test]
fn signals_flush_the_open_window() {
    root_or_skip!("signals_flush_the_open_window");
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let pair = pair(VethOptions::default());
        let monitor = Monitor::start(&pair.b.namespace, "w1 --hook xdp --window 1h");
        let sent = traffic(&pair, 50_000);
        monitor.signal(signal);
        let report = monitor.finish();
        assert_eq!(report.code, Some(0), "{signal}: {}", report.stderr);
        assert_eq!(report.seen(), sent, "{signal}");
        assert!(
            report.summary.is_some() && report.stderr.is_empty(),
            "{}",
            report.stderr
        );
        assert_nothing_left(&pair);
    }
}

#[test]
fn a_duration_ends_the_run() {
    root_or_skip!("a_duration_ends_the_run");
    let pair = pair(VethOptions::default());
    let started = Instant::now();
    let arguments = "w1 --hook xdp --window 1s --duration 6s";
    let monitor = Monitor::start(&pair.b.namespace, arguments);
    let sent = traffic(&pair, 20_000);
    // One that does not end is ended, and has no code then.
    let report = monitor.finish();
    assert_eq!(report.code, Some(0));
    assert!(started.elapsed() >= Duration::from_secs(6), "not before");
    assert_eq!(report.seen(), sent);
    let windows = report.windows.len();
    assert!((2..=9).contains(&windows), "{windows} windows");
}

#[test]
fn several_windrows_on_one_interface_all_count_everything() {
    root_or_skip!("several_windrows_on_one_interface_all_count_everything");
    let pair = pair(VethOptions::default());
    let xdp = Monitor::start(&pair.b.namespace, "w1 --hook xdp --window 100ms");
    let monitors = ["10ms", "1s", "1s --top 3"].map(|window| {
        let arguments = format!("w1 --hook tcx --direction in --window {window}");
        Monitor::start(&pair.b.namespace, &arguments)
    });
    let sent = traffic(&pair, 200_000);
    for monitor in monitors {
        assert_eq!(monitor.stop().seen(), sent);
    }
    assert_eq!(xdp.stop().seen(), sent);
    assert_nothing_left(&pair);
}

#[test]
fn a_taken_xdp_slot_is_left_alone() {
    root_or_skip!("a_taken_xdp_slot_is_left_alone");
    let pair = pair(VethOptions::default());
    let _foreign = napi_on(&pair.b.namespace, "w1").expect("napi");
    let tried = pair
        .b
        .namespace
        .run(|| windrow(&["monitor", "w1", "--hook", "xdp"]).output());
    let tried = tried.expect("enter").expect("run");
    let text = String::from_utf8_lossy(&tried.stderr).into_owned();
    assert_eq!(tried.status.code(), Some(1), "{text}");
    assert!(tried.stdout.is_empty());
    assert!(
        text.contains("\"pass\" (id ") && text.contains("--hook tcx"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(attached(&pair.b), 1, "the other's program is still there");
    let monitor = Monitor::start(&pair.b.namespace, "w1 --hook tcx --direction in");
    let sent = traffic(&pair, 1000);
    assert_eq!(monitor.stop().seen(), sent, "what it offers works");
    assert_eq!(attached(&pair.b), 1);
}

/// Ten datagrams from `a` to `b`; how many the receiver got.
fn datagrams(pair: &VethPair) -> usize {
    let receiver = udp(&pair.b.namespace, B4, 4002);
    let sender = udp(&pair.a.namespace, A4, 4001);
    let before = counters(&pair.b).rx_packets;
    for _ in 0..10 {
        sender
            .send_to(&[1; 100], SocketAddr::new(address(B4), 4002))
            .expect("send");
    }
    received(&pair.b, before + 10);
    receiver.set_nonblocking(true).expect("non-blocking");
    std::iter::from_fn(|| receiver.recv(&mut [0; 200]).ok()).count()
}

#[test]
fn a_foreign_program_neither_hides_packets_nor_is_disturbed() {
    root_or_skip!("a_foreign_program_neither_hides_packets_nor_is_disturbed");
    let start = |pair: &VethPair| Monitor::start(&pair.b.namespace, "w1 --hook tcx --direction in");
    let assert_ten = |report: &Report, what| {
        assert_eq!(report.seen(), Count::new(10, 1420), "{what}");
        assert_eq!(report.iface_packets(), Some(10), "{what}");
    };
    // Of each verdict, there before windrow: one that ends the chain hides nothing.
    for (verdict, delivered) in [(NEXT, 10), (OK, 10), (DROP, 0)] {
        let pair = addressed(VethOptions::default());
        let _foreign = Foreign::attach(&pair.b, verdict, true);
        let monitor = start(&pair);
        assert_eq!(
            datagrams(&pair),
            delivered,
            "verdict {verdict} beside windrow"
        );
        assert_ten(&monitor.stop(), verdict);
        assert_eq!(attached(&pair.b), 1);
        assert_eq!(
            datagrams(&pair),
            delivered,
            "verdict {verdict} after windrow"
        );
    }
    // Coming later, ahead of windrow or behind it.
    for (verdict, head, delivered) in [(NEXT, true, 10), (DROP, false, 0)] {
        let pair = addressed(VethOptions::default());
        let monitor = start(&pair);
        let _foreign = Foreign::attach(&pair.b, verdict, head);
        assert_eq!(datagrams(&pair), delivered);
        assert_ten(&monitor.stop(), verdict);
        assert_eq!(attached(&pair.b), 1);
    }
}

#[test]
fn what_a_program_ahead_keeps_from_windrow_is_said() {
    root_or_skip!("what_a_program_ahead_keeps_from_windrow_is_said");
    let pair = addressed(VethOptions::default());
    let for_a_while = |length| {
        let until = Instant::now() + Duration::from_millis(length);
        while Instant::now() < until {
            datagrams(&pair);
        }
    };
    let hidden = |report: &Report| -> Vec<(u64, String)> {
        let warnings = report.warnings.iter().filter(|it| it.code == "hidden");
        warnings.map(|it| (it.seq, it.text.clone())).collect()
    };
    // While all is well nothing is said, however short windows are and whoever else is there.
    let innocent = Foreign::attach(&pair.b, NEXT, true);
    for window in ["10ms", "100ms"] {
        let arguments = format!("w1 --hook tcx --direction in --window {window}");
        let monitor = Monitor::start(&pair.b.namespace, &arguments);
        for_a_while(1000);
        assert_eq!(hidden(&monitor.stop()), [], "{window}");
    }
    drop(innocent);
    let arguments = "w1 --hook tcx --direction in --window 500ms";
    let monitor = Monitor::start(&pair.b.namespace, arguments);
    for_a_while(1200);
    let _foreign = Foreign::attach(&pair.b, OK, true);
    for_a_while(6000);
    let report = monitor.stop();
    // Windows before the last that packets were seen in had nothing to say.
    let all = report.seen().packets;
    let counts = report.windows.iter().scan(0, |sum, window| {
        *sum += window.packets;
        Some(*sum)
    });
    let clear = counts.filter(|sum| *sum < all).count() as u64;
    let warnings = hidden(&report);
    let (first, text) = warnings.first().expect("it is said");
    // In the window in which it began, or in the two after it unless one of them was late.
    let last = report.told_by(clear);
    let soon = *first <= last || report.late_in(&(clear..last + 1));
    assert!(
        *first >= clear && soon,
        "{first} is not in {clear} to {last}: {:?}",
        report.windows
    );
    for part in ["w1", "\"foreign\" (id ", "may keep"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}
