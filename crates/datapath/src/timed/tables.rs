//! The tables of a source: those of packets, and what lies beside them.

use crate::abi::{Histogram, HistogramPool};
use crate::clock::Clock;
use crate::epoch::Epoch;
use crate::memory::Mapped;
use crate::tables::{self, ledger_at};
use crate::timed::{Beside, Drained, Shape};

/// Memory that the programs write and the drain reads.
#[derive(Debug)]
pub(crate) struct Tables<B: Beside> {
    /// Rows and ledgers, as for packets.
    pub(crate) shared: tables::Tables,
    /// A line beside each row.
    pub(crate) rows: Mapped<B::Row>,
    /// Histograms.
    pub(crate) histograms: Mapped<Histogram>,
    /// Counters beside each ledger.
    pub(crate) epochs: Mapped<B::Epoch>,
    /// How many histograms a CPU has.
    pub(crate) shape: Shape,
    /// What all that means.
    pub(crate) beside: B,
}

impl<B: Beside> Tables<B> {
    /// Tells each ledger where its rows and histograms lie, with nothing counted yet.
    pub(crate) fn place(&self) {
        self.shared.place_ledgers();
        for cpu in 0..self.shape.geometry.possible_cpus {
            for buffer in 0..self.buffers() {
                let epoch = self.beside.empty(self.pool(cpu, buffer));
                self.epochs.write(ledger_at(cpu, buffer), epoch);
            }
        }
    }

    /// Where a ledger's histograms lie; none of them is used.
    fn pool(&self, cpu: u32, buffer: u32) -> HistogramPool {
        let mut pool: HistogramPool = zerocopy::FromZeros::new_zeroed();
        if let Some(table) = self.shape.geometry.table_of(cpu) {
            let set = table * self.buffers() + buffer;
            pool.room = self.shape.histograms;
            pool.first = set * self.shape.histograms;
        }
        pool
    }

    /// Copies what `epoch` counted on every CPU and frees its buffer for a later epoch. Nothing may be
    /// counting in the epoch any more.
    pub(crate) fn drain(&self, epoch: Epoch, clock: Clock, drained: &mut Drained<B>) {
        let buffer = epoch.buffer(self.buffers());
        self.shared.copy(epoch, clock, &mut drained.shared);
        drained.clear();
        self.shared
            .each_row(epoch, |at| self.rows.append_to(at, &mut drained.rows));
        for cpu in 0..self.shape.geometry.possible_cpus {
            let place = ledger_at(cpu, buffer);
            let counted = self.epochs.settled(place);
            let pool = self.beside.pool(&counted);
            let first = pool.first as usize;
            let used = first..first + pool.used as usize;
            drained.begin_slice(counted, self.histograms.settled_range(used.clone()));
            self.histograms.clear_range(used);
            let empty = self.beside.empty(self.pool(cpu, buffer));
            self.epochs.write(place, empty);
        }
        self.shared.free(epoch);
    }

    pub(crate) fn buffers(&self) -> u32 {
        self.shape.geometry.buffers
    }

    pub(crate) fn rows_per_cpu(&self) -> u64 {
        self.shape.geometry.rows_per_cpu()
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        self.shape.memory_bytes::<B>()
    }
}
