//! How much memory becomes how many rows, and which CPU's lie where. Pure arithmetic.

use crate::abi::{
    BUCKET_BYTES, BUCKET_WAYS, COLD_BUCKET_BYTES, DISTINCT_KINDS, LADDER_LEVELS, LEDGERS_A_CPU,
    LINE_BYTES, LIST_CHUNK, LIST_CHUNK_BYTES, MAX_BUFFERS, SPILL_BYTES, SliceEpoch,
};
use crate::export::Export;

/// What a data path holds unless it is told otherwise.
pub const DEFAULT_MEMORY_BYTES: u64 = 128 << 20;

/// Index and life.
const INTERFACE_SLOT_BYTES: u64 = 8;
/// Packets and bytes, in and out.
const SIGHT_BYTES: u64 = 32;

/// Largest ring: more would only wait longer for its reader.
const MOST_RING_BYTES: u64 = 16 << 20;
/// What the kernel keeps beside a ring's data: its own state, and the two positions.
const RING_PAGES: u64 = 3;

/// Buckets come in fours, with lines and a place in the log for their 32 rows: 119 bytes a row.
const BUCKETS_A_STEP: u64 = 4;
/// Lines beside the rows, a bucket.
const LINES_A_BUCKET: u32 = 2;
/// Eighths of the lines that belong to the filter of folded keys.
const BLOOM_EIGHTHS: u32 = 3;
/// Eighths of the lines that belong to the ladder; the rest is the sketch.
const LADDER_EIGHTHS: u32 = 1;
/// Networks that a line of the ladder holds.
const LINE_PREFIXES: usize = 2;
/// Buckets for a place in the log.
const BUCKETS_A_SPILL: u32 = 4;
/// A table's bytes for one of registers of distinct values, …
const TABLE_A_REGISTERS: u64 = 64;
/// … of which there are 4096 of each kind at most, for a standard error of 1.6 %.
const MOST_DISTINCT_LINES: u32 = 64;

/// What a table grows by.
const STEP_BYTES: u64 = BUCKETS_A_STEP
    * (BUCKET_BYTES
        + COLD_BUCKET_BYTES
        + LIST_CHUNK_BYTES * BUCKET_WAYS as u64 / LIST_CHUNK as u64
        + LINE_BYTES * LINES_A_BUCKET as u64
        + SPILL_BYTES / BUCKETS_A_SPILL as u64);

/// The shape of the tables, fixed at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// CPUs that the kernel may ever run: each has a ledger.
    pub possible_cpus: u32,
    /// CPUs that run now: each has a table too. Ascending.
    pub table_cpus: Vec<u32>,
    /// Table sets an epoch may choose from: 2 or 3.
    pub buffers: u32,
    /// Buckets of one CPU's table in one epoch.
    pub buckets: u32,
    /// Places for interfaces that are told apart; 0 where there is one.
    pub interface_slots: u32,
    /// Bytes of the ring that rows are exported through, a power of two; 0 where there is none.
    pub ring_bytes: u32,
    page_bytes: u64,
}

/// Lines beside the rows of one CPU in one epoch, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    /// All of them, in this order:
    pub(crate) all: u32,
    /// The filter of folded keys;
    pub(crate) bloom: u32,
    /// each of the two rows of the sketch;
    pub(crate) sketch: u32,
    /// the ladder's levels, the finest first;
    pub(crate) ladder: [u32; LADDER_LEVELS],
    /// each kind of registers of distinct values: a power of two.
    pub(crate) distinct: u32,
}

/// Why no tables fit.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// Less memory than the smallest table needs.
    #[error(
        "{given} bytes are too little for the tables of {cpus} {}: at least --memory {least} is needed",
        if *cpus == 1 { "CPU" } else { "CPUs" }
    )]
    TooLittle {
        /// What was offered.
        given: u64,
        /// What it takes.
        least: u64,
        /// CPUs with a table.
        cpus: usize,
    },
}

/// Bytes of a page of memory.
pub(crate) fn page_bytes() -> u64 {
    nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)
        .ok()
        .flatten()
        .map_or(4096, |bytes| bytes as u64)
}

impl Geometry {
    /// The largest table of one slice and one epoch that fits into `memory_bytes`.
    pub fn of_replay(memory_bytes: u64) -> Result<Geometry, Error> {
        Geometry::fit(memory_bytes, 1, vec![0], 1, 0, Export::Map, page_bytes())
    }

    /// The largest tables that fit into `memory_bytes`, everything included.
    pub fn fit(
        memory_bytes: u64,
        possible_cpus: u32,
        table_cpus: Vec<u32>,
        buffers: u32,
        interface_slots: u32,
        export: Export,
        page_bytes: u64,
    ) -> Result<Geometry, Error> {
        debug_assert!((1..=MAX_BUFFERS as u32).contains(&buffers));
        let mut geometry = Geometry {
            possible_cpus,
            table_cpus,
            buffers,
            buckets: 0,
            interface_slots,
            ring_bytes: match export {
                Export::Map => 0,
                Export::Ring => ring_bytes(memory_bytes, page_bytes),
            },
            page_bytes,
        };
        let fixed = geometry.fixed_bytes();
        let ring = geometry.ring_memory_bytes();
        let tables = geometry.tables();
        let room = memory_bytes.saturating_sub(fixed + ring) / tables;
        // Rows are numbered in 32 bits over all tables.
        let most = u64::from(u32::MAX) / BUCKET_WAYS as u64 / tables / BUCKETS_A_STEP;
        // Registers take the place of a few steps.
        let mut steps = (0..=most.min(room / STEP_BYTES)).rev();
        let steps = steps.find(|steps| table_bytes(*steps) <= room);
        geometry.buckets = (steps.unwrap_or_default() * BUCKETS_A_STEP) as u32;
        if geometry.buckets == 0 {
            let least = fixed + tables * table_bytes(1);
            return Err(Error::TooLittle {
                given: memory_bytes,
                least: match export {
                    Export::Map => least,
                    // Of more memory the ring takes more, but an eighth at most.
                    Export::Ring => (least + RING_PAGES * page_bytes).div_ceil(7) * 8,
                },
                cpus: geometry.table_cpus.len(),
            });
        }
        Ok(geometry)
    }

    /// What [`Geometry::fit`] must be offered for so many rows of one CPU in one epoch, or the next that
    /// it can have, all else being as here.
    pub fn memory_for(&self, rows_per_cpu: u64) -> u64 {
        let steps = rows_per_cpu.div_ceil(BUCKET_WAYS as u64 * BUCKETS_A_STEP);
        self.fixed_bytes() + self.ring_memory_bytes() + self.tables() * table_bytes(steps)
    }

    /// Rows of one CPU in one epoch.
    pub fn rows_per_cpu(&self) -> u64 {
        u64::from(self.buckets) * BUCKET_WAYS as u64
    }

    /// List chunks of one CPU in one epoch.
    pub fn chunks(&self) -> u32 {
        self.buckets * BUCKET_WAYS as u32 / LIST_CHUNK as u32
    }

    /// Elements of the maps of rows and cold rows.
    pub fn buckets_in_all(&self) -> u32 {
        self.buckets * self.buffers * self.table_cpus.len() as u32
    }

    /// Elements of the map of lists.
    pub fn chunks_in_all(&self) -> u32 {
        self.chunks() * self.buffers * self.table_cpus.len() as u32
    }

    /// Elements of the map of lines.
    pub fn lines_in_all(&self) -> u32 {
        self.lines().all * self.buffers * self.table_cpus.len() as u32
    }

    /// Elements of the map of spills.
    pub fn spills_in_all(&self) -> u32 {
        self.spill_room() * self.buffers * self.table_cpus.len() as u32
    }

    /// Rows that the log of one CPU in one epoch has room for.
    pub fn spill_room(&self) -> u32 {
        self.buckets / BUCKETS_A_SPILL
    }

    /// How the lines beside one CPU's rows in one epoch are shared out.
    pub(crate) fn lines(&self) -> Lines {
        let all = self.buckets * LINES_A_BUCKET;
        let distinct = distinct_lines(u64::from(self.buckets) / BUCKETS_A_STEP);
        let (bloom, ladder) = (all / 8 * BLOOM_EIGHTHS, all / 8 * LADDER_EIGHTHS);
        let (coarsest, middle) = (ladder / 8, ladder / 4);
        Lines {
            all: all + DISTINCT_KINDS * distinct,
            bloom,
            sketch: (all - bloom - ladder) / 2,
            ladder: [ladder - middle - coarsest, middle, coarsest],
            distinct,
        }
    }

    /// Networks that the ladder of one CPU in one epoch has room for.
    pub fn networks(&self) -> usize {
        let lines: u32 = self.lines().ladder.iter().sum();
        lines as usize * LINE_PREFIXES
    }

    /// Elements of the map of ledgers.
    pub fn ledgers_in_all(&self) -> usize {
        self.possible_cpus as usize * LEDGERS_A_CPU
    }

    /// What the kernel holds for all of it.
    pub fn memory_bytes(&self) -> u64 {
        let buckets = u64::from(self.buckets_in_all());
        self.pages(buckets * BUCKET_BYTES)
            + self.pages(buckets * COLD_BUCKET_BYTES)
            + self.pages(u64::from(self.chunks_in_all()) * LIST_CHUNK_BYTES)
            + self.pages(u64::from(self.lines_in_all()) * LINE_BYTES)
            + self.pages(u64::from(self.spills_in_all()) * SPILL_BYTES)
            + self.ledger_bytes()
            + self.interface_bytes()
            + self.ring_memory_bytes()
            + self.page_bytes
    }

    /// Rows that one CPU has room for in one epoch: none where it has no table.
    pub fn rows_of(&self, cpu: u32) -> u64 {
        self.table_of(cpu).map_or(0, |_| self.rows_per_cpu())
    }

    /// A CPU's place among the tables; `None` where it has none and folds.
    pub fn table_of(&self, cpu: u32) -> Option<u32> {
        self.table_cpus
            .binary_search(&cpu)
            .ok()
            .map(|place| place as u32)
    }

    /// What is there however large tables are: each of five maps is rounded up to whole pages, too.
    fn fixed_bytes(&self) -> u64 {
        self.ledger_bytes() + self.interface_bytes() + 6 * self.page_bytes
    }

    /// One a CPU that has any, and buffer.
    fn tables(&self) -> u64 {
        self.table_cpus.len().max(1) as u64 * u64::from(self.buffers)
    }

    fn ledger_bytes(&self) -> u64 {
        self.pages(self.ledgers_in_all() as u64 * size_of::<SliceEpoch>() as u64)
    }

    /// Places for interfaces, and what each CPU saw of each; of a map there is at least a page.
    fn interface_bytes(&self) -> u64 {
        let slots = u64::from(self.interface_slots.max(1));
        let sights = slots * u64::from(self.possible_cpus) * SIGHT_BYTES;
        self.pages(slots * INTERFACE_SLOT_BYTES) + self.pages(sights)
    }

    fn ring_memory_bytes(&self) -> u64 {
        match self.ring_bytes {
            0 => 0,
            bytes => u64::from(bytes) + RING_PAGES * self.page_bytes,
        }
    }

    fn pages(&self, bytes: u64) -> u64 {
        bytes.next_multiple_of(self.page_bytes)
    }
}

/// What a table of so many steps takes.
fn table_bytes(steps: u64) -> u64 {
    steps * STEP_BYTES + registers_bytes(distinct_lines(steps))
}

/// Lines of each kind of registers beside a table of so many steps: as many as its share pays for, and one
/// at least.
fn distinct_lines(steps: u64) -> u32 {
    let share = steps * STEP_BYTES / TABLE_A_REGISTERS;
    let mut lines = MOST_DISTINCT_LINES;
    while lines > 1 && registers_bytes(lines) > share {
        lines /= 2;
    }
    lines
}

/// What registers take of which each kind has so many lines.
fn registers_bytes(distinct_lines: u32) -> u64 {
    u64::from(DISTINCT_KINDS * distinct_lines) * LINE_BYTES
}

/// The largest power of two within an eighth of the memory; the kernel wants a page at least.
fn ring_bytes(memory_bytes: u64, page_bytes: u64) -> u32 {
    let most = (memory_bytes / 8).clamp(page_bytes, MOST_RING_BYTES);
    1 << most.ilog2()
}

#[cfg(test)]
mod tests;
