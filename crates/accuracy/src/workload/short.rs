//! Flows that begin all the time and end after their packets. Sizes are of a Pareto distribution:
//! most flows have a packet or two, a few have most of the packets.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::Packet;
use crate::random::Random;

/// The exponent of sizes; with less there is no mean.
const SHAPE: f64 = 1.2;
/// The largest flow, in packets.
const MOST_PACKETS: f64 = 500_000.0;
/// A new flow comes each time that so many units of time have passed, on average. One packet a unit
/// comes of it, about: the mean size of a flow.
const UNITS_A_FLOW: f64 = 5.0;
/// How long a flow lasts at most, in units.
const LONGEST: f64 = 300_000.0;
/// How long flows last falls as this power of a uniform number: many are over at once.
const SHORTER: i32 = 4;
/// No flow sends more often, in units: the largest takes half of the link at most.
const LEAST_GAP: u32 = 2;

/// The packets of all flows that are there, in the order of their times.
#[derive(Debug)]
pub struct ShortLived {
    random: Random,
    /// When the next packet of each flow comes; the earliest on top.
    due: BinaryHeap<Reverse<Due>>,
    next_flow: u32,
    next_begin: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    /// Units since the beginning.
    at: u64,
    flow: u32,
    left: u32,
    /// Units from a packet to the next.
    gap: u32,
}

impl ShortLived {
    /// No flow is there yet.
    pub fn new(random: Random) -> ShortLived {
        ShortLived {
            random,
            due: BinaryHeap::new(),
            next_flow: 0,
            next_begin: 0.0,
        }
    }

    /// How many packets a flow has.
    fn size(&mut self) -> u32 {
        self.random.unit().powf(-1.0 / SHAPE).min(MOST_PACKETS) as u32
    }

    /// A flow begins.
    fn begin(&mut self) {
        let left = self.size();
        let lasts = self.random.unit().powi(SHORTER) * LONGEST;
        self.due.push(Reverse(Due {
            at: self.next_begin as u64,
            flow: self.next_flow,
            left,
            gap: ((lasts / f64::from(left)) as u32).max(LEAST_GAP),
        }));
        self.next_flow += 1;
        self.next_begin -= self.random.unit().ln() * UNITS_A_FLOW;
    }
}

impl Iterator for ShortLived {
    type Item = Packet;

    fn next(&mut self) -> Option<Packet> {
        while self
            .due
            .peek()
            .is_none_or(|first| first.0.at > self.next_begin as u64)
        {
            self.begin();
        }
        let mut first = self.due.peek_mut()?;
        let flow = first.0.flow;
        if first.0.left > 1 {
            first.0.left -= 1;
            first.0.at += u64::from(first.0.gap);
        } else {
            PeekMut::pop(first);
        }
        let bytes = self.random.length();
        Some(Packet { flow, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_of_pareto() {
        let mut flows = ShortLived::new(Random::new(2));
        let sizes: Vec<u32> = (0..200_000).map(|_| flows.size()).collect();
        for least in [2, 10, 100] {
            let share = sizes.iter().filter(|size| **size >= least).count() as f64 / 200_000.0;
            let want = f64::from(least).powf(-SHAPE);
            assert!((share / want - 1.0).abs() < 0.1, "{least}: {share} {want}");
        }
    }

    #[test]
    fn flows_begin_all_the_time_end_and_are_interleaved() {
        let packets: Vec<Packet> = ShortLived::new(Random::new(2)).take(600_000).collect();
        let flows_until = |packets: &[Packet]| packets.iter().map(|it| it.flow).max().unwrap_or(0);
        let (half, all) = (flows_until(&packets[..300_000]), flows_until(&packets));
        assert!(
            all > 50_000 && half > all / 3 && half < all * 2 / 3,
            "{half} of {all}"
        );
        // Of the flows of the first tenth nearly none is there in the last.
        let early = flows_until(&packets[..60_000]);
        let still = packets[540_000..].iter().filter(|it| it.flow <= early);
        assert!(still.count() < 6_000);
        let changes = packets
            .windows(2)
            .filter(|pair| pair[0].flow != pair[1].flow);
        assert!(changes.count() > 300_000);
    }
}
