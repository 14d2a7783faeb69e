//! `--adaptive`: windows follow the load on real devices, stay aligned, and nothing is lost. Needs
//! root.

use std::time::Duration;

use crate::harness::{
    exact::{HOOKS, poll, stop, undropped, watch},
    lines::{Adaptive, Window},
    net::{pair, until},
    root_or_skip,
};
use windrow_lab::{Generator, Mix, Plan, VethOptions};

const SECOND_NS: u64 = 1_000_000_000;
const LONGEST: Duration = Duration::from_secs(1);
/// Packets that a burst has at least once windows are short.
const LASTS: u64 = 10_000;
/// A flip comes that much after its edge at most, unless the machine stands still.
const FLIP_NS: u64 = 200_000_000;
/// The two clocks are slewed against each other.
const SLEW_NS: u64 = 1_000_000;

#[test]
fn a_burst_of_a_hundred_times_the_flows_makes_windows_short_until_it_is_over() {
    root_or_skip!("a_burst_of_a_hundred_times_the_flows_makes_windows_short_until_it_is_over");
    let plan = |flows, rate| Plan {
        rate_pps: Some(rate),
        frames: u64::MAX,
        duration: Some(Duration::from_secs(30)),
        mix: Mix {
            flows,
            ..Mix::default()
        },
        stray: true,
        ..Plan::default()
    };
    let (calm, burst) = (plan(100, 1_000), plan(10_000, 12_000));
    for hook in HOOKS {
        let generator = Generator::load().expect("load");
        let report = undropped(|| {
            let pair = pair(VethOptions::default());
            let _napi = poll(&pair, hook);
            let monitor = watch(
                &pair,
                hook,
                "--adaptive --max-window 1s --rollup 5s --memory 2M",
            );
            let run = |plan| generator.run(&pair.a.namespace, pair.a.index, plan);
            let before = run(&calm).expect("run");
            until("the first windows", || monitor.seen() > 0);
            let full = run(&burst).expect("run");
            until("windows are short", || {
                (1..LONGEST.as_nanos()).contains(&monitor.length().as_nanos())
            });
            let seen = monitor.seen();
            until("the burst goes on", || monitor.seen() > seen + LASTS);
            full.stop().expect("stop");
            let more = full.join().expect("join");
            until("windows are long again", || monitor.length() == LONGEST);
            before.stop().expect("stop");
            let sent = before.join().expect("join");
            stop(monitor, &pair, &[sent, more])
        });
        let bounds = report.start.adaptive.expect("adaptive");
        let expected = Adaptive {
            min_ns: SECOND_NS / 4,
            max_ns: SECOND_NS,
        };
        assert_eq!(bounds, expected);
        for length in &report.lengths {
            println!("{hook}, window {}: {}", length.seq, length.text);
        }
        let texts = report.lengths.iter().map(|it| &it.text);
        assert!(texts.clone().all(|it| it.starts_with("windows are now ")));
        let first = &report.lengths[0];
        assert_eq!(
            (first.from_ns, report.start.window_ns),
            (SECOND_NS, SECOND_NS)
        );
        assert!(first.to_ns < first.from_ns, "{first:?}");
        assert!(
            ["occupancy", "folds"].contains(&&first.reason[..]),
            "{first:?}"
        );
        let last = report.lengths.last().expect("a length");
        assert_eq!((last.to_ns, &last.reason[..]), (SECOND_NS, "calm"));
        for pair in report.lengths.windows(2) {
            assert_eq!(pair[0].to_ns, pair[1].from_ns, "{pair:?}");
        }
        // What windows of any length make up is whole.
        let [fives] = &report.tiers[..] else {
            panic!("one level");
        };
        for window in &fives.windows[1..fives.windows.len() - 1] {
            assert!(window.late || window.gap_ns == Some(0), "{window:?}");
        }
        // The first window began between edges, the last ended there.
        let inner = &report.windows[1..report.windows.len() - 1];
        for window in inner.iter().filter(|window| !window.late) {
            assert_aligned(window, bounds);
        }
        let short = inner.iter().filter(|it| it.window_ns < SECOND_NS).count();
        println!(
            "{hook}: {} windows, {short} of them short",
            report.windows.len()
        );
        assert!(short > 0);
    }
}

/// Whether a window covers one length of the list, from a multiple of that on.
fn assert_aligned(window: &Window, bounds: Adaptive) {
    let length = window.window_ns;
    assert!([SECOND_NS / 4, SECOND_NS / 2, SECOND_NS].contains(&length));
    assert!((bounds.min_ns..=bounds.max_ns).contains(&length));
    let behind = |time: &str| {
        let number = |from, to| time[from..to].parse::<u64>().expect("a number");
        (number(17, 19) * SECOND_NS + number(20, 29) + SLEW_NS) % length
    };
    for time in [&window.start, &window.end] {
        assert!(behind(time) < FLIP_NS + SLEW_NS, "{window:?}");
    }
}
