//! The tables of a data path, and reading a finished epoch where it lies: rows by the insertion
//! list, no system call a row.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

use windrow_core::flow::{self, Dir, Life};
use windrow_core::reason::Reason;
use windrow_core::slice::{self, MonoNanos};
use windrow_core::tally::Tally;
use zerocopy::FromZeros;

use crate::abi::{
    self, BUCKET_WAYS, CARRY_BYTES, CARRY_PACKETS, ColdRow, LIST_CHUNK, OTHER_REASONS, Row, Slice,
    SliceEpoch,
};
use crate::clock::Clock;
use crate::epoch::Epoch;
use crate::geometry::Geometry;
use crate::memory::Mapped;

/// Rows that are on their way from memory while one is read.
const AHEAD: usize = 16;

/// Rows near each other for each flow of the window before.
const NEAR_ROWS_A_FLOW: u32 = 4;
/// 128 KiB of rows.
const NEAR_BUCKETS_LEAST: u32 = 256;

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

/// Memory that the data path writes and the drain reads, and its shape.
#[derive(Debug)]
pub(crate) struct Tables {
    /// Hot lines, one a row.
    pub(crate) rows: Mapped<Row>,
    /// Cold lines, one a row.
    pub(crate) cold_rows: Mapped<ColdRow>,
    /// Slots in the order their keys came in.
    pub(crate) lists: Mapped<u32>,
    /// One for each possible CPU.
    pub(crate) slices: Mapped<Slice>,
    /// Which slice's rows lie where.
    pub(crate) geometry: Geometry,
}

impl Tables {
    /// Tables in memory of this process.
    pub(crate) fn anonymous(geometry: Geometry) -> io::Result<Tables> {
        let rows = geometry.buckets_in_all() as usize * BUCKET_WAYS;
        let tables = Tables {
            rows: Mapped::anonymous(rows)?,
            cold_rows: Mapped::anonymous(rows)?,
            lists: Mapped::anonymous(geometry.chunks_in_all() as usize * LIST_CHUNK)?,
            slices: Mapped::anonymous(geometry.possible_cpus as usize)?,
            geometry,
        };
        tables.place_slices();
        Ok(tables)
    }

    /// Tells each slice where its rows lie, with nothing counted yet.
    pub(crate) fn place_slices(&self) {
        let geometry = &self.geometry;
        for cpu in 0..geometry.possible_cpus {
            let mut slice = Slice::new_zeroed();
            for buffer in 0..geometry.buffers {
                slice.epochs[buffer as usize] = self.empty_ledger(cpu, buffer);
            }
            self.slices.write(cpu as usize, slice);
        }
    }

    /// A ledger in which nothing is counted yet, and which says where its rows lie. All buckets are near:
    /// nothing is known of what will come.
    fn empty_ledger(&self, cpu: u32, buffer: u32) -> SliceEpoch {
        let geometry = &self.geometry;
        let mut ledger = SliceEpoch::new_zeroed();
        if let Some(table) = geometry.table_of(cpu) {
            let set = table * geometry.buffers + buffer;
            ledger.buckets = geometry.buckets;
            ledger.near_buckets = geometry.buckets;
            ledger.first_bucket = set * geometry.buckets;
            ledger.first_chunk = set * geometry.chunks();
        }
        ledger
    }

    /// Reads what `epoch` counted on every CPU and frees its buffer for a later epoch.
    ///
    /// Nothing may be counting in the epoch any more.
    pub(crate) fn drain(&self, epoch: Epoch, clock: Clock) -> Vec<slice::Slice> {
        let buffer = epoch.buffer(self.geometry.buffers);
        let slices = (0..self.geometry.possible_cpus as usize)
            .map(|cpu| self.read_slice(cpu, buffer, clock))
            .collect();
        self.free(epoch);
        slices
    }

    /// Frees the buffer of an epoch that was read for a later one.
    pub(crate) fn free(&self, epoch: Epoch) {
        let buffer = epoch.buffer(self.geometry.buffers);
        for cpu in 0..self.geometry.possible_cpus as usize {
            self.clear_ledger(cpu, buffer);
        }
        self.forget_old_rows(epoch, buffer);
    }

    /// Reads what one CPU counted in the epoch of that buffer.
    pub(crate) fn read_slice(&self, cpu: usize, buffer: u32, clock: Clock) -> slice::Slice {
        let slice = self.slices.read(cpu);
        let ledger = slice.epochs[buffer as usize];
        let mut rows = Vec::with_capacity(ledger.rows as usize);
        for (at, soon) in self.listed(&slice, buffer) {
            // Rows lie anywhere: without this each waits for two cache lines and their pages.
            if let Some(soon) = soon {
                self.rows.prefetch(soon);
                self.cold_rows.prefetch(soon);
            }
            let (row, cold) = (self.rows.read(at), self.cold_rows.read(at));
            rows.push(drained(&ledger, &row, &cold, clock));
        }
        let capacity = self.geometry.rows_of(cpu as u32);
        summed(&ledger, rows, capacity)
    }

    /// Places of a slice's rows in the order their keys came in, each with one that follows soon.
    fn listed(&self, slice: &Slice, buffer: u32) -> impl Iterator<Item = (usize, Option<usize>)> {
        let ledger = &slice.epochs[buffer as usize];
        let first_row = ledger.first_bucket as usize * BUCKET_WAYS;
        let first_slot = ledger.first_chunk as usize * LIST_CHUNK;
        let length = (ledger.rows as usize).min(ledger.buckets as usize * BUCKET_WAYS);
        let row = move |place: usize| first_row + self.lists.read(first_slot + place) as usize;
        (0..length).map(move |place| {
            let soon = (place + AHEAD < length).then(|| row(place + AHEAD));
            (row(place), soon)
        })
    }

    /// Shifts `last` of every row of an epoch to the right: its steps have become so much longer.
    pub(crate) fn lengthen_ticks(&self, epoch: Epoch, bits: u32) {
        let buffer = epoch.buffer(self.geometry.buffers);
        for cpu in 0..self.geometry.possible_cpus as usize {
            let slice = self.slices.read(cpu);
            for (at, soon) in self.listed(&slice, buffer) {
                if let Some(soon) = soon {
                    self.rows.prefetch(soon);
                }
                let mut row = self.rows.read(at);
                row.last = ((row.last as i32) >> bits.min(31)) as u32;
                self.rows.write(at, row);
            }
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
                let mut row = self.rows.read(at);
                // Memory that no row was ever in stays untouched.
                if row.key.epoch != 0 {
                    row.key.epoch = 0;
                    self.rows.write(at, row);
                }
            }
        }
    }

    /// Other epochs' ledgers are being written by programs meanwhile: touches this one only.
    fn clear_ledger(&self, cpu: usize, buffer: u32) {
        let left = self.slices.read(cpu).epochs[buffer as usize];
        let mut ledger = self.empty_ledger(cpu as u32, buffer);
        ledger.near_buckets = near_buckets(&left);
        let place = std::mem::offset_of!(Slice, epochs) + buffer as usize * size_of::<SliceEpoch>();
        self.slices.write_part(cpu, place, ledger);
    }
}

/// How many buckets of a table keys are to come to first, after an epoch that looked like this: four rows
/// a flow, so that seven of eight keys are at the first place that is looked at, in as little memory as
/// that takes. Growing is at once, shrinking by half an epoch: traffic comes back.
fn near_buckets(left: &SliceEpoch) -> u32 {
    let wanted = left.rows.saturating_mul(NEAR_ROWS_A_FLOW) / BUCKET_WAYS as u32;
    wanted
        .max(left.near_buckets / 2)
        .max(NEAR_BUCKETS_LEAST)
        .min(left.buckets)
}

/// A CPU's share of a window: its ledger, its rows, and how many it has room for.
pub(crate) fn summed(
    ledger: &SliceEpoch,
    rows: Vec<slice::Row>,
    capacity_rows: u64,
) -> slice::Slice {
    slice::Slice {
        events: ledger.events,
        seen: tally(ledger.seen) + tally(ledger.seen_out),
        seen_out: tally(ledger.seen_out),
        filtered: tally(ledger.filtered),
        rows,
        folded_ipv4: tally(ledger.folded_ipv4),
        folded_ipv6: tally(ledger.folded_ipv6),
        other: other(ledger),
        deep_chains: ledger.deep_chains,
        capacity_rows,
    }
}

/// A row of that ledger's epoch.
pub(crate) fn drained(ledger: &SliceEpoch, row: &Row, cold: &ColdRow, clock: Clock) -> slice::Row {
    let bytes = row.bytes_flags & (CARRY_BYTES - 1);
    slice::Row {
        key: key(&row.key),
        count: Tally::new(
            u64::from(row.packets) + u64::from(cold.carried_packets) * CARRY_PACKETS,
            bytes + u64::from(cold.carried_bytes) * CARRY_BYTES,
        ),
        base: Tally::new(cold.base_packets, cold.base_bytes),
        first: MonoNanos(cold.first_ns),
        last: clock.time(ledger, row.last),
        tcp_flags: (row.bytes_flags >> 48) as u8,
    }
}

fn key(key: &abi::FlowKey) -> flow::FlowKey {
    let address = |bytes: [u8; 16]| {
        // Without an address among the keys there is no family either, and all of it is 0.
        if key.family != 6 {
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
        iface: NonZeroU32::new(key.iface).map(Life),
        dir: match key.dir {
            abi::DIRECTION_IN => Some(Dir::In),
            abi::DIRECTION_OUT => Some(Dir::Out),
            _ => None,
        },
        vlan: key.vlan,
        tos: key.tos,
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
