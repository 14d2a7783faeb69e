//! The tables of calls: those of packets, and what lies beside them.

use crate::abi::{BUCKET_WAYS, CallEpoch, CallRow, Histogram};
use crate::calls::drained::Drained;
use crate::calls::geometry::Shape;
use crate::clock::Clock;
use crate::epoch::Epoch;
use crate::memory::Mapped;
use crate::tables::{self, ledger_at};

/// Memory that the programs write and the drain reads.
#[derive(Debug)]
pub(crate) struct Tables {
    /// Rows and ledgers, as for packets.
    pub(crate) shared: tables::Tables,
    /// A line beside each row.
    pub(crate) rows: Mapped<CallRow>,
    /// Histograms.
    pub(crate) histograms: Mapped<Histogram>,
    /// Counters beside each ledger.
    pub(crate) epochs: Mapped<CallEpoch>,
    /// How many histograms a CPU has.
    pub(crate) shape: Shape,
}

impl Tables {
    /// Tells each ledger where its rows and histograms lie, with nothing counted yet.
    pub(crate) fn place(&self) {
        self.shared.place_ledgers();
        for cpu in 0..self.shape.geometry.possible_cpus {
            for buffer in 0..self.buffers() {
                let epoch = self.empty(cpu, buffer);
                self.epochs.write(ledger_at(cpu, buffer), epoch);
            }
        }
    }

    fn empty(&self, cpu: u32, buffer: u32) -> CallEpoch {
        let mut epoch: CallEpoch = zerocopy::FromZeros::new_zeroed();
        epoch.folded.min_ns = u64::MAX;
        if let Some(table) = self.shape.geometry.table_of(cpu) {
            let set = table * self.buffers() + buffer;
            epoch.histograms = self.shape.histograms;
            epoch.first_histogram = set * self.shape.histograms;
        }
        epoch
    }

    /// Copies what `epoch` counted on every CPU and frees its buffer for a later epoch. Nothing may be
    /// counting in the epoch any more.
    pub(crate) fn drain(&self, epoch: Epoch, clock: Clock, drained: &mut Drained) {
        let buffer = epoch.buffer(self.buffers());
        self.shared.copy(epoch, clock, &mut drained.shared);
        drained.clear();
        self.shared
            .each_row(epoch, |at| self.rows.append_to(at, &mut drained.rows));
        for cpu in 0..self.shape.geometry.possible_cpus {
            let place = ledger_at(cpu, buffer);
            let counted = self.epochs.settled(place);
            let first = counted.first_histogram as usize;
            let used = first..first + counted.histograms_used as usize;
            drained.begin_slice(counted, self.histograms.settled_range(used.clone()));
            self.histograms.clear_range(used);
            self.epochs.write(place, self.empty(cpu, buffer));
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
        self.shape.memory_bytes()
    }

    /// Elements of the maps of rows.
    pub(crate) fn rows_in_all(shape: &Shape) -> usize {
        shape.geometry.buckets_in_all() as usize * BUCKET_WAYS
    }
}
