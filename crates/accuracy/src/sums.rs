//! What a window of any length sums up to, wherever its packets went.

use std::collections::BTreeMap;

use windrow_core::reason::Reason;
use windrow_core::tally::Tally;
use windrow_core::window::Ledger;

use crate::table::ARP_ETHERTYPE;

/// What came, or what a window says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Frames.
    pub events: u64,
    /// All packets.
    pub seen: Tally,
    /// Those that the filter left out.
    pub filtered: Tally,
    /// Those without a flow.
    pub other: BTreeMap<Reason, Tally>,
}

impl Sums {
    /// What a window says.
    pub fn of(ledger: &Ledger) -> Sums {
        Sums {
            events: ledger.events,
            seen: ledger.seen,
            filtered: ledger.filtered,
            other: ledger.other.clone(),
        }
    }

    /// Adds those of another window.
    pub fn add(&mut self, other: &Sums) {
        self.events += other.events;
        self.seen += other.seen;
        self.filtered += other.filtered;
        for (reason, tally) in &other.other {
            *self.other.entry(*reason).or_default() += *tally;
        }
    }

    /// A packet came.
    pub fn count(&mut self, bytes: u32) -> Tally {
        let tally = Tally::new(1, u64::from(bytes));
        self.events += 1;
        self.seen += tally;
        tally
    }

    /// A packet of ARP came.
    pub fn count_arp(&mut self, bytes: u32) {
        let tally = self.count(bytes);
        let arp = Reason::Ethertype(ARP_ETHERTYPE);
        *self.other.entry(arp).or_default() += tally;
    }
}
