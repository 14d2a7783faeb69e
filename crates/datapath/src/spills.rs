//! Rows that had to leave, out of the log and kept until their epoch is drained.

use std::mem::offset_of;

use crate::abi::{LEDGERS_A_CPU, SliceEpoch, SpillRecord};
use crate::epoch::Epoch;
use crate::tables::{Tables, ledger_at};

/// What has been read of each ledger's log.
#[derive(Debug, Default)]
pub(crate) struct Spills {
    /// By the ledger's number.
    read: Vec<Vec<SpillRecord>>,
}

impl Spills {
    /// Reads what an epoch has spilled so far, which makes room for more; programs may be counting in
    /// it meanwhile.
    pub(crate) fn read(&mut self, tables: &Tables, epoch: Epoch) {
        let buffer = epoch.buffer(tables.geometry.buffers);
        self.read.resize_with(
            tables.geometry.possible_cpus as usize * LEDGERS_A_CPU,
            Vec::new,
        );
        for cpu in tables.geometry.table_cpus.iter().copied() {
            let number = ledger_at(cpu, buffer);
            let read = &mut self.read[number];
            let at = |field| tables.ledgers.load_part_u32(number, field);
            let spilled = at(offset_of!(SliceEpoch, spilled));
            let room = at(offset_of!(SliceEpoch, spill_room));
            let first = at(offset_of!(SliceEpoch, first_spill));
            let done = at(offset_of!(SliceEpoch, spills_read));
            if spilled == done || room == 0 {
                continue;
            }
            for place in 0..(spilled - done).min(room) {
                let place = (done + place) % room;
                read.push(tables.spills.settled((first + place) as usize));
            }
            let field = offset_of!(SliceEpoch, spills_read);
            tables.ledgers.store_part_u32(number, field, spilled);
        }
    }

    /// What was read of a ledger's log, which begins anew.
    pub(crate) fn take(&mut self, cpu: u32, buffer: u32) -> Vec<SpillRecord> {
        self.read
            .get_mut(ledger_at(cpu, buffer))
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Shifts `last` of every row of a ledger's log to the right: its steps have become so much longer.
    pub(crate) fn lengthen_ticks(&mut self, epoch: Epoch, buffers: u32, bits: u32) {
        let buffer = epoch.buffer(buffers) as usize;
        for read in self.read.iter_mut().skip(buffer).step_by(LEDGERS_A_CPU) {
            for record in read {
                record.row.last = (record.row.last as i32 >> bits.min(31)) as u32;
            }
        }
    }
}
