//! Flows and rows: where there is room every row is exact, and where there is none all bounds hold,
//! however tables are merged.

use std::collections::{BTreeMap, HashMap};

use windrow_core::bounds::Bounds;
use windrow_core::flow::FlowKey;
use windrow_core::selection::Selection;
use windrow_core::slice::{MonoNanos, Slice};
use windrow_core::tally::Tally;
use windrow_core::window::Window;
use windrow_datapath::native::Weight;
use windrow_datapath::{Native, Secret};

use crate::support::mutate::Random;
use crate::support::window::window;

/// A frame of flow `n`: its source and its port say which.
fn frame(n: u32) -> Vec<u8> {
    let mut frame = vec![2; 80];
    frame[12..18].copy_from_slice(&[8, 0, 0x45, 0, 0, 66]);
    frame[20..24].copy_from_slice(&[0, 0, 64, 17]);
    frame[26..30].copy_from_slice(&(0x0a00_0000 | n >> 4).to_be_bytes());
    frame[34..36].copy_from_slice(&(1000 + (n & 15) as u16).to_be_bytes());
    frame
}

/// The flow of a row.
fn flow(key: &FlowKey) -> u32 {
    let std::net::IpAddr::V4(src) = key.src else {
        panic!("{key:?} was not sent")
    };
    (src.to_bits() & 0xff_ffff) << 4 | u32::from(key.sport - 1000)
}

/// So many packets of so many flows, each at least once, the first ones more often.
fn packets(random: &mut Random, flows: u32, count: usize) -> Vec<(u32, u32)> {
    let mut packets: Vec<(u32, u32)> = (0..count as u32)
        .map(|place| {
            let (a, b) = (random.below(flows as usize), random.below(flows as usize));
            let flow = if place < flows {
                place
            } else {
                a.min(b) as u32
            };
            (flow, 60 + random.below(1400) as u32)
        })
        .collect();
    for place in (1..packets.len()).rev() {
        packets.swap(place, random.below(place + 1));
    }
    packets
}

fn truth(packets: &[(u32, u32)]) -> HashMap<u32, Tally> {
    let mut truth = HashMap::new();
    for (flow, bytes) in packets {
        *truth.entry(*flow).or_insert(Tally::ZERO) += Tally::new(1, u64::from(*bytes));
    }
    truth
}

fn count(native: &mut Native, packets: &[(u32, u32)]) -> Slice {
    for (at, (flow, bytes)) in (0..).step_by(1000).zip(packets) {
        native.count(&frame(*flow), Weight::packet(*bytes), MonoNanos(at));
    }
    native.drain().collect()
}

fn native(memory_bytes: u64, seed: u64) -> Native {
    Native::new(memory_bytes, Secret::from_seed(seed), &Selection::default()).unwrap()
}

/// Every flow is inside its bounds.
fn check(window: &Window, truth: &HashMap<u32, Tally>) {
    let rows: HashMap<u32, Bounds> = (window.flows.iter())
        .map(|it| (flow(&it.key), it.bounds))
        .collect();
    assert_eq!(rows.len(), window.flows.len());
    for (flow, truth) in truth {
        let absent = Bounds {
            lo: Tally::ZERO,
            hi: window.absent_hi,
        };
        let Bounds { lo, hi } = *rows.get(flow).unwrap_or(&absent);
        assert!(lo.packets <= truth.packets && truth.packets <= hi.packets);
        assert!(lo.bytes <= truth.bytes && truth.bytes <= hi.bytes);
    }
}

#[test]
fn flows_of_three_tenths_of_the_rows_are_all_exact() {
    for seed in 0..100 {
        let memory_bytes = [40 << 10, 64 << 10, 256 << 10, 1 << 20][seed as usize % 4];
        let mut native = native(memory_bytes, seed);
        let flows = (native.geometry().rows_per_cpu() * 3 / 10) as u32;
        let mut random = Random::new(seed);
        // In the first window all buckets are near, in the others as many as the last one needed.
        for flows in [flows, 1.max(flows / 50), flows, flows] {
            let packets = packets(&mut random, flows, 10 * flows as usize);
            let window = window(vec![count(&mut native, &packets)]);
            assert_eq!(window.ledger.folded_sum(), Tally::ZERO, "seed {seed}");
            assert_eq!(window.flows.len(), flows as usize, "seed {seed}");
            let truth = truth(&packets);
            for it in &window.flows {
                assert_eq!(it.bounds, Bounds::exactly(truth[&flow(&it.key)]));
            }
        }
    }
}

/// All that does not depend on the order of flows.
fn all(window: &Window) -> (BTreeMap<FlowKey, String>, String) {
    let flow = |it: &windrow_core::window::Flow| (it.key, format!("{it:?}"));
    let rest = (&window.ledger, &window.prefixes, window.absent_hi);
    (
        window.flows.iter().map(flow).collect(),
        format!("{rest:?} {} {}", window.summaries(), window.capacity_rows),
    )
}

#[test]
fn tables_of_cpus_and_hosts_are_merged_in_any_order() {
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let packets = packets(&mut random, 3_000, 20_000);
        // Two hosts of two CPUs, of which one has room for all.
        let tables = [
            (seed, 64 << 10),
            (seed, 4 << 20),
            (!seed, 64 << 10),
            (!seed, 40 << 10),
        ];
        let mut dealt: [Vec<(u32, u32)>; 4] = Default::default();
        for packet in &packets {
            dealt[random.below(4)].push(*packet);
        }
        let mut slices: Vec<Slice> = (tables.into_iter().zip(&dealt))
            .map(|((seed, memory_bytes), packets)| count(&mut native(memory_bytes, seed), packets))
            .collect();
        let first = window(slices.clone());
        check(&first, &truth(&packets));
        for _ in 0..6 {
            slices.rotate_left(1);
            let place = random.below(slices.len());
            slices.swap(0, place);
            assert!(all(&window(slices.clone())) == all(&first), "seed {seed}");
        }
        // CPUs of one host, one of which had to fold and one had not.
        let of_one_host = |at: &[usize]| {
            let packets: Vec<_> = at.iter().flat_map(|at| dealt[*at].clone()).collect();
            let slices = at.iter().map(|at| {
                let (seed, memory_bytes) = tables[*at];
                count(&mut native(memory_bytes, seed), &dealt[*at])
            });
            check(&window(slices.collect()), &truth(&packets));
        };
        of_one_host(&[0, 1]);
        of_one_host(&[1, 0]);
    }
}
