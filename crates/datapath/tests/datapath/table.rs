//! The table as a whole: full on purpose, over epochs, over CPUs.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use windrow_core::flow::FlowKey;
use windrow_core::selection::Selection;
use windrow_core::slice::{MonoNanos, Slice};
use windrow_core::spill_budget::SpillBudget;
use windrow_core::tally::Tally;
use windrow_core::window::Window;
use windrow_datapath::geometry::DEFAULT_MEMORY_BYTES;
use windrow_datapath::kernel::FrameHook::{self, Tc, Xdp};

use crate::support::cpu::pin_to;
use crate::support::rig::{Rig, window};

/// The whole frame of UDP flow `n`, `length` bytes long; every third flow is IPv6.
fn frame(n: u32, length: usize) -> Vec<u8> {
    let key = key(n);
    let mut frame = vec![2u8; 12];
    match (key.src, key.dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let [high, low] = (length as u16 - 14).to_be_bytes();
            frame.extend([8, 0, 0x45, 0, high, low, 0, 1, 0, 0, 64, 17, 0, 0]);
            frame.extend([src.octets(), dst.octets()].concat());
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            let [high, low] = (length as u16 - 54).to_be_bytes();
            frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, high, low, 17, 64]);
            frame.extend([src.octets(), dst.octets()].concat());
        }
        _ => unreachable!("both addresses are of one family"),
    }
    frame.extend([key.sport.to_be_bytes(), key.dport.to_be_bytes()].concat());
    frame.resize(length, 0);
    frame
}

/// The key of `frame(n, …)`.
fn key(n: u32) -> FlowKey {
    let (src, dst) = if n % 3 == 2 {
        let src = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, (n >> 16) as u16, n as u16);
        (src.into(), Ipv6Addr::LOCALHOST.into())
    } else {
        (
            Ipv4Addr::from(0x0a00_0000 + n).into(),
            Ipv4Addr::LOCALHOST.into(),
        )
    };
    FlowKey {
        src,
        dst,
        sport: 1000 + (n % 7) as u16,
        dport: 53,
        proto: 17,
        ..FlowKey::NOTHING
    }
}

fn hook(n: usize) -> FrameHook {
    [Tc, Xdp][n % 2]
}

/// What was sent, by flow.
#[derive(Default)]
struct Sent {
    flows: HashMap<FlowKey, Tally>,
    total: Tally,
}

impl Sent {
    fn send(&mut self, rig: &Rig, hook: FrameHook, n: u32, length: usize) {
        rig.run(hook, &frame(n, length));
        let one = Tally::new(1, length as u64);
        *self.flows.entry(key(n)).or_default() += one;
        self.total += one;
    }

    /// Sends `count` frames of `flows` flows in a jumbled order, of many lengths.
    fn jumble(&mut self, rig: &Rig, flows: u32, count: u32, seed: u32) {
        let mut state = seed;
        for _ in 0..count {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let n = ((u64::from(state) * u64::from(flows)) >> 32) as u32;
            let length = 60 + (state >> 3) as usize % 1400;
            self.send(rig, hook((state >> 9) as usize), n, length);
        }
    }

    /// Everything that a window promises, whatever fitted.
    fn check(&self, window: &Window) {
        assert_eq!(window.ledger.seen, self.total);
        let mut listed = HashSet::new();
        for flow in &window.flows {
            assert!(listed.insert(flow.key), "twice: {:?}", flow.key);
            let truth = self.flows[&flow.key];
            let (lo, hi) = (flow.bounds.lo, flow.bounds.hi);
            assert!(
                lo.packets <= truth.packets && truth.packets <= hi.packets,
                "{truth:?} {flow:?}"
            );
            assert!(
                lo.bytes <= truth.bytes && truth.bytes <= hi.bytes,
                "{truth:?} {flow:?}"
            );
            assert!(flow.first <= flow.last);
        }
        let mut absent = Tally::ZERO;
        for (key, truth) in &self.flows {
            if !listed.contains(key) {
                assert!(truth.packets <= window.absent_hi.packets);
                assert!(truth.bytes <= window.absent_hi.bytes);
                absent += *truth;
            }
        }
        assert!(absent.packets <= window.ledger.folded_sum().packets);
    }
}

fn close(rig: &mut Rig) -> Vec<Slice> {
    let left = rig.flip();
    let slices = rig.datapath.drain(left).unwrap().slices();
    slices.into_iter().map(Slice::collect).collect()
}

/// Rows are listed once, within one CPU.
fn no_duplicates(slices: &[Slice]) {
    for slice in slices {
        let keys: HashSet<_> = slice.rows.iter().map(|row| row.key).collect();
        assert_eq!(keys.len(), slice.rows.len());
    }
}

fn time_of(clock: ClockId) -> MonoNanos {
    let now = clock_gettime(clock).unwrap();
    MonoNanos(Duration::from(now).as_nanos() as u64)
}

fn now() -> MonoNanos {
    time_of(ClockId::CLOCK_MONOTONIC)
}

#[test]
fn every_new_key_gets_a_row_while_there_is_room() {
    let test = "every_new_key_gets_a_row_while_there_is_room";
    let Some(mut rig) = Rig::load(test, 16 << 20, 2) else {
        return;
    };
    pin_to(0);
    let flows = (rig.datapath.geometry().rows_per_cpu() / 8) as u32;
    let mut sent = Sent::default();
    for n in 0..flows {
        sent.send(&rig, hook(n as usize), n, 100);
    }
    sent.jumble(&rig, flows, flows, 7);
    let slices = close(&mut rig);
    no_duplicates(&slices);
    let window = window(slices);
    sent.check(&window);
    assert_eq!(window.flows.len(), flows as usize);
    assert!(window.ledger.folded_sum().is_zero());
    for flow in &window.flows {
        assert!(flow.bounds.is_exact());
        assert_eq!(flow.bounds.lo, sent.flows[&flow.key]);
    }
}

#[test]
fn second_buckets_take_what_first_ones_cannot() {
    let test = "second_buckets_take_what_first_ones_cannot";
    let Some(mut rig) = Rig::load(test, 16 << 20, 2) else {
        return;
    };
    pin_to(0);
    let flows = rig.datapath.geometry().rows_per_cpu() as u32 / 2;
    let mut sent = Sent::default();
    for n in 0..flows {
        sent.send(&rig, Xdp, n, 60);
    }
    let window = window(close(&mut rig));
    sent.check(&window);
    // Half full, about 8 flows in 1000 find their first bucket full, and 0.3 both.
    let folded = window.ledger.folded_sum().packets + window.spilled_rows;
    println!("{folded} of {flows} flows found no row");
    assert!(folded * 400 < u64::from(flows), "{folded} of {flows}");
}

#[test]
fn a_full_table_folds_and_its_bounds_hold_the_truth() {
    let test = "a_full_table_folds_and_its_bounds_hold_the_truth";
    let Some(mut rig) = Rig::load(test, 200_000, 2) else {
        return;
    };
    pin_to(0);
    let rows = rig.datapath.geometry().rows_per_cpu() as u32;
    for seed in 0..20 {
        let mut sent = Sent::default();
        let flows = rows * 10;
        for n in 0..flows {
            sent.send(&rig, hook(n as usize), n, 60 + n as usize % 500);
        }
        sent.jumble(&rig, flows, flows, seed);
        let slices = close(&mut rig);
        no_duplicates(&slices);
        assert_eq!(slices[0].rows.len() as u32, rows, "full to the last row");
        let window = window(slices);
        sent.check(&window);
        assert!(!window.ledger.folded_sum().is_zero());
        let of_keys = window.ledger.rows + window.ledger.folded_sum();
        assert_eq!(of_keys, sent.total);
    }
}

#[test]
fn a_log_that_nobody_reads_is_full_and_nothing_is_lost() {
    let test = "a_log_that_nobody_reads_is_full_and_nothing_is_lost";
    let selection = Selection {
        spill_budget: SpillBudget::parse("100%").unwrap(),
        ..Selection::default()
    };
    let Some(mut rig) = Rig::load_for(test, 200_000, 2, selection) else {
        return;
    };
    pin_to(0);
    let flows = rig.datapath.geometry().rows_per_cpu() as u32 * 10;
    let mut sent = Sent::default();
    sent.jumble(&rig, flows, flows * 4, 7);
    let slices = close(&mut rig);
    let spills = slices[0].spills.len();
    assert_eq!(spills as u32, rig.datapath.geometry().spill_room());
    sent.check(&window(slices));
}

#[test]
fn bounds_hold_the_truth_of_flows_on_two_full_cpus() {
    let test = "bounds_hold_the_truth_of_flows_on_two_full_cpus";
    let Some(mut rig) = Rig::load(test, 200_000, 2) else {
        return;
    };
    if rig.datapath.geometry().table_cpus.len() < 2 {
        println!("skipped: {test}: needs two CPUs");
        return;
    }
    let flows = rig.datapath.geometry().rows_per_cpu() as u32 * 2;
    for seed in 0..20 {
        let mut sent = Sent::default();
        for turn in 0..20 {
            pin_to(turn as usize % 2);
            sent.jumble(&rig, flows, flows / 8, seed * 20 + turn);
        }
        let window = window(close(&mut rig));
        sent.check(&window);
        assert!(!window.ledger.folded_sum().is_zero());
    }
}

#[test]
fn rows_of_an_epoch_never_appear_in_the_next() {
    let test = "rows_of_an_epoch_never_appear_in_the_next";
    for buffers in [2, 3] {
        let Some(mut rig) = Rig::load(test, 4 << 20, buffers) else {
            return;
        };
        for epoch in 0..100 {
            let mut sent = Sent::default();
            // Some keys come again in the next epoch, some never; every fourth epoch is empty.
            for n in 0..(epoch % 4 * 50) {
                sent.send(&rig, hook(n as usize), epoch * 30 + n, 90);
            }
            let window = window(close(&mut rig));
            assert_eq!(window.flows.len(), sent.flows.len());
            sent.check(&window);
            assert!(window.flows.iter().all(|flow| flow.bounds.is_exact()));
        }
    }
}

/// 16 bits tell epochs apart. In every epoch a flow comes that was last there when the same mark
/// was last used in the same buffer.
fn epochs_beyond_the_mark(test: &str, buffers: u32, period: u32) {
    let Some(mut rig) = Rig::load(test, DEFAULT_MEMORY_BYTES, buffers) else {
        return;
    };
    pin_to(0);
    for epoch in 0..period + 5000 {
        let rare = epoch % period;
        let began = now();
        rig.run(hook(epoch as usize / 2), &frame(100 + rare, 70));
        rig.run(Tc, &frame(0, 60));
        rig.run(Xdp, &frame(0, 60));
        let window = window(close(&mut rig));
        assert_eq!(window.flows.len(), 2, "epoch {epoch}");
        for flow in &window.flows {
            let want = if flow.key == key(0) {
                Tally::new(2, 120)
            } else {
                assert_eq!(flow.key, key(100 + rare));
                Tally::new(1, 70)
            };
            assert_eq!(flow.bounds.lo, want, "epoch {epoch}");
            assert!(flow.first >= began, "epoch {epoch}");
        }
    }
}

#[test]
fn a_flow_of_65535_epochs_ago_does_not_come_back() {
    let test = "a_flow_of_65535_epochs_ago_does_not_come_back";
    epochs_beyond_the_mark(test, 3, 65_535);
}

#[test]
fn a_flow_of_131070_epochs_ago_does_not_come_back() {
    let test = "a_flow_of_131070_epochs_ago_does_not_come_back";
    epochs_beyond_the_mark(test, 2, 131_070);
}

#[test]
fn two_packets_50_us_apart_are_in_order() {
    let test = "two_packets_50_us_apart_are_in_order";
    let Some(mut rig) = Rig::load(test, DEFAULT_MEMORY_BYTES, 2) else {
        return;
    };
    let mut times = HashMap::new();
    let mut behind_ns = 0;
    for n in 0..1000 {
        let (ticked, before) = (time_of(ClockId::CLOCK_MONOTONIC_COARSE), now());
        rig.run(hook(n as usize), &frame(n, 60));
        let between = now();
        let wait = Instant::now();
        while wait.elapsed() < Duration::from_micros(50) {
            std::hint::spin_loop();
        }
        rig.run(hook(n as usize), &frame(n, 60));
        times.insert(key(n), (before, between));
        behind_ns = behind_ns.max(now().0 - ticked.0);
    }
    let end = now();
    let window = window(close(&mut rig));
    assert_eq!(window.flows.len(), 1000);
    // A tick is 10 ms at most; on a machine under load the clock that it moves on may be further behind.
    let slack = behind_ns + 20_000_000;
    for flow in &window.flows {
        let (before, between) = times[&flow.key];
        assert!(before <= flow.first && flow.first <= between, "{flow:?}");
        assert!(flow.first <= flow.last, "{flow:?}");
        assert!(
            between.0 < flow.last.0 + slack && flow.last.0 < end.0 + slack,
            "{flow:?}"
        );
    }
}

#[test]
fn flows_on_both_cpus_are_one_row_each() {
    let test = "flows_on_both_cpus_are_one_row_each";
    let Some(mut rig) = Rig::load(test, DEFAULT_MEMORY_BYTES, 2) else {
        return;
    };
    if rig.datapath.geometry().table_cpus.len() < 2 {
        println!("skipped: {test}: needs two CPUs");
        return;
    }
    let shared = &rig;
    let sent: Vec<Sent> = std::thread::scope(|scope| {
        let on = |cpu: usize| {
            scope.spawn(move || {
                pin_to(cpu);
                let mut sent = Sent::default();
                for round in 0..5 {
                    for n in 0..1000 {
                        sent.send(
                            shared,
                            hook(round + cpu),
                            n,
                            60 + cpu * 100 + n as usize % 50,
                        );
                    }
                }
                sent
            })
        };
        let threads = [on(0), on(1)];
        threads.map(|thread| thread.join().unwrap()).into()
    });
    let slices = close(&mut rig);
    no_duplicates(&slices);
    assert_eq!(slices[0].rows.len(), 1000);
    assert_eq!(slices[1].rows.len(), 1000);
    let window = window(slices);
    assert_eq!(window.flows.len(), 1000);
    for flow in &window.flows {
        assert!(flow.bounds.is_exact());
        let both = sent[0].flows[&flow.key] + sent[1].flows[&flow.key];
        assert_eq!(flow.bounds.lo, both);
    }
}
