//! `--adaptive`: windows follow the load on real devices, stay aligned, and nothing is lost. Needs
//! root.

use std::time::Duration;

use crate::harness::{
    exact::{HOOKS, poll, stop, undropped, watch},
    lines::{Adaptive, Window},
    net::{pair, until},
    report::Report,
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
                "--adaptive --max-window 1s --rollup 2s --memory 2M",
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
            let report = stop(monitor, &pair, &[sent, more])?;
            // A windrow that was held up at an edge says nothing of edges.
            let held_up = inner(&report).find(|it| !it.late && !is_aligned(it));
            if let Some(window) = held_up {
                println!("{hook}: not at an edge: {window:?}");
                return None;
            }
            Some(report)
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
        let [twos] = &report.tiers[..] else {
            panic!("one level");
        };
        let inner_twos = &twos.windows[..twos.windows.len() - 1];
        assert!(inner_twos.len() > 1, "{twos:?}");
        for pair in inner_twos.windows(2) {
            // What a late window stands for beyond its level's edge is missing in the next.
            let held_up = pair.iter().any(|it| it.late);
            assert!(held_up || pair[1].gap_ns == Some(0), "{pair:?}");
        }
        for window in inner(&report) {
            let length = window.window_ns;
            assert!([SECOND_NS / 4, SECOND_NS / 2, SECOND_NS].contains(&length));
            assert!((bounds.min_ns..=bounds.max_ns).contains(&length));
        }
        let short = inner(&report).filter(|it| it.window_ns < SECOND_NS).count();
        println!(
            "{hook}: {} windows, {short} of them short",
            report.windows.len()
        );
        assert!(short > 0);
    }
}

/// The first window began between edges, the last ended there.
fn inner(report: &Report) -> impl Iterator<Item = &Window> {
    report.windows[1..report.windows.len() - 1].iter()
}

/// Whether a window begins and ends at multiples of its length.
fn is_aligned(window: &Window) -> bool {
    let behind = |time: &str| {
        let number = |from, to| time[from..to].parse::<u64>().expect("a number");
        (number(17, 19) * SECOND_NS + number(20, 29) + SLEW_NS) % window.window_ns
    };
    let times = [&window.start, &window.end];
    times
        .into_iter()
        .all(|time| behind(time) < FLIP_NS + SLEW_NS)
}
