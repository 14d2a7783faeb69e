//! windrow itself: one window of its table, merged as a replay's is.

use anyhow::Result;
use hashbrown::HashMap;
use windrow_core::spill_budget::SpillBudget;
use windrow_core::window::Window;

use super::{Account, Counted, Counter, Interval, Row};
use crate::key::Key;
use crate::table::{Table, key_of, span};
use crate::workload::{Packet, colliding};

/// One window of it.
pub(super) struct Windrow<'a> {
    table: Table<'a>,
    keys: &'a [Key],
    packets: u64,
}

impl<'a> Windrow<'a> {
    /// # Errors
    /// When the memory is too little for a table.
    pub(super) fn new(memory_bytes: u64, keys: &'a [Key]) -> Result<Windrow<'a>> {
        let budget = SpillBudget::default();
        Ok(Windrow {
            table: Table::new(memory_bytes, colliding::SEED, budget, keys)?,
            keys,
            packets: 0,
        })
    }
}

impl Counter for Windrow<'_> {
    fn count(&mut self, packet: Packet) {
        self.table.count(packet, self.packets);
        self.packets += 1;
    }

    fn capacity(&self) -> u64 {
        self.table.capacity()
    }

    fn finish(mut self: Box<Self>) -> Counted {
        let window = Window::merge(span(self.packets), vec![self.table.drain()]);
        let (rows, strangers) = rows(&window, self.keys);
        Counted {
            rows,
            account: Some(Account {
                seen: window.ledger.seen,
                residue: window.ledger.residue(),
                absent_hi: window.absent_hi,
                lines: window.summaries(),
                strangers,
            }),
        }
    }
}

/// The window's rows by number of flow, and how many are of no flow that there is.
fn rows(window: &Window, keys: &[Key]) -> (Vec<Row>, u64) {
    // Rows are few and flows many, so flows are looked up among the rows.
    let wanted: HashMap<Key, usize> = window
        .flows
        .iter()
        .enumerate()
        .filter_map(|(place, flow)| Some((key_of(&flow.key)?, place)))
        .collect();
    let rows: Vec<Row> = (0..)
        .zip(keys)
        .filter_map(|(flow, key)| {
            let bounds = window.flows[*wanted.get(key)?].bounds;
            Some(Row {
                flow,
                estimate: bounds.lo.packets,
                packets: Some(Interval {
                    lo: bounds.lo.packets,
                    hi: bounds.hi.packets,
                }),
                bytes: Some(Interval {
                    lo: bounds.lo.bytes,
                    hi: bounds.hi.bytes,
                }),
            })
        })
        .collect();
    let strangers = window.flows.len() - rows.len();
    (rows, strangers as u64)
}

#[cfg(test)]
mod floors;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Workload;

    /// What windrow says of one packet of each of so many flows, in a MiB.
    fn one_packet_each(name: &str, flows: u32) -> Counted {
        let keys = Workload::named(name).expect("a workload").keys(flows, 1);
        assert_eq!(keys.len(), flows as usize);
        let mut counter = Box::new(Windrow::new(1 << 20, &keys).expect("a table"));
        (0..flows).for_each(|flow| counter.count(Packet { flow, bytes: 60 }));
        counter.finish()
    }

    #[test]
    fn every_flow_gets_its_own_row_back() {
        let counted = one_packet_each("zipf-1.0-1k", 1_000);
        assert_eq!(counted.rows.len(), 1_000);
        assert!(
            counted
                .rows
                .iter()
                .all(|row| row.is_exact() && row.estimate == 1)
        );
        let account = counted.account.expect("an account");
        assert_eq!(account.seen.packets, 1_000);
        assert_eq!((account.residue, account.strangers), ((0, 0), 0));
    }

    #[test]
    fn colliding_flows_find_fewer_rows_than_others() {
        let ordinary = one_packet_each("zipf-1.0-10k", 6_000).rows.len();
        let colliding = one_packet_each("colliding", 6_000).rows.len();
        // Of a table that is two thirds full a few find all their places taken.
        assert!(ordinary > 5_950, "{ordinary}");
        // As many as half of the table has room for are spilled instead.
        assert!(colliding < 5_000, "{colliding}");
    }
}
