//! What only shows with the tables' memory in hand: counters at their edge, CPUs without a table.
#![allow(clippy::unwrap_used)] // tests

mod export;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use windrow_core::net::Family;
use windrow_core::selection::Selection;
use windrow_core::slice;
use windrow_core::tally::Tally;

use crate::abi::{
    BUCKET_WAYS, CARRY_BYTES, CARRY_PACKETS, LEDGERS_A_CPU, LIST_CHUNK, PACKETS_STAY,
};
use crate::drained::Drained;
use crate::epoch::Epoch;
use crate::export::Export;
use crate::geometry::Geometry;
use crate::kernel::FrameHook::{self, Tc, Xdp};
use crate::kernel::{Datapath, Error, Hooks, Settings, load};
use crate::secret::Secret;

/// Two CPUs that may run, of which `table_cpus` have a table.
fn load(test: &str, table_cpus: Vec<u32>) -> Option<Datapath> {
    let possible = libbpf_rs::num_possible_cpus().unwrap() as u32;
    let geometry = Geometry::fit(4 << 20, possible, table_cpus, 2, 0, Export::Map, 4096).unwrap();
    load_shaped(test, geometry)
}

/// The same with tables of that shape.
fn load_shaped(test: &str, geometry: Geometry) -> Option<Datapath> {
    let plan = load::Plan {
        hooks: Hooks::All,
        geometry,
        secret: Secret::from_seed(1),
        selection: Selection::default(),
        replayed: false,
    };
    match plan.load() {
        Ok(datapath) => Some(datapath),
        Err(error @ (Error::NotPermitted | Error::NoBtf)) => {
            println!("skipped: {test}: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The programs for traffic control, with few rows.
pub fn traffic_control(test: &str) -> Option<Datapath> {
    let settings = Settings {
        hooks: Hooks::Tc,
        memory_bytes: 1 << 20,
        buffers: 2,
        selection: Selection::default(),
        interfaces: 0,
        export: Export::Map,
    };
    match Datapath::load(settings) {
        Ok(datapath) => Some(datapath),
        Err(error @ (Error::NotPermitted | Error::NoBtf)) => {
            println!("skipped: {test}: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn pin_to(cpu: usize) {
    let mut cpus = CpuSet::new();
    cpus.set(cpu).unwrap();
    sched_setaffinity(Pid::from_raw(0), &cpus).unwrap();
}

/// An IPv4 TCP frame of flow `n`.
fn tcp4(n: u8, flags: u8) -> Vec<u8> {
    let mut frame = vec![0; 100];
    frame[12..18].copy_from_slice(&[8, 0, 0x45, 0, 0, 86]);
    frame[23] = 6;
    frame[26..34].copy_from_slice(&[10, 0, 0, n, 10, 0, 0, 1]);
    frame[47] = flags;
    frame
}

/// An IPv6 frame of flow `n`, without ports.
fn icmp6(n: u8) -> Vec<u8> {
    let mut frame = vec![0; 80];
    frame[12..21].copy_from_slice(&[0x86, 0xdd, 0x60, 0, 0, 0, 0, 26, 58]);
    frame[37] = n;
    frame
}

/// Everything that was drained, with its rows.
fn collected(drained: &Drained) -> Vec<slice::Slice> {
    let slices = drained.slices().into_iter();
    slices.map(slice::Slice::collect).collect()
}

impl Datapath {
    fn count(&self, hook: FrameHook, frame: &[u8], times: u32) {
        for _ in 0..times {
            self.run_frame(hook, frame, 1).unwrap();
        }
    }

    /// The place in `rows` of what this CPU's open epoch listed as number `listed`.
    fn place(&self, cpu: usize, epoch: Epoch, listed: usize) -> usize {
        let buffer = epoch.buffer(self.tables.geometry.buffers) as usize;
        let ledger = self.tables.ledgers.read(cpu * LEDGERS_A_CPU + buffer);
        assert!(listed < ledger.rows as usize);
        let first_slot = ledger.first_chunk as usize * LIST_CHUNK;
        let first_row = ledger.first_bucket as usize * BUCKET_WAYS;
        first_row + self.tables.lists.read(first_slot + listed) as usize
    }

    /// Sets the counters of a row, as if it had counted so much; says what must be added to `seen`.
    fn set_row(&self, place: usize, packets: u32, bytes: u64) {
        let mut row = self.tables.rows.read(place);
        row.packets = packets;
        row.bytes_flags = row.bytes_flags & !(CARRY_BYTES - 1) | bytes;
        self.tables.rows.write(place, row);
    }

    fn close(&mut self, epoch: Epoch) -> Vec<slice::Slice> {
        self.flipper().flip(epoch.next());
        collected(self.drain(epoch).unwrap())
    }
}

#[test]
fn a_counter_at_its_edge_is_carried_into_the_cold_line() {
    let test = "a_counter_at_its_edge_is_carried_into_the_cold_line";
    let Some(mut datapath) = load(test, vec![0]) else {
        return;
    };
    pin_to(0);
    let (packets, bytes) = (CARRY_PACKETS as u32, CARRY_BYTES);
    // Packets, bytes, both, one short of each, and both far from it.
    let starts = [
        (packets - 3, 1000),
        (1000, bytes - 250),
        (packets - 1, bytes - 1),
        (packets - 5, bytes - 501),
        (packets - 6, bytes - 501),
        (1000, 1000),
    ];
    let mut epoch = Epoch(0);
    for hook in [Tc, Xdp] {
        for (packets, bytes) in starts {
            datapath.count(hook, &tcp4(1, 0x02), 1);
            datapath.count(hook, &tcp4(2, 0x10), 1);
            let place = datapath.place(0, epoch, 0);
            datapath.set_row(place, packets, bytes);
            datapath.count(hook, &tcp4(1, 0x80), 5);
            let row = datapath.tables.rows.read(place);
            assert!(u64::from(row.packets) < CARRY_PACKETS);
            let cold = datapath.tables.cold_rows.read(place);
            let kept = (cold.kept_packets, cold.kept_bytes);
            // One after the other: what came behind the edge stays in the row.
            let is_over = |start: u64, more: u64, edge: u64| u64::from(start + more >= edge);
            let want = (
                is_over(packets.into(), 5, CARRY_PACKETS) * (CARRY_PACKETS - PACKETS_STAY),
                is_over(bytes, 500, CARRY_BYTES) * CARRY_BYTES,
            );
            assert_eq!(kept, want, "{packets} {bytes} at {hook:?}");
            let slices = datapath.close(epoch);
            let [row, other] = slices[0].rows[..] else {
                panic!("{:?}", slices[0].rows)
            };
            assert_eq!(row.count, Tally::new(u64::from(packets) + 5, bytes + 500));
            assert_eq!(row.tcp_flags, 0x82, "{packets} {bytes} at {hook:?}");
            assert_eq!((other.count, other.tcp_flags), (Tally::new(1, 100), 0x10));
            epoch = epoch.next();
        }
    }
}

#[test]
fn a_counter_is_carried_as_often_as_it_comes_to_its_edge() {
    let test = "a_counter_is_carried_as_often_as_it_comes_to_its_edge";
    let Some(mut datapath) = load(test, vec![0]) else {
        return;
    };
    pin_to(0);
    datapath.count(Tc, &tcp4(1, 0), 1);
    let place = datapath.place(0, Epoch(0), 0);
    for round in 1..=3 {
        datapath.set_row(place, CARRY_PACKETS as u32 - 1, CARRY_BYTES - 100);
        datapath.count(Xdp, &tcp4(1, 0), 1);
        let cold = datapath.tables.cold_rows.read(place);
        let kept = (cold.kept_packets, cold.kept_bytes);
        let carried = CARRY_PACKETS - PACKETS_STAY;
        assert_eq!(kept, (round * carried, round * CARRY_BYTES));
    }
    let count = datapath.close(Epoch(0))[0].rows[0].count;
    let carried = CARRY_PACKETS - PACKETS_STAY;
    assert_eq!(
        count,
        Tally::new(3 * carried + PACKETS_STAY, 3 * CARRY_BYTES)
    );
    // The row's next owner starts from nothing.
    datapath.count(Tc, &tcp4(1, 0), 1);
    datapath.close(Epoch(1));
    datapath.count(Tc, &tcp4(1, 0), 1);
    let count = datapath.close(Epoch(2))[0].rows[0].count;
    assert_eq!(count, Tally::new(1, 100));
}

#[test]
fn a_cpu_without_a_table_folds_and_leaves_the_others_tables_alone() {
    let test = "a_cpu_without_a_table_folds_and_leaves_the_others_tables_alone";
    if libbpf_rs::num_possible_cpus().unwrap() < 2 {
        println!("skipped: {test}: needs two CPUs");
        return;
    }
    let Some(mut datapath) = load(test, vec![1]) else {
        return;
    };
    for epoch in [Epoch(0), Epoch(1)] {
        pin_to(1);
        datapath.count(Tc, &tcp4(1, 0), 3);
        pin_to(0);
        for hook in [Tc, Xdp] {
            // Flow 1 has a row in the table of the other CPU: it must not grow.
            datapath.count(hook, &tcp4(1, 0), 2);
            datapath.count(hook, &tcp4(2, 0), 1);
            datapath.count(hook, &icmp6(1), 1);
        }
        let slices = datapath.close(epoch);
        let (bare, full) = (&slices[0], &slices[1]);
        assert_eq!((bare.capacity_rows, bare.rows.len()), (0, 0));
        assert_eq!(bare.seen, Tally::new(8, 760));
        let folded = |family| {
            let of_family = bare.folded.iter().filter(|it| it.net.family() == family);
            of_family.map(|it| it.count).sum::<Tally>()
        };
        assert_eq!(folded(Family::Ipv4), Tally::new(6, 600));
        assert_eq!(folded(Family::Ipv6), Tally::new(2, 160));
        assert_eq!(full.rows.len(), 1);
        assert_eq!(full.rows[0].count, Tally::new(3, 300));
        assert!(full.folded_sum().is_zero());
    }
}

#[test]
fn chains_deeper_than_the_walk_are_counted() {
    let test = "chains_deeper_than_the_walk_are_counted";
    let Some(datapath) = load(test, vec![0]) else {
        return;
    };
    pin_to(0);
    for headers in [8, 9, 16] {
        let mut frame = vec![0; 54 + headers * 8 + 8];
        frame[12..15].copy_from_slice(&[0x86, 0xdd, 0x60]);
        frame[19] = headers as u8 * 8 + 8;
        frame[20] = 60;
        for header in 1..headers {
            frame[54 + (header - 1) * 8] = 60;
        }
        frame[54 + (headers - 1) * 8] = 17;
        datapath.count(Tc, &frame, 1);
        datapath.count(Xdp, &frame, 1);
    }
    assert_eq!(datapath.tables.ledgers.read(0).deep_chains, 4);
}

#[test]
fn runs_are_metered_beside_those_of_an_empty_program() {
    let test = "runs_are_metered_beside_those_of_an_empty_program";
    let Some(datapath) = load(test, vec![0]) else {
        return;
    };
    pin_to(0);
    let meter = datapath.meter().unwrap();
    // What ran before is not counted.
    datapath.count(Tc, &tcp4(1, 0), 10);
    let metering = match meter.begin() {
        Ok(metering) => metering,
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            println!("skipped: {test}: run-time statistics need CAP_SYS_ADMIN");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    datapath.count(Tc, &tcp4(1, 0), 200);
    datapath.count(Xdp, &icmp6(1), 100);
    metering.run_empty(400).unwrap();
    let metered = metering.end().unwrap();
    assert_eq!((metered.events(), metered.empty.count), (300, 400));
    assert!(metered.event_nanos() > Some(0.0) && metered.empty.mean_nanos() > Some(0.0));
    assert!(datapath.program_bytes() > 10_000);
}

#[test]
fn without_registers_rows_are_counted_and_nothing_distinct_in_any_window() {
    let Some(datapath) = traffic_control("without registers") else {
        return;
    };
    let mut datapath = datapath.without_registers();
    for epoch in (0..4).map(Epoch) {
        for n in 0..10 {
            datapath.count(Tc, &tcp4(n, 0), 1);
        }
        let slices = datapath.close(epoch);
        assert_eq!(slices.iter().map(|it| it.rows.len()).sum::<usize>(), 10);
        assert!(slices.iter().all(|it| it.distinct.is_none()));
    }
}
