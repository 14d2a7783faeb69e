//! How full the tables of an epoch are that programs may be counting in.

use windrow_core::adaptive::Fill;

use crate::epoch::Epoch;
use crate::tables::{Tables, ledger_at};

impl Tables {
    /// What each CPU's table had to take so far, out of mapped memory. Numbers of one CPU may be some
    /// packets apart.
    pub(crate) fn filling(&self, epoch: Epoch) -> impl Iterator<Item = Fill> {
        let buffer = epoch.buffer(self.geometry.buffers);
        (0..self.geometry.possible_cpus).map(move |cpu| {
            let ledger = self.ledgers.read(ledger_at(cpu, buffer));
            let seen = ledger.seen.packets + ledger.seen_out.packets;
            Fill {
                rows: u64::from(ledger.rows),
                spilled: u64::from(ledger.spilled),
                folded: ledger.folded.packets,
                passed: seen.saturating_sub(ledger.filtered.packets),
                capacity: self.geometry.rows_of(cpu),
            }
        })
    }
}
