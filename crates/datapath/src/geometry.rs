//! How much memory becomes how many rows, and which CPU's lie where. Pure arithmetic.

use crate::abi::{
    BUCKET_BYTES, BUCKET_WAYS, COLD_BUCKET_BYTES, LADDER_LEVELS, LEDGERS_A_CPU, LINE_BYTES,
    LIST_CHUNK, LIST_CHUNK_BYTES, MAX_BUFFERS, SPILL_BYTES, SliceEpoch,
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
    /// the ladder's levels, the finest first.
    pub(crate) ladder: [u32; LADDER_LEVELS],
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
        let steps = memory_bytes.saturating_sub(fixed + ring) / geometry.step_bytes();
        // Rows are numbered in 32 bits over all tables.
        let most = u64::from(u32::MAX) / BUCKET_WAYS as u64 / tables / BUCKETS_A_STEP;
        geometry.buckets = (steps.min(most) * BUCKETS_A_STEP) as u32;
        if geometry.buckets == 0 {
            let least = fixed + geometry.step_bytes();
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
        self.fixed_bytes() + self.ring_memory_bytes() + steps * self.step_bytes()
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
        self.buckets_in_all() * LINES_A_BUCKET
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
        let (bloom, ladder) = (all / 8 * BLOOM_EIGHTHS, all / 8 * LADDER_EIGHTHS);
        let (coarsest, middle) = (ladder / 8, ladder / 4);
        Lines {
            all,
            bloom,
            sketch: (all - bloom - ladder) / 2,
            ladder: [ladder - middle - coarsest, middle, coarsest],
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

    /// What tables grow by.
    fn step_bytes(&self) -> u64 {
        let bucket_bytes = BUCKET_BYTES
            + COLD_BUCKET_BYTES
            + LIST_CHUNK_BYTES * BUCKET_WAYS as u64 / LIST_CHUNK as u64
            + LINE_BYTES * u64::from(LINES_A_BUCKET)
            + SPILL_BYTES / u64::from(BUCKETS_A_SPILL);
        self.tables() * bucket_bytes * BUCKETS_A_STEP
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

/// The largest power of two within an eighth of the memory; the kernel wants a page at least.
fn ring_bytes(memory_bytes: u64, page_bytes: u64) -> u32 {
    let most = (memory_bytes / 8).clamp(page_bytes, MOST_RING_BYTES);
    1 << most.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(memory: u64, cpus: u32, buffers: u32, page: u64) -> Result<Geometry, Error> {
        fit_for(Export::Map, memory, cpus, buffers, page)
    }

    fn fit_for(
        export: Export,
        memory: u64,
        cpus: u32,
        buffers: u32,
        page: u64,
    ) -> Result<Geometry, Error> {
        let tables = (0..cpus).collect();
        Geometry::fit(memory, cpus, tables, buffers, 1024, export, page)
    }

    #[test]
    fn the_default_holds_100_000_flows_over_the_cpus() {
        for cpus in [1, 2, 3, 8, 64, 256] {
            for (page, buffers) in [(4096, 2), (65536, 2), (65536, 3)] {
                let geometry = fit(DEFAULT_MEMORY_BYTES, cpus, buffers, page).expect("fits");
                assert!(geometry.memory_bytes() <= DEFAULT_MEMORY_BYTES);
                // 70 % full is where second buckets begin to fill.
                let rows = geometry.rows_per_cpu() * u64::from(cpus);
                assert!(rows * 7 / 10 >= 100_000, "{cpus} CPUs: {rows} rows");
            }
        }
    }

    #[test]
    fn a_row_costs_120_bytes_at_most_all_included() {
        for (memory, least) in [(8 << 20, 69_000), (128 << 20, 1_110_000)] {
            let geometry = Geometry::of_replay(memory).expect("fits");
            let rows = geometry.rows_per_cpu();
            assert!(rows >= least, "{rows} rows of {memory} bytes");
            let ledgers = geometry.ledger_bytes() + geometry.interface_bytes();
            assert!(geometry.memory_bytes() - ledgers <= rows * 120 + 6 * 4096);
        }
    }

    #[test]
    fn lines_are_shared_out_to_the_last() {
        for memory in [64 << 10, 1 << 20, 128 << 20] {
            let geometry = Geometry::of_replay(memory).expect("fits");
            let Lines {
                all,
                bloom,
                sketch,
                ladder,
            } = geometry.lines();
            assert!(bloom > 0 && sketch > 0 && ladder[0] > 0);
            let used = bloom + 2 * sketch + ladder.iter().sum::<u32>();
            assert!(used == all || used + 1 == all, "{used} of {all}");
        }
    }

    #[test]
    fn two_cpus_hold_100_000_flows_on_each() {
        let geometry = fit(DEFAULT_MEMORY_BYTES, 2, 2, 4096).expect("fits");
        assert!(geometry.rows_per_cpu() * 7 / 10 >= 100_000);
    }

    #[test]
    fn too_little_memory_names_what_is_needed_and_that_is_enough() {
        let Err(Error::TooLittle { least, .. }) = fit(10_000, 4, 3, 4096) else {
            panic!("10,000 bytes cannot be enough")
        };
        let geometry = fit(least, 4, 3, 4096).expect("what was named fits");
        assert!(geometry.memory_bytes() <= least);
        assert_eq!(geometry.buckets, 4);
    }

    #[test]
    fn memory_for_rows_is_what_they_need() {
        for (cpus, buffers, page) in [(1, 2, 4096), (2, 2, 4096), (8, 3, 65536)] {
            let like = fit(DEFAULT_MEMORY_BYTES, cpus, buffers, page).expect("fits");
            for (rows, have) in [(4096, 4096), (4097, 4128), (1, 32)] {
                let memory = like.memory_for(rows);
                let geometry = fit(memory, cpus, buffers, page).expect("fits");
                assert_eq!(geometry.rows_per_cpu(), have);
                let less = fit(memory - 1, cpus, buffers, page);
                assert!(less.map_or(0, |less| less.rows_per_cpu()) < rows);
            }
        }
    }

    #[test]
    fn a_ring_is_a_part_of_the_memory() {
        for cpus in [1, 2, 8, 256] {
            for page in [4096, 65536] {
                let map = fit(DEFAULT_MEMORY_BYTES, cpus, 2, page).expect("fits");
                assert_eq!(map.ring_bytes, 0);
                for memory in [DEFAULT_MEMORY_BYTES, 1 << 30, 40 << 20] {
                    let ring = fit_for(Export::Ring, memory, cpus, 2, page).expect("fits");
                    assert!(ring.memory_bytes() <= memory);
                    assert!(ring.ring_bytes.is_power_of_two());
                    assert!(u64::from(ring.ring_bytes) * 16 > memory.min(MOST_RING_BYTES * 8));
                }
                let Err(Error::TooLittle { least, .. }) = fit_for(Export::Ring, 1, cpus, 2, page)
                else {
                    panic!("one byte cannot be enough")
                };
                let ring = fit_for(Export::Ring, least, cpus, 2, page).expect("what was named");
                assert!(ring.memory_bytes() <= least);
                assert!(u64::from(ring.ring_bytes) >= page);
            }
        }
    }

    #[test]
    fn absurd_memory_does_not_overflow() {
        let geometry = fit(u64::MAX / 2, 2, 2, 4096).expect("fits");
        assert!(geometry.rows_per_cpu() * 4 <= u64::from(u32::MAX));
        assert!(geometry.chunks_in_all() > 0 && geometry.buckets_in_all() > 0);
    }
}
