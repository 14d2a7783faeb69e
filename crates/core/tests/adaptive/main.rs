//! The law of adaptive windows over hours of made traffic: what it decides, line by line, and what
//! holds whatever comes.

mod edges;
mod simulation;

use std::fmt::Write;
use std::time::Duration;

use proptest::prelude::*;
use windrow_core::adaptive::Adaptive;
use windrow_core::edges::WallNanos;
use windrow_core::lengths::{LISTED, text};

use simulation::{CAPACITY, Closed, Mishap, NOON, Random, SECOND, Traffic, run};

fn law() -> Adaptive {
    Adaptive::new(LISTED[0], LISTED[8], Duration::from_secs(1))
}

fn of_flows(flows: u64) -> Traffic {
    Traffic {
        packets: flows,
        flows: Some(flows),
    }
}

fn all_new(packets: u64) -> Traffic {
    Traffic {
        packets,
        flows: None,
    }
}

/// A run in which nothing goes wrong.
fn undisturbed(seconds: u64, traffic: impl Fn(f64) -> Traffic) -> Vec<Closed> {
    run(law(), seconds, traffic, |_| Mishap::default())
}

/// One line for windows of the same length in a row, and one for each change.
fn log(done: &[Closed]) -> String {
    let mut log = String::new();
    let kind = |it: &Closed| (it.span.window, it.span.is_whole(), it.fill.folded > 0);
    let mut first = 0;
    for (place, closed) in done.iter().enumerate() {
        let next = done.get(place + 1);
        if next.is_none_or(|next| kind(next) != kind(closed)) || closed.change.is_some() {
            let (from, run) = (done[first].span.slot.start, &done[first..=place]);
            let length = text(closed.span.window.expect("a length"));
            let part = if closed.span.is_whole() {
                ""
            } else {
                "part of "
            };
            let sum = |of: fn(&Closed) -> u64| run.iter().map(of).sum::<u64>();
            let folded = sum(|it| it.fill.folded) as f64 / sum(|it| it.fill.passed) as f64;
            let folded = match closed.fill.folded {
                0 => String::new(),
                _ => format!(", {:.1} % folded", folded * 100.0),
            };
            let line = format!("{} {} × {part}{length}{folded}", time(from), run.len());
            writeln!(log, "{line}").expect("memory takes all");
            first = place + 1;
        }
        if let Some(change) = closed.change {
            let (from, to) = (text(change.from), text(change.to));
            let at = time(closed.span.slot.end);
            writeln!(log, "{at} {from} → {to}: {}", change.why).expect("memory takes all");
        }
    }
    log
}

/// Time of day.
fn time(wall: WallNanos) -> String {
    let millis = (wall.0 - NOON) / 1_000_000 + 12 * 3_600_000;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60)
}

fn assert_log(done: &[Closed], expected: &str) {
    let log = log(done);
    assert_eq!(log, expected, "\n{log}");
}

#[test]
fn a_step_to_a_hundred_times_the_flows_and_back() {
    let done = undisturbed(240, |now| match now {
        100.0..160.0 => of_flows(10_000),
        _ => of_flows(100),
    });
    assert_log(&done, include_str!("step.txt"));
}

#[test]
fn a_ramp() {
    let done = undisturbed(600, |now| of_flows(50 + (now * 16.0) as u64));
    assert_log(&done, include_str!("ramp.txt"));
}

#[test]
fn a_flood_of_new_flows() {
    // From the fourth second of a window of a minute on.
    let done = undisturbed(480, |now| match now {
        363.0..390.0 => all_new(50_000),
        _ => of_flows(100),
    });
    assert_log(&done, include_str!("flood.txt"));
}

#[test]
fn an_idle_night() {
    let done = undisturbed(8 * 3600, |_| of_flows(2));
    assert_log(&done, include_str!("night.txt"));
}

/// New flows at a rate that fills a window of 1 s by a share that varies between two.
fn hover(from: u64, to: u64) -> Vec<Closed> {
    undisturbed(1800, |now| {
        let percent = from + Random(now as u64).next() % (to - from + 1);
        all_new(CAPACITY * percent / 100)
    })
}

#[test]
fn a_load_that_hovers_where_windows_become_shorter() {
    let done = hover(65, 75);
    let changes = done.iter().filter(|it| it.change.is_some()).count();
    assert!(changes <= 2, "{changes}");
    assert_log(&done, include_str!("hover.txt"));
}

#[test]
fn a_load_that_hovers_where_windows_become_longer() {
    // Windows of 2 s would be half full.
    let done = hover(22, 28);
    let changes = done.iter().filter(|it| it.change.is_some()).count();
    assert!(changes <= 2, "{changes}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// Whatever comes, however late flips and decisions are, and whoever sets the clock.
    #[test]
    fn windows_are_aligned_whatever_happens(
        bounds in (0usize..9, 0usize..9, 0usize..9),
        loads in prop::collection::vec((0u32..4, any::<bool>(), 1u64..40), 1..12),
        mishaps in prop::collection::vec((0u8..3, 0i64..180, 0i64..1000), 0..12),
    ) {
        let mut bounds = [bounds.0, bounds.1, bounds.2];
        bounds.sort_unstable();
        let [min, start, max] = bounds.map(|place| LISTED[place]);
        let traffic = |now: f64| {
            let mut from = 0;
            let load = loads.iter().find(|(.., seconds)| {
                from += seconds;
                now < from as f64
            });
            let (power, new, _) = load.copied().unwrap_or_default();
            let flows = 3 * 10u64.pow(power);
            if new { all_new(flows) } else { of_flows(flows) }
        };
        let mut mishaps = mishaps.clone();
        let mishap = |now: f64| {
            let mut all = Mishap::default();
            mishaps.retain(|(kind, at, size)| {
                let is_due = *at as f64 <= now;
                match kind {
                    _ if !is_due => {}
                    0 => all.stall = size * size * 20_000,
                    1 => all.slow = size * size * 5_000,
                    _ => all.step = (size - 500) * SECOND / 7,
                }
                !is_due
            });
            all
        };
        run(Adaptive::new(min, max, start), 180, traffic, mishap);
    }
}
