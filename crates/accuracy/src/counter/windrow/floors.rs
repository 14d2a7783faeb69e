//! How near the largest flows come at least, whatever the clock is like: who leaves is decided by time
//! too, and ticks of the kernel are coarse, and times of a capture run back.

use windrow_core::slice::MonoNanos;
use windrow_datapath::Geometry;

use super::*;
use crate::metric::Metric;
use crate::random::Random;
use crate::trace::{Trace, Truth};
use crate::workload::Workload;

const PACKETS: u32 = 1_000_000;
/// The largest flows that are looked at, and rows for each of them.
const K: usize = 100;
const ROWS_A_FLOW: u64 = 26;

/// From a packet to the next: ten million make a second.
const STEP_NANOS: u64 = 100;
/// Packets of one jiffy, at a million a second.
const PACKETS_A_TICK: u64 = 4_000;
/// The time of the first packet, before which others may be.
const START_NANOS: u64 = 1_000_000;

/// When the packet of a place came, as the clock tells it.
type Clock = fn(place: u64, random: &mut Random) -> u64;

fn steady(place: u64, _: &mut Random) -> u64 {
    place * STEP_NANOS
}

/// A replay counts in nanoseconds: one of them stands for a tick of the kernel.
fn coarse(place: u64, _: &mut Random) -> u64 {
    place / PACKETS_A_TICK
}

/// A quarter of the packets are of times that others were before.
fn backward<const BACK: u64>(place: u64, random: &mut Random) -> u64 {
    let late = random.below(4) == 0;
    START_NANOS + steady(place, random) - u64::from(late) * BACK * STEP_NANOS
}

const CLOCKS: [(&str, Clock); 5] = [
    ("steady", steady),
    ("coarse", coarse),
    ("2 packets back", backward::<2>),
    ("10 packets back", backward::<10>),
    ("100 packets back", backward::<100>),
];

fn counted(trace: &Trace, clock: Clock) -> Counted {
    let like = Geometry::of_replay(1 << 20).expect("a table");
    let memory_bytes = like.memory_for(K as u64 * ROWS_A_FLOW);
    let mut counter = Box::new(Windrow::new(memory_bytes, &trace.keys).expect("a table"));
    let mut random = Random::new(0);
    for (place, packet) in (0..).zip(&trace.packets) {
        let at = MonoNanos(clock(place, &mut random));
        counter.table.count_at(*packet, at);
    }
    counter.packets = u64::from(PACKETS);
    counter.finish()
}

/// The mean relative error of the packets of the top K; one without a row counts as 1.
fn error(counted: &Counted, truth: &Truth) -> f64 {
    let rows: HashMap<u32, u64> = (counted.rows.iter())
        .map(|row| (row.flow, row.estimate))
        .collect();
    let errors = truth.top(K).into_iter().map(|flow| {
        let packets = truth.flows[flow as usize].packets;
        let estimate = rows.get(&flow).copied().unwrap_or(0);
        packets.abs_diff(estimate) as f64 / packets as f64
    });
    errors.sum::<f64>() / K as f64
}

#[test]
fn the_largest_flows_are_right_at_every_clock() {
    // Traffic, and a little more than the largest error of it at any clock.
    for (name, most) in [
        ("zipf-1.0-100k", 5e-5),
        ("short-lived", 5e-4),
        ("syn-flood", 4e-4),
    ] {
        let workload = Workload::named(name).expect("a workload");
        let trace = Trace::of(&workload, PACKETS, 1);
        for (clock_name, clock) in CLOCKS {
            let counted = counted(&trace, clock);
            let metric = Metric::of(&counted, &trace.truth);
            let error = error(&counted, &trace.truth);
            let of = format!("{name}, {clock_name}: error {error:.2e}, {metric:?}");
            assert!(metric.holds(), "{of}");
            assert!(metric.top_100 >= 0.99 && error <= most, "{of}");
            assert!(metric.reduction >= 100.0, "{of}");
            println!("{of}");
        }
    }
}
