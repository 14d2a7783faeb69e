//! An epoch read through the ring is the same as read where it lies, whatever it holds and however
//! small the ring is.

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use windrow_core::slice::Slice;

use super::*;
use crate::abi::{ColdRow, FlowKey, LEDGERS_A_CPU, Row, RowRecord, SliceEpoch, Tally as Counted};
use crate::clock::Clock;
use crate::kernel::export::Reading;

/// Numbers that look random and are the same every time: SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }
}

/// Tables for the CPUs of this machine, two at most, and a ring of so many bytes.
fn load_with_ring(test: &str, memory: u64, buffers: u32, ring_bytes: u32) -> Option<Datapath> {
    let possible = libbpf_rs::num_possible_cpus().unwrap() as u32;
    let tables = (0..possible.min(2)).collect();
    // On a machine of many CPUs their ledgers alone would take a small memory.
    let ledger = LEDGERS_A_CPU * size_of::<SliceEpoch>() + size_of::<Counted>();
    let memory = memory + u64::from(possible) * ledger as u64;
    let ring = Export::Ring;
    let mut geometry = Geometry::fit(memory, possible, tables, buffers, 0, ring, 4096).unwrap();
    geometry.ring_bytes = ring_bytes;
    load_shaped(test, geometry)
}

/// Everything that was drained, rows by their keys: a table that is a third full is read as
/// its rows lie, and the ring has them as they came.
fn in_order(drained: &Drained) -> Vec<Slice> {
    let mut slices = collected(drained);
    for slice in &mut slices {
        slice.rows.sort_unstable_by_key(|row| row.key);
    }
    slices
}

impl Datapath {
    fn clock(&self) -> Clock {
        Clock::Jiffies(self.tick)
    }

    /// What an epoch holds, read where it lies; it is kept.
    fn look(&self, epoch: Epoch) -> Vec<Slice> {
        let mut drained = Drained::default();
        self.tables.copy(epoch, self.clock(), &mut drained);
        in_order(&drained)
    }

    /// The same through the ring.
    fn export(&mut self, epoch: Epoch) -> Vec<Slice> {
        let clock = self.clock();
        let exporter = self.exporter.as_mut().unwrap();
        let mut drained = Drained::default();
        exporter
            .read(epoch, &self.tables, clock, &mut drained)
            .unwrap();
        in_order(&drained)
    }

    /// Makes an epoch as if each CPU had counted so many flows: rows of random content all over its
    /// table, among them counters that were carried, bounds, and IPv6.
    fn make_up(&self, epoch: Epoch, rows_each: usize) {
        let geometry = &self.tables.geometry;
        let buffer = epoch.buffer(geometry.buffers) as usize;
        let mut random = Random(epoch.0);
        for cpu in geometry.table_cpus.iter().map(|cpu| *cpu as usize) {
            let place = cpu * LEDGERS_A_CPU + buffer;
            let ledger = self.tables.ledgers.read(place);
            let room = ledger.buckets as usize * BUCKET_WAYS;
            assert!(rows_each <= room);
            let first_row = ledger.first_bucket as usize * BUCKET_WAYS;
            let first_slot = ledger.first_chunk as usize * LIST_CHUNK;
            // Coprime to the number of rows, which is even: each slot comes once.
            let step = (room / 2 - 1) | 1;
            for number in 0..rows_each {
                let slot = (number * step + 7) % room;
                self.tables.lists.write(first_slot + number, slot as u32);
                let row = made_up_row(&mut random, cpu, number, epoch.mark());
                self.tables.rows.write(first_row + slot, row);
                let cold = ColdRow {
                    first_ns: random.next() >> 1,
                    kept_packets: random.next() >> 8,
                    kept_bytes: random.next() >> 8,
                    base_packets: random.next() as u32,
                    base_bytes: random.next() as u32,
                };
                self.tables.cold_rows.write(first_row + slot, cold);
            }
            let mut tally = || Counted {
                packets: random.next(),
                bytes: random.next(),
            };
            let ledger = SliceEpoch {
                events: cpu as u64 + 1,
                seen: tally(),
                rows: rows_each as u32,
                total_ipv4: tally(),
                total_ipv6: tally(),
                pair_ns: 1 << 60,
                other: [(); 9].map(|()| tally()),
                filtered: tally(),
                ..ledger
            };
            self.tables.ledgers.write(place, ledger);
        }
    }
}

/// The row of one CPU with that number, which its source address holds.
fn made_up_row(random: &mut Random, cpu: usize, number: usize, epoch: u16) -> Row {
    let mut src = [0; 16];
    src[..4].copy_from_slice(&(number as u32).to_be_bytes());
    let family = if number % 3 == 2 { 6 } else { 4 };
    let mut dst = [0; 16];
    dst[..8].copy_from_slice(&random.next().to_ne_bytes());
    Row {
        key: FlowKey {
            src,
            dst,
            sport: (random.next() as u16).to_be_bytes(),
            dport: (cpu as u16).to_be_bytes(),
            proto: random.next() as u8,
            family,
            epoch,
            iface: random.next() as u32,
            vlan: random.next() as u16 & 0xfff,
            tos: random.next() as u8,
            dir: number as u8 % 3,
        },
        packets: random.next() as u32 >> 1,
        last: random.next() as u32,
        bytes_flags: random.next() & !(CARRY_BYTES),
    }
}

#[test]
fn real_frames_come_out_alike_either_way() {
    let test = "real_frames_come_out_alike_either_way";
    // The second holds 36 rows a run; no record may begin where the next would not fit.
    for ring_bytes in [1 << 20, 4096] {
        let Some(mut datapath) = load_with_ring(test, 100_000, 2, ring_bytes) else {
            return;
        };
        let cpus = datapath.geometry().table_cpus.len();
        let room = datapath.geometry().rows_per_cpu();
        for epoch in (0..4).map(Epoch) {
            for cpu in 0..cpus {
                pin_to(cpu);
                datapath.count(Tc, &tcp4(1, 0x02), 3);
                let place = datapath.place(cpu, epoch, 0);
                datapath.set_row(place, CARRY_PACKETS as u32 - 1, CARRY_BYTES - 1);
                datapath.count(Xdp, &tcp4(1, 0x10), 2);
                // More flows than there is room for, so that some fold, and some rows have a base.
                for n in (0..=255).chain(0..=255) {
                    datapath.count(Tc, &tcp4(n, 0x18), 1);
                    datapath.count(Xdp, &icmp6(n), 1 + u32::from(n) % 2);
                }
                datapath.count(Tc, &[0; 60], 2);
                // So many packets that rows may be spilled.
                for n in (0..=255).chain(0..=255) {
                    datapath.run_frame(Tc, &tcp4(n, 0x18), 200).unwrap();
                }
            }
            datapath.flipper().flip(epoch.next());
            let exported = datapath.export(epoch);
            let mut looked = datapath.look(epoch);
            for slice in &looked[..cpus] {
                assert!(slice.rows.len() as u64 > room / 2 && !slice.folded_sum().is_zero());
                assert!(slice.rows.iter().any(|row| row.base.packets > 0));
                assert!(
                    slice
                        .rows
                        .iter()
                        .any(|row| row.count.packets > CARRY_PACKETS)
                );
                assert!(!slice.other.is_empty());
                assert!(!slice.spills.is_empty() && slice.sketch.is_some());
            }
            assert_eq!(exported, looked);
            // The log was read.
            for slice in &mut looked {
                slice.spills.clear();
            }
            assert_eq!(in_order(datapath.drain(epoch).unwrap()), looked);
            // Freed, as by the other way out.
            let left: u64 = datapath.look(epoch).iter().map(|slice| slice.events).sum();
            assert_eq!(left, 0);
        }
    }
}

#[test]
fn an_epoch_without_an_event_comes_out_empty() {
    let test = "an_epoch_without_an_event_comes_out_empty";
    let Some(mut datapath) = load_with_ring(test, 1 << 20, 3, 4096) else {
        return;
    };
    for epoch in (0..7).map(Epoch) {
        datapath.flipper().flip(epoch.next());
        let looked = datapath.look(epoch);
        assert_eq!(in_order(datapath.drain(epoch).unwrap()), looked);
        assert!(looked.iter().all(|slice| slice.rows.is_empty()));
    }
}

#[test]
fn a_walk_that_gets_no_further_is_an_error_and_no_endless_loop() {
    let test = "a_walk_that_gets_no_further_is_an_error_and_no_endless_loop";
    let Some(mut datapath) = load_with_ring(test, 1 << 20, 2, 4096) else {
        return;
    };
    let mut exporter = datapath.exporter.take().unwrap();
    // There is no such buffer.
    let clock = datapath.clock();
    datapath.tables.geometry.buffers = 9;
    let read = exporter.read(Epoch(8), &datapath.tables, clock, &mut Drained::default());
    assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::Other);
}

#[test]
fn rows_are_exported_by_mapping_unless_a_ring_is_asked_for() {
    let test = "rows_are_exported_by_mapping_unless_a_ring_is_asked_for";
    let Some(datapath) = load(test, vec![0]) else {
        return;
    };
    assert!(datapath.exporter.is_none());
}

#[test]
fn a_million_rows_wait_for_a_reader_that_is_stopped_for_10_s() {
    let test = "a_million_rows_wait_for_a_reader_that_is_stopped_for_10_s";
    const RING_BYTES: u32 = 16 << 20;
    const RECORD_BYTES: u32 = 8 + size_of::<RowRecord>() as u32;
    let Some(mut datapath) = load_with_ring(test, 150 << 20, 1, RING_BYTES) else {
        return;
    };
    let cpus = datapath.geometry().table_cpus.len();
    let each = 1_000_000 / cpus;
    datapath.make_up(Epoch(0), each);
    let clock = datapath.clock();
    let mut exporter = datapath.exporter.take().unwrap();
    let mut drained = Drained::default();
    let mut reading = Reading::of(Epoch(0), &datapath.tables.geometry, clock, &mut drained);

    // The ring is full long before the end, and the walk says how far it came.
    assert!(exporter.submit(&mut reading.walk).unwrap());
    let reached = (reading.walk.cpu, reading.walk.place);
    let rows = reading.walk.rows;
    assert_eq!(
        reached,
        (0, rows + 1),
        "the ledger and so many rows of CPU 0"
    );
    assert!(rows.abs_diff(RING_BYTES / RECORD_BYTES) < 10, "{rows} rows");
    println!("a ring of {RING_BYTES} bytes holds {rows} rows");
    // As long as nobody reads it gets no further, and forgets nothing.
    let stopped = Instant::now();
    while stopped.elapsed() < Duration::from_secs(10) {
        assert!(exporter.submit(&mut reading.walk).unwrap());
        assert_eq!((reading.walk.cpu, reading.walk.place), reached);
        assert_eq!(reading.walk.rows, 0);
        thread::sleep(Duration::from_secs(1));
    }
    let mut runs = 1;
    loop {
        exporter.collect(&mut reading).unwrap();
        runs += 1;
        if !exporter.submit(&mut reading.walk).unwrap() {
            break;
        }
    }
    exporter.collect(&mut reading).unwrap();
    println!("1,000,000 rows in {runs} runs");
    assert_eq!(runs, 1_000_000_u32.div_ceil(rows));
    drained.finish(0, &datapath.tables.pressure);
    let exported = in_order(&drained);
    for (cpu, slice) in exported[..cpus].iter().enumerate() {
        assert_eq!(slice.rows.len(), each);
        assert_eq!(slice.events, cpu as u64 + 1);
        let keys: HashSet<_> = slice.rows.iter().map(|row| row.key).collect();
        assert_eq!(keys.len(), each, "each row once");
    }
    assert!(exported == datapath.look(Epoch(0)), "rows that differ");
}

#[test]
fn what_100_000_rows_cost_either_way() {
    let test = "what_100_000_rows_cost_either_way";
    let Some(mut datapath) = load_with_ring(test, 128 << 20, 2, 16 << 20) else {
        return;
    };
    let cpus = datapath.geometry().table_cpus.len();
    datapath.make_up(Epoch(0), 100_000 / cpus);
    let (clock, mut exporter) = (datapath.clock(), datapath.exporter.take().unwrap());
    let geometry = &datapath.tables.geometry;
    let (mut map, mut walk, mut collect) = (Vec::new(), Vec::new(), Vec::new());
    let (mut mapped, mut exported) = (Drained::default(), Drained::default());
    for _ in 0..21 {
        let started = cpu_time();
        datapath.tables.copy(Epoch(0), clock, &mut mapped);
        map.push(cpu_time() - started);
        let mut reading = Reading::of(Epoch(0), geometry, clock, &mut exported);
        let started = cpu_time();
        assert!(!exporter.submit(&mut reading.walk).unwrap(), "one run");
        let walked = cpu_time();
        exporter.collect(&mut reading).unwrap();
        walk.push(walked - started);
        collect.push(cpu_time() - walked);
        exported.finish(0, &datapath.tables.pressure);
        assert!(in_order(&exported) == in_order(&mapped), "rows that differ");
    }
    let a_row = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_nanos() as f64 / 100_000.0
    };
    let (map, walk, collect) = (a_row(map), a_row(walk), a_row(collect));
    println!(
        "a row of 100,000: mapped {map:.1} ns; through the ring {:.1} ns, {walk:.1} in the kernel",
        walk + collect
    );
}

/// Of this thread: how busy the machine is does not show in it.
fn cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)
        .unwrap()
        .into()
}
