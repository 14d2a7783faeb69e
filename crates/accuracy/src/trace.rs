//! The packets of a window, kept so that every counter gets the same, and what they come to.

use windrow_core::tally::Tally;

use crate::key::Key;
use crate::random::lot;
use crate::workload::{Packet, Workload};

/// Packets in their order, the keys of their flows, and the truth.
#[derive(Debug)]
pub struct Trace {
    /// In the order they come.
    pub packets: Vec<Packet>,
    /// By number of flow.
    pub keys: Vec<Key>,
    /// What counters are to find.
    pub truth: Truth,
}

impl Trace {
    /// The first `packets` packets of a workload.
    pub fn of(workload: &Workload, packets: u32, seed: u64) -> Trace {
        let stream = workload.stream(packets, seed);
        let packets: Vec<Packet> = stream.take(packets as usize).collect();
        let truth = Truth::of(&packets);
        Trace {
            keys: workload.keys(truth.flows.len() as u32, seed),
            packets,
            truth,
        }
    }
}

/// What each flow had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// By number of flow; some may have had nothing.
    pub flows: Vec<Tally>,
    /// Of all flows.
    pub sum: Tally,
}

impl Truth {
    /// Counts packets in an array: the one counter that needs no trust.
    pub fn of(packets: &[Packet]) -> Truth {
        let mut truth = Truth::default();
        for packet in packets {
            let place = packet.flow as usize;
            if place >= truth.flows.len() {
                truth.flows.resize(place + 1, Tally::ZERO);
            }
            let tally = Tally::new(1, u64::from(packet.bytes));
            truth.flows[place] += tally;
            truth.sum += tally;
        }
        truth
    }

    /// Flows that had a packet.
    pub fn distinct(&self) -> u64 {
        self.flows.iter().filter(|flow| !flow.is_zero()).count() as u64
    }

    /// The `k` flows with the most packets, the largest first. Fewer where fewer had any. Of equal ones
    /// it is by lot: most tables favour those that came first.
    pub fn top(&self, k: usize) -> Vec<u32> {
        let packets = |flow: u32| self.flows[flow as usize].packets;
        let mut order: Vec<u32> = (0..self.flows.len() as u32)
            .filter(|flow| packets(*flow) > 0)
            .collect();
        let rank = |flow: &u32| (std::cmp::Reverse(packets(*flow)), lot(*flow));
        if k < order.len() {
            order.select_nth_unstable_by_key(k, rank);
            order.truncate(k);
        }
        order.sort_unstable_by_key(rank);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload;

    #[test]
    fn truth_is_what_came() {
        let packets = [(2, 60), (0, 100), (2, 40)].map(|(flow, bytes)| Packet { flow, bytes });
        let truth = Truth::of(&packets);
        let flows = [Tally::new(1, 100), Tally::ZERO, Tally::new(2, 100)];
        assert_eq!(truth.flows, flows);
        assert_eq!(truth.sum, Tally::new(3, 200));
        assert_eq!(truth.distinct(), 2);
        assert_eq!(truth.top(1), [2]);
        assert_eq!(truth.top(5), [2, 0]);
    }

    #[test]
    fn of_equal_flows_those_that_came_first_are_not_favoured() {
        let packets: Vec<Packet> = (0..1_000).map(|flow| Packet { flow, bytes: 60 }).collect();
        let top = Truth::of(&packets).top(100);
        let early = top.iter().filter(|flow| **flow < 500).count();
        assert!((30..70).contains(&early), "{early}");
    }

    #[test]
    fn every_workload_sums_up_and_has_a_key_for_each_flow() {
        for workload in workload::ALL.iter().filter(|it| it.name != "colliding") {
            let trace = Trace::of(workload, 20_000, 1);
            assert_eq!(trace.packets.len(), 20_000, "{}", workload.name);
            assert_eq!(trace.truth.sum.packets, 20_000);
            assert_eq!(
                trace.truth.flows.iter().copied().sum::<Tally>(),
                trace.truth.sum
            );
            assert_eq!(trace.keys.len(), trace.truth.flows.len());
        }
    }
}
