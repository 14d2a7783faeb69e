//! What came in a part of a trace: what a window of it is to say.

use std::collections::BTreeMap;
use std::ops::Range;

use windrow_core::reason::Reason;
use windrow_core::slice::MonoNanos;
use windrow_core::tally::Tally;
use windrow_core::window::Ledger;

use crate::key::Key;
use crate::table::{self, ARP_BYTES, ARP_ETHERTYPE};
use crate::trace::{Trace, Truth};

/// Before each packet whose place is a multiple of this comes one that is not of IP.
const ARP_EVERY: u64 = 100;
/// What the filter leaves out: flows to this port.
const FILTERED_PORT: u16 = 22;

/// The filter, as it is asked for.
pub const FILTER: &str = "not dst port 22";

/// Whether a packet that is not of IP comes before the one of that place.
pub fn has_arp_before(place: u64) -> bool {
    place.is_multiple_of(ARP_EVERY)
}

/// What came, of flows that pass the filter and that had anything.
#[derive(Debug, Default)]
pub struct Came {
    /// Of these flows.
    pub keys: Vec<Key>,
    /// What each had.
    pub truth: Truth,
    /// When the first packet of each came, and the last.
    pub times: Vec<[MonoNanos; 2]>,
    /// All that came.
    pub sums: Sums,
}

/// What a window sums up to, wherever its packets went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    events: u64,
    /// All packets.
    pub seen: Tally,
    filtered: Tally,
    other: BTreeMap<Reason, Tally>,
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

    fn one(&mut self, bytes: u32) -> Tally {
        let tally = Tally::new(1, u64::from(bytes));
        self.events += 1;
        self.seen += tally;
        tally
    }
}

/// Counts parts of a trace, one after the other.
#[derive(Debug)]
pub struct Counting<'a> {
    trace: &'a Trace,
    /// Of each flow its place among those of the part, or [`NOWHERE`].
    places: Vec<u32>,
}

const NOWHERE: u32 = u32::MAX;

impl<'a> Counting<'a> {
    /// Nothing is counted yet.
    pub fn new(trace: &'a Trace) -> Counting<'a> {
        Counting {
            trace,
            places: vec![NOWHERE; trace.keys.len()],
        }
    }

    /// What came in that part.
    pub fn part(&mut self, packets: Range<usize>) -> Came {
        let mut came = Came::default();
        let mut flows = Vec::new();
        let numbers = packets.start as u64..;
        for (number, packet) in numbers.zip(&self.trace.packets[packets]) {
            if has_arp_before(number) {
                let arp = came.sums.one(ARP_BYTES);
                *(came.sums.other)
                    .entry(Reason::Ethertype(ARP_ETHERTYPE))
                    .or_default() += arp;
            }
            let tally = came.sums.one(packet.bytes);
            let key = self.trace.keys[packet.flow as usize];
            if key.dport == FILTERED_PORT {
                came.sums.filtered += tally;
                continue;
            }
            let time = table::time(number);
            let place = &mut self.places[packet.flow as usize];
            if *place == NOWHERE {
                *place = flows.len() as u32;
                flows.push(packet.flow);
                came.keys.push(key);
                came.truth.flows.push(Tally::ZERO);
                came.times.push([time; 2]);
            }
            let place = *place as usize;
            came.truth.flows[place] += tally;
            came.truth.sum += tally;
            came.times[place][1] = time;
        }
        for flow in flows {
            self.places[flow as usize] = NOWHERE;
        }
        came
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Workload;

    #[test]
    fn parts_come_to_the_whole() {
        let workload = Workload::named("short-lived").expect("a workload");
        let trace = Trace::of(&workload, 30_000, 1);
        let mut counting = Counting::new(&trace);
        let whole = counting.part(0..30_000);
        let mut sums = Sums::default();
        let mut flows = BTreeMap::<Key, Tally>::new();
        for start in [0, 10_000, 20_000] {
            let part = counting.part(start..start + 10_000);
            sums.add(&part.sums);
            for (key, tally) in part.keys.iter().zip(part.truth.flows) {
                *flows.entry(*key).or_default() += tally;
            }
        }
        assert_eq!(sums, whole.sums);
        let all = whole.keys.iter().copied().zip(whole.truth.flows);
        assert_eq!(flows, all.collect());
        assert_eq!((sums.events, sums.seen.packets), (30_300, 30_300));
        // What is filtered is a small part, and in no flow.
        assert!((100..3_000).contains(&sums.filtered.packets));
        assert_eq!(
            whole.truth.sum.packets + sums.filtered.packets,
            trace.truth.sum.packets
        );
    }
}
