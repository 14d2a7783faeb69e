//! Reading a finished epoch where it lies: rows by the insertion list, no system call a row.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use windrow_core::flow;
use windrow_core::reason::Reason;
use windrow_core::slice::{self, MonoNanos};
use windrow_core::tally::Tally;
use zerocopy::FromZeros;

use crate::abi::{
    self, BUCKET_WAYS, CARRY_BYTES, CARRY_PACKETS, ColdRow, LIST_CHUNK, OTHER_REASONS, Row, Slice,
    SliceEpoch,
};
use crate::kernel::mapped::Mapped;
use crate::kernel::{Datapath, Epoch};

/// The tables, mapped.
#[derive(Debug)]
pub struct Tables {
    /// Hot lines, one a row.
    pub rows: Mapped<Row>,
    /// Cold lines, one a row.
    pub cold_rows: Mapped<ColdRow>,
    /// Slots in the order their keys came in.
    pub lists: Mapped<u32>,
    /// One for each possible CPU.
    pub slices: Mapped<Slice>,
    /// Length of a jiffy.
    pub tick: Duration,
}

/// Rows that are on their way from memory while one is read.
const AHEAD: usize = 16;

/// In this order in `abi.h`.
const REASONS: [Reason; OTHER_REASONS] = [
    Reason::Short,
    Reason::L2Cut,
    Reason::BadIp,
    Reason::Llc,
    Reason::DeepVlan,
    Reason::DeepMpls,
    Reason::MplsPayload,
    Reason::PppoePayload,
    Reason::EthertypeOther,
];

impl Datapath {
    /// Reads what `epoch` counted on every CPU and frees its buffer for a later epoch.
    ///
    /// The epoch must have been left, and a grace period have passed since.
    pub fn drain(&self, epoch: Epoch) -> Vec<slice::Slice> {
        let buffer = epoch.buffer(self.geometry.buffers);
        let slices = (0..self.geometry.possible_cpus as usize)
            .map(|cpu| self.drain_slice(cpu, buffer))
            .collect();
        self.forget_old_rows(epoch, buffer);
        slices
    }

    fn drain_slice(&self, cpu: usize, buffer: u32) -> slice::Slice {
        let slice = self.maps.slices.read(cpu);
        let ledger = slice.epochs[buffer as usize];
        let first_row = (slice.first_bucket + buffer * slice.buckets) as usize * BUCKET_WAYS;
        let first_slot = (slice.first_chunk + buffer * slice.chunks) as usize * LIST_CHUNK;
        let listed = (ledger.rows as usize).min(slice.buckets as usize * BUCKET_WAYS);
        let mut rows = Vec::with_capacity(listed);
        for place in first_slot..first_slot + listed {
            // Rows lie anywhere: without this each waits for two cache lines and their pages.
            if place + AHEAD < first_slot + listed {
                let soon = first_row + self.maps.lists.read(place + AHEAD) as usize;
                self.maps.rows.prefetch(soon);
                self.maps.cold_rows.prefetch(soon);
            }
            let at = first_row + self.maps.lists.read(place) as usize;
            let (row, cold) = (self.maps.rows.read(at), self.maps.cold_rows.read(at));
            rows.push(self.row(&ledger, &row, &cold));
        }
        self.maps.clear_ledger(cpu, buffer);
        slice::Slice {
            events: ledger.events,
            seen: tally(ledger.seen),
            rows,
            folded_ipv4: tally(ledger.folded_ipv4),
            folded_ipv6: tally(ledger.folded_ipv6),
            other: other(&ledger),
            deep_chains: ledger.deep_chains,
            capacity_rows: slice.buckets as u64 * BUCKET_WAYS as u64,
        }
    }

    fn row(&self, ledger: &SliceEpoch, row: &Row, cold: &ColdRow) -> slice::Row {
        let bytes = row.bytes_flags & (CARRY_BYTES - 1);
        // Ticks are compared in 32 bits: they wrap after months, a window does not last so long.
        let behind = i64::from((row.last as i32).wrapping_sub(ledger.pair_ticks as u32 as i32));
        let last = (ledger.pair_ns as i64 + behind * self.maps.tick.as_nanos() as i64).max(0);
        slice::Row {
            key: key(&row.key),
            count: Tally::new(
                u64::from(row.packets) + u64::from(cold.carried_packets) * CARRY_PACKETS,
                bytes + u64::from(cold.carried_bytes) * CARRY_BYTES,
            ),
            base: Tally::new(cold.base_packets, cold.base_bytes),
            first: MonoNanos(cold.first_ns),
            last: MonoNanos(last as u64),
            tcp_flags: (row.bytes_flags >> 48) as u8,
        }
    }

    /// Takes the epoch's mark off a part of the idle buffer's rows, a different part each time:
    /// before 16 bits come round again, no row of the last round is left that could pass for new.
    fn forget_old_rows(&self, epoch: Epoch, buffer: u32) {
        let uses_a_round = u64::from(u16::MAX) / u64::from(self.geometry.buffers);
        let rows = self.geometry.rows_per_cpu();
        let part = rows.div_ceil(uses_a_round / 2);
        let parts = rows.div_ceil(part);
        let start = epoch.0 / u64::from(self.geometry.buffers) % parts * part;
        for table in 0..self.geometry.table_cpus.len() as u64 {
            let first = (table * u64::from(self.geometry.buffers) + u64::from(buffer)) * rows;
            for place in start..(start + part).min(rows) {
                let at = (first + place) as usize;
                let mut row = self.maps.rows.read(at);
                row.key.epoch = 0;
                self.maps.rows.write(at, row);
            }
        }
    }
}

impl Tables {
    /// Other epochs' ledgers are being written by programs meanwhile: touches this one only.
    fn clear_ledger(&self, cpu: usize, buffer: u32) {
        let ledger =
            std::mem::offset_of!(Slice, epochs) + buffer as usize * size_of::<SliceEpoch>();
        self.slices
            .write_part(cpu, ledger, SliceEpoch::new_zeroed());
    }
}

fn key(key: &abi::FlowKey) -> flow::FlowKey {
    let address = |bytes: [u8; 16]| {
        if key.family == 4 {
            IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]))
        } else {
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
    };
    flow::FlowKey {
        src: address(key.src),
        dst: address(key.dst),
        sport: u16::from_be_bytes(key.sport),
        dport: u16::from_be_bytes(key.dport),
        proto: key.proto,
    }
}

fn tally(tally: abi::Tally) -> Tally {
    Tally::new(tally.packets, tally.bytes)
}

fn other(ledger: &SliceEpoch) -> Vec<(Reason, Tally)> {
    let fixed = REASONS
        .iter()
        .zip(ledger.other)
        .map(|(reason, seen)| (*reason, tally(seen)));
    let by_ethertype = ledger
        .ethertypes
        .iter()
        .map(|slot| (Reason::Ethertype(slot.ethertype as u16), tally(slot.seen)));
    fixed
        .chain(by_ethertype)
        .filter(|(_, seen)| !seen.is_zero())
        .collect()
}
