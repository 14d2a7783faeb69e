//! How many rows become how much memory.

use crate::abi::Histogram;
use crate::geometry::{Error, Geometry};
use crate::timed::Beside;

/// Rows that a CPU has at least, however many there are.
const LEAST_ROWS_A_CPU: u64 = 1024;
/// Rows for a histogram: most keys have a call or two in a window, and need none.
const ROWS_A_HISTOGRAM: u64 = 4;
/// More than any table takes.
const PLENTY: u64 = 1 << 40;

/// The shape of the tables, fixed at start.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// Rows, as for packets.
    pub(crate) geometry: Geometry,
    /// Histograms of one CPU in one epoch.
    pub(crate) histograms: u32,
}

impl Shape {
    /// Room for so many rows over all CPUs that have a table; `of` makes a geometry of so much memory.
    pub(crate) fn of_rows(
        rows: u64,
        histograms: bool,
        of: impl Fn(u64) -> Result<Geometry, Error>,
    ) -> Result<Shape, Error> {
        let any = of(PLENTY)?;
        let cpus = any.table_cpus.len().max(1) as u64;
        let geometry = of(any.memory_for(rows.div_ceil(cpus).max(LEAST_ROWS_A_CPU)))?;
        let wanted = geometry.rows_per_cpu() / ROWS_A_HISTOGRAM * u64::from(histograms);
        Ok(Shape {
            histograms: wanted as u32,
            geometry,
        })
    }

    /// Elements of the map of histograms.
    pub(crate) fn histograms_in_all(&self) -> u32 {
        self.histograms * self.geometry.buffers * self.geometry.table_cpus.len() as u32
    }

    /// What the kernel holds for all of it.
    pub(crate) fn memory_bytes<B: Beside>(&self) -> u64 {
        let rows = u64::from(self.geometry.buckets_in_all()) * crate::abi::BUCKET_WAYS as u64;
        self.geometry.memory_bytes()
            + rows * size_of::<B::Row>() as u64
            + u64::from(self.histograms_in_all()) * size_of::<Histogram>() as u64
            + self.geometry.ledgers_in_all() as u64 * size_of::<B::Epoch>() as u64
    }
}
