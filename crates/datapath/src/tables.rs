//! The tables of a data path, and draining a finished epoch: its rows are copied out of the memory
//! that the data path writes to, no system call a row.

use std::collections::HashSet;
use std::io;
use std::mem::offset_of;
use std::ops::Range;
#[cfg(feature = "kernel")]
use std::os::fd::BorrowedFd;

use windrow_core::net::Family;
use zerocopy::FromZeros;

use crate::abi::{
    BUCKET_WAYS, ColdRow, FlowKey, LEDGERS_A_CPU, LIST_CHUNK, Line, Row, SIDE_DESTINATION,
    SIDE_SOURCE, SliceEpoch, SpillRecord,
};
use crate::clock::Clock;
use crate::drained::Drained;
use crate::epoch::Epoch;
use crate::geometry::Geometry;
use crate::memory::Mapped;
use crate::pressure::Pressure;

/// Rows that are on their way from memory while one is read.
const AHEAD: usize = 16;

/// Rows near each other for each flow of the window before.
const NEAR_ROWS_A_FLOW: u32 = 8;
/// Networks that are everything: of IPv4, of IPv6.
const TOTALS: u32 = 2;
/// What a lifetime is taken for until some are known: nothing is silent for so long.
const LONG_LIFETIME: u64 = 1 << 38;
/// Rows whose addresses are counted to choose a side.
const SIDE_SAMPLE: usize = 4096;
/// 128 KiB of rows.
const NEAR_BUCKETS_LEAST: u32 = 256;

/// Memory that the data path writes and the drain reads, and its shape.
#[derive(Debug)]
pub(crate) struct Tables {
    /// Hot lines, one a row.
    pub(crate) rows: Mapped<Row>,
    /// Cold lines, one a row.
    pub(crate) cold_rows: Mapped<ColdRow>,
    /// Slots in the order their keys came in.
    pub(crate) lists: Mapped<u32>,
    /// Lines beside the rows: filter, sketch, ladder, registers.
    pub(crate) lines: Mapped<Line>,
    /// The logs.
    pub(crate) spills: Mapped<SpillRecord>,
    /// [`LEDGERS_A_CPU`] for each possible CPU.
    pub(crate) ledgers: Mapped<SliceEpoch>,
    /// Which slice's rows lie where.
    pub(crate) geometry: Geometry,
    /// What becomes of keys that find no room.
    pub(crate) pressure: Pressure,
}

/// The maps of `bpf/maps.h`.
#[cfg(feature = "kernel")]
pub(crate) struct Maps<'a> {
    pub(crate) rows: BorrowedFd<'a>,
    pub(crate) cold_rows: BorrowedFd<'a>,
    pub(crate) lists: BorrowedFd<'a>,
    pub(crate) lines: BorrowedFd<'a>,
    pub(crate) spills: BorrowedFd<'a>,
    pub(crate) ledgers: BorrowedFd<'a>,
}

impl Tables {
    /// Tables in memory of this process.
    pub(crate) fn anonymous(geometry: Geometry, pressure: Pressure) -> io::Result<Tables> {
        let rows = geometry.buckets_in_all() as usize * BUCKET_WAYS;
        let tables = Tables {
            rows: Mapped::anonymous(rows)?,
            cold_rows: Mapped::anonymous(rows)?,
            lists: Mapped::anonymous(geometry.chunks_in_all() as usize * LIST_CHUNK)?,
            lines: Mapped::anonymous(geometry.lines_in_all() as usize)?,
            spills: Mapped::anonymous(geometry.spills_in_all() as usize)?,
            ledgers: Mapped::anonymous(geometry.ledgers_in_all())?,
            geometry,
            pressure,
        };
        tables.place_ledgers();
        Ok(tables)
    }

    /// Tables in maps of that geometry's sizes, whatever is counted in them.
    #[cfg(feature = "kernel")]
    pub(crate) fn of_maps(
        maps: Maps<'_>,
        geometry: Geometry,
        pressure: Pressure,
    ) -> io::Result<Tables> {
        let rows = geometry.buckets_in_all() as usize * BUCKET_WAYS;
        Ok(Tables {
            rows: Mapped::of_map(maps.rows, rows)?,
            cold_rows: Mapped::of_map(maps.cold_rows, rows)?,
            lists: Mapped::of_map(maps.lists, geometry.chunks_in_all() as usize * LIST_CHUNK)?,
            lines: Mapped::of_map(maps.lines, geometry.lines_in_all() as usize)?,
            spills: Mapped::of_map(maps.spills, geometry.spills_in_all() as usize)?,
            ledgers: Mapped::of_map(maps.ledgers, geometry.ledgers_in_all())?,
            geometry,
            pressure,
        })
    }

    /// Tells each ledger where its rows lie, with nothing counted yet.
    pub(crate) fn place_ledgers(&self) {
        let geometry = &self.geometry;
        for cpu in 0..geometry.possible_cpus {
            for buffer in 0..geometry.buffers {
                let ledger = self.empty_ledger(cpu, buffer);
                self.ledgers.write(ledger_at(cpu, buffer), ledger);
            }
        }
    }

    /// From now on distinct values are not counted; nothing may have been counted yet.
    pub(crate) fn drop_registers(&mut self) {
        self.pressure.registers = false;
        self.place_ledgers();
    }

    /// A ledger in which nothing is counted yet, and which says where its rows lie. All buckets are near:
    /// nothing is known of what will come.
    fn empty_ledger(&self, cpu: u32, buffer: u32) -> SliceEpoch {
        let geometry = &self.geometry;
        let mut ledger = SliceEpoch::new_zeroed();
        self.fold_along(&mut ledger, self.pressure.first_side());
        if let Some(table) = geometry.table_of(cpu) {
            let set = table * geometry.buffers + buffer;
            ledger.buckets = geometry.buckets;
            ledger.near_buckets = geometry.buckets;
            ledger.first_bucket = set * geometry.buckets;
            ledger.first_chunk = set * geometry.chunks();
            let lines = geometry.lines();
            ledger.first_line = set * lines.all;
            ledger.bloom_lines = lines.bloom;
            ledger.sketch_lines = lines.sketch;
            ledger.ladder_lines = lines.ladder;
            ledger.first_distinct = ledger.first_line + ledger.lines();
            ledger.distinct_lines = lines.distinct * u32::from(self.pressure.registers);
            ledger.first_spill = set * geometry.spill_room();
            ledger.spill_room = geometry.spill_room();
            ledger.spill_price = self.pressure.spill_price;
            ledger.spill_least = 1;
            ledger.lifetime = LONG_LIFETIME;
            ledger.spill_reserve = TOTALS;
        }
        ledger
    }

    /// Sets the side whose networks what is folded is added to.
    fn fold_along(&self, ledger: &mut SliceEpoch, side: u32) {
        ledger.ladder_side = side;
        ledger.finest_ipv4 = self.pressure.finest(side, Family::Ipv4);
        ledger.finest_ipv6 = self.pressure.finest(side, Family::Ipv6);
    }

    /// Copies what `epoch` counted on every CPU and frees its buffer for a later epoch.
    ///
    /// Nothing may be counting in the epoch any more.
    pub(crate) fn drain(&self, epoch: Epoch, clock: Clock, drained: &mut Drained) {
        self.copy(epoch, clock, drained);
        self.free(epoch);
    }

    /// Copies what `epoch` counted on every CPU; it is kept.
    pub(crate) fn copy(&self, epoch: Epoch, clock: Clock, drained: &mut Drained) {
        let buffer = epoch.buffer(self.geometry.buffers);
        drained.clear();
        for cpu in 0..self.geometry.possible_cpus {
            let ledger = self.ledger(cpu, buffer);
            let area = Area::of(&ledger);
            drained.begin_slice(ledger, self.geometry.rows_of(cpu), clock);
            self.rows_in_order(&area, epoch.mark(), |at| self.copy_row(at, drained));
        }
        self.copy_beside(epoch, drained);
    }

    /// Copies what lies beside the rows of an epoch whose ledgers are there: logs, registers, and the other
    /// lines, where anything was folded.
    fn copy_beside(&self, epoch: Epoch, drained: &mut Drained) {
        let buffer = epoch.buffer(self.geometry.buffers);
        drained.read_spills(self, epoch);
        for cpu in 0..self.geometry.possible_cpus {
            let ledger = self.ledger(cpu, buffer);
            if ledger.folded.packets > 0 && ledger.bloom_lines > 0 {
                drained.put_lines(cpu, self.lines.settled_range(lines_of(&ledger)));
            }
            if ledger.has_registers() {
                drained.put_registers(cpu, self.lines.settled_range(registers_of(&ledger)));
            }
        }
        drained.finish(buffer, &self.pressure);
    }

    /// Goes through the rows of an epoch, one CPU's after the other's, in the order in which they are copied.
    pub(crate) fn each_row(&self, epoch: Epoch, mut row: impl FnMut(usize)) {
        for cpu in 0..self.geometry.possible_cpus {
            let ledger = self.ledger(cpu, epoch.buffer(self.geometry.buffers));
            self.rows_in_order(&Area::of(&ledger), epoch.mark(), &mut row);
        }
    }

    /// Goes through the rows of an area, faster by their list or as they lie.
    fn rows_in_order(&self, area: &Area, mark: u16, mut row: impl FnMut(usize)) {
        if area.is_dense() {
            for at in area.first_row..area.first_row + area.room {
                if self.rows.settled(at).key.epoch == mark {
                    row(at);
                }
            }
            return;
        }
        // They lie anywhere: if they were not asked for ahead, each would wait for two cache lines and
        // their pages.
        for (at, soon) in self.places(area) {
            self.rows.prefetch(soon);
            self.cold_rows.prefetch(soon);
            row(at);
        }
    }

    /// Copies both lines of a row.
    fn copy_row(&self, at: usize, drained: &mut Drained) {
        self.rows.append_to(at, &mut drained.rows);
        self.cold_rows.append_to(at, &mut drained.cold_rows);
    }

    /// Frees the buffer of an epoch that was copied for a later one.
    pub(crate) fn free(&self, epoch: Epoch) {
        let buffer = epoch.buffer(self.geometry.buffers);
        for cpu in 0..self.geometry.possible_cpus {
            let left = self.ledger(cpu, buffer);
            let mut ledger = self.empty_ledger(cpu, buffer);
            ledger.near_buckets = near_buckets(&left);
            if left.folded.packets > 0 && left.bloom_lines > 0 {
                self.lines.clear_range(lines_of(&left));
            }
            if left.has_registers() {
                self.lines.clear_range(registers_of(&left));
            }
            if left.rows >= left.buckets * (BUCKET_WAYS / 2) as u32 && left.rows > 0 {
                self.fold_along(&mut ledger, self.better_side(&left));
            }
            self.ledgers.write(ledger_at(cpu, buffer), ledger);
        }
        self.forget_old_rows(epoch, buffer);
    }

    /// The side that fewer distinct addresses are on, by a sample of what is left in the rows: a flood
    /// from anywhere is folded by whom it is for.
    fn better_side(&self, left: &SliceEpoch) -> u32 {
        if !self.pressure.has_both_sides() {
            return self.pressure.first_side();
        }
        let area = Area::of(left);
        let sample = self.places(&area).take(SIDE_SAMPLE);
        let keys: Vec<_> = sample.map(|(at, _)| self.rows.settled(at).key).collect();
        let distinct = |address: fn(&FlowKey) -> [u8; 16]| {
            let addresses: HashSet<_> = keys.iter().map(address).collect();
            addresses.len()
        };
        if distinct(|key| key.src) < distinct(|key| key.dst) {
            SIDE_SOURCE
        } else {
            SIDE_DESTINATION
        }
    }

    /// Places of rows in the order their keys came in, each with one that follows soon.
    fn places(&self, area: &Area) -> impl Iterator<Item = (usize, usize)> {
        let Area {
            first_row,
            first_slot,
            rows,
            ..
        } = *area;
        let row = move |place: usize| first_row + self.lists.settled(first_slot + place) as usize;
        (0..rows).map(move |place| (row(place), row((place + AHEAD).min(rows - 1))))
    }

    /// Shifts `last` of every row of an epoch to the right: its steps have become so much longer.
    pub(crate) fn lengthen_ticks(&self, epoch: Epoch, bits: u32, drained: &mut Drained) {
        drained.lengthen_spills(self, epoch, bits);
        let buffer = epoch.buffer(self.geometry.buffers);
        for cpu in 0..self.geometry.possible_cpus {
            let ledger = self.ledger(cpu, buffer);
            let area = Area::of(&ledger);
            if ledger.lifetime != LONG_LIFETIME {
                let lifetime = (ledger.lifetime >> bits.min(63)).max(1);
                let field = offset_of!(SliceEpoch, lifetime);
                let place = ledger_at(cpu, buffer);
                self.ledgers.write_part(place, field, lifetime);
            }
            for (at, soon) in self.places(&area) {
                self.rows.prefetch(soon);
                let last = self.rows.settled(at).last as i32 >> bits.min(31);
                self.rows.write_part(at, offset_of!(Row, last), last);
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
                // Memory that no row was ever in stays untouched.
                if self.rows.settled(at).key.epoch != 0 {
                    self.rows.write_part(at, offset_of!(Row, key.epoch), 0u16);
                }
            }
        }
    }

    /// What a CPU counted. Of its other ledgers programs may be writing one meanwhile.
    fn ledger(&self, cpu: u32, buffer: u32) -> SliceEpoch {
        self.ledgers.settled(ledger_at(cpu, buffer))
    }
}

/// How many buckets of a table keys are to come to first, after an epoch that looked like this: eight
/// rows a flow, so that nearly all keys are at the first place that is looked at, in as little memory as
/// that takes. Growing is at once, shrinking by half an epoch: traffic comes back.
fn near_buckets(left: &SliceEpoch) -> u32 {
    let wanted = left.rows.saturating_mul(NEAR_ROWS_A_FLOW) / BUCKET_WAYS as u32;
    wanted
        .max(left.near_buckets / 2)
        .max(NEAR_BUCKETS_LEAST)
        .min(left.buckets)
}

/// Where the lines lie that hold what a table folded.
fn lines_of(ledger: &SliceEpoch) -> Range<usize> {
    let first = ledger.first_line as usize;
    first..first + ledger.lines() as usize
}

/// Where a table's registers lie.
fn registers_of(ledger: &SliceEpoch) -> Range<usize> {
    let first = ledger.first_distinct as usize;
    first..first + ledger.register_lines() as usize
}

/// Which ledger is a CPU's of a buffer's epoch.
pub(crate) fn ledger_at(cpu: u32, buffer: u32) -> usize {
    cpu as usize * LEDGERS_A_CPU + buffer as usize
}

/// Where one CPU's rows of one epoch lie.
struct Area {
    first_row: usize,
    first_slot: usize,
    /// Rows that were written.
    rows: usize,
    /// Rows that there is room for.
    room: usize,
}

impl Area {
    fn of(ledger: &SliceEpoch) -> Area {
        let room = ledger.buckets as usize * BUCKET_WAYS;
        Area {
            first_row: ledger.first_bucket as usize * BUCKET_WAYS,
            first_slot: ledger.first_chunk as usize * LIST_CHUNK,
            rows: (ledger.rows as usize).min(room),
            room,
        }
    }

    /// Whether reading all of it from end to end is faster than row by row: measured, a row that lies
    /// anywhere takes as long as three in a row.
    fn is_dense(&self) -> bool {
        self.rows * 3 > self.room
    }
}
