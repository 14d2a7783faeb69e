//! What came in a part of a trace: what a window of it is to say.

use std::ops::Range;

use windrow_core::slice::MonoNanos;
use windrow_core::tally::Tally;

use crate::key::Key;
use crate::sums::Sums;
use crate::table::ARP_BYTES;
use crate::trace::{Trace, Truth};

/// From a packet to the next: ten thousand make a second, so that rows cannot keep their times in
/// nanoseconds for as long as windows are.
const STEP_NANOS: u64 = 100_000;
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

/// When the packet of that place comes.
pub fn time(place: u64) -> MonoNanos {
    MonoNanos(place * STEP_NANOS)
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
                came.sums.count_arp(ARP_BYTES);
            }
            let tally = came.sums.count(packet.bytes);
            let key = self.trace.keys[packet.flow as usize];
            if key.dport == FILTERED_PORT {
                came.sums.filtered += tally;
                continue;
            }
            let time = time(number);
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
    use std::collections::BTreeMap;

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
