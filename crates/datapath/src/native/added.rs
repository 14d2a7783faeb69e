//! A table of flows that were counted before: rows of windows, added up.

use std::mem::offset_of;

use windrow_core::selection::Selection;
use windrow_core::slice::{MonoNanos, Slice};
use windrow_core::tally::Tally;
use windrow_core::window::Flow;

use super::{Error, Native, windrow_native_add, windrow_native_slot};
use crate::abi::{self, SliceEpoch};
use crate::drained::Rows;
use crate::geometry::{self, Geometry};
use crate::key;
use crate::memory::Mapped;
use crate::secret::Secret;

/// What a call adds at most: less than a row's carry can hold.
const MOST: Tally = Tally::new(abi::CARRY_PACKETS - 1, abi::CARRY_BYTES - 1);
/// The table takes so many eighths of the memory, the credits of its rows the rest.
const TABLE_EIGHTHS: u64 = 7;
/// Rows of the table and spilled ones, each counted twice, that events pay for at most, in tables.
const ROWS_PAID: u64 = 2;
/// Of a key without a row.
const NO_SLOT: u32 = u32::MAX;

/// An instance that counts flows of windows instead of frames: the same table, which spills and folds
/// as it does for packets.
///
/// Each row has a credit, too. A flow may have had more than its rows say: in each window as much as a
/// flow without a row, but where it had one, as much as its bounds said. The credit is by how much that
/// is less, over the windows since the flow came in; of those before nothing is kept but the counts.
#[derive(Debug)]
pub struct Added {
    native: Native,
    /// One a row of the table.
    credits: Mapped<abi::Tally>,
    /// Those of the rows that were drained last, in their order.
    drained: Vec<Tally>,
    /// How many stand behind the flows since the last drain.
    events: u64,
}

impl Added {
    /// An instance with nothing counted, of the largest tables that fit into `memory_bytes`, for keys
    /// of what is selected.
    pub fn new(memory_bytes: u64, secret: Secret, selection: &Selection) -> Result<Added, Error> {
        let of_table = memory_bytes / 8 * TABLE_EIGHTHS;
        let mut native = Native::new(of_table, secret, selection).map_err(|error| match error {
            // It is told of the table's part, and is to tell of all.
            Error::Geometry(geometry::Error::TooLittle { least, cpus, .. }) => {
                Error::Geometry(geometry::Error::TooLittle {
                    given: memory_bytes,
                    least: least.div_ceil(TABLE_EIGHTHS) * 8,
                    cpus,
                })
            }
            error => error,
        })?;
        // Distinct counts of windows are joined, not counted again.
        native.tables.drop_registers();
        let rows = native.geometry().rows_per_cpu();
        Ok(Added {
            credits: Mapped::anonymous(rows as usize)?,
            native,
            drained: Vec::new(),
            events: 0,
        })
    }

    /// The table's shape.
    pub fn geometry(&self) -> &Geometry {
        self.native.geometry()
    }

    /// Bytes of the table and of what lies beside it.
    pub fn memory_bytes(&self) -> u64 {
        let credits = self.geometry().rows_per_cpu() * size_of::<abi::Tally>() as u64;
        self.geometry().memory_bytes() + credits
    }

    /// So many events stand behind the flows that follow, before the first of them: more rows may be
    /// spilled.
    ///
    /// However few they are, they pay for as many rows as the table has: flows that would fit, if they were
    /// spread better, are not folded. And however many, for [`ROWS_PAID`] times as many, of which a spilled
    /// one is two: what is spilled has to be kept until the window is over, and in an hour of a flood a
    /// share of its events may be any number. So a window has half as many flows again as the table has
    /// rows, at most.
    pub fn events(&mut self, events: u64) {
        let native = &mut self.native;
        let price = u64::from(native.tables.pressure.spill_price);
        let table = native.tables.geometry.rows_per_cpu() * price;
        let buffers = native.tables.geometry.buffers;
        let ledger = native.timeline.epoch().buffer(buffers) as usize;
        self.events += events;
        let paid = self.events.clamp(table, ROWS_PAID * table);
        let field = offset_of!(SliceEpoch, events);
        native.tables.ledgers.write_part(ledger, field, paid);
    }

    /// Adds a flow of a window: its lower bound, and a credit.
    pub fn add(&mut self, flow: &Flow, credit: Tally) {
        let by = &self.native.tables.pressure.by;
        let (key, family) = (key::encode(&flow.key, by), key::family(&flow.key, by));
        let before = self.slot(&key);
        let mut left = flow.bounds.lo;
        loop {
            let part = left.min_each(MOST);
            self.count(&key, family, part, flow.tcp_flags, flow.first);
            left = left - part;
            if left.is_zero() {
                break;
            }
        }
        if flow.last > flow.first {
            self.count(&key, family, Tally::ZERO, flow.tcp_flags, flow.last);
        }
        let slot = self.slot(&key);
        if slot == NO_SLOT {
            return;
        }
        let had = match slot == before {
            true => self.credits.settled(slot as usize),
            // Whose row it was before has left.
            false => abi::Tally {
                packets: 0,
                bytes: 0,
            },
        };
        self.credits.write(
            slot as usize,
            abi::Tally {
                packets: had.packets + credit.packets,
                bytes: had.bytes + credit.bytes,
            },
        );
    }

    /// What was added since the last time, and the credits of its rows, in their order.
    pub fn drain(&mut self) -> (Slice<Rows<'_>>, &[Tally]) {
        let Added {
            native,
            credits,
            drained,
            events,
        } = self;
        drained.clear();
        *events = 0;
        native.tables.each_row(native.timeline.epoch(), |at| {
            let credit = credits.settled(at);
            drained.push(Tally::new(credit.packets, credit.bytes));
        });
        (native.drain(), drained)
    }

    fn slot(&self, key: &abi::FlowKey) -> u32 {
        // SAFETY: the instance's pointers are into the tables of the same `Native`, as long as its
        // counts say; C only reads them, and the key.
        unsafe { windrow_native_slot(&raw const self.native.instance, key) }
    }

    /// Counts so many packets of a key at once, or none: then only its time goes on.
    fn count(&mut self, key: &abi::FlowKey, family: u8, part: Tally, flags: u8, at: MonoNanos) {
        let ticks = self.native.ticks(at);
        // SAFETY: as in `Native::count_from`; nothing waits in the instance, since no frame ever came.
        unsafe {
            windrow_native_add(
                &raw mut self.native.instance,
                key,
                family,
                part.packets as u32,
                part.bytes,
                flags,
                at.0,
                ticks,
            );
        }
    }
}

#[cfg(test)]
mod tests;
