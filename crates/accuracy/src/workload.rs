//! Which packets come: seeded, endless, and named. A workload says which flow each packet is of, and
//! which 5-tuple each flow has; [`crate::trace`] takes as many packets of it as are asked for.

pub mod colliding;
pub mod mixed;
pub mod short;
pub mod zipf;

use crate::key::{Key, Keys};
use crate::random::Random;
use zipf::Zipf;

/// One packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The number of its flow, from 0.
    pub flow: u32,
    /// Its length.
    pub bytes: u32,
}

/// Packets without end.
pub type Stream = Box<dyn Iterator<Item = Packet>>;

/// Traffic of one kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    /// As on the command line and in results.
    pub name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The flow of rank r comes as 1/r^exponent.
    Zipf { exponent: f64, flows: u32 },
    /// Flows that begin all the time, and end.
    Short,
    /// Half of all packets are of flows that never come again.
    Flood,
    /// A few flows begin late, and are large.
    Late,
    /// No flow comes again before all others have come.
    Turns,
    /// Flows whose rows are in the same few buckets of windrow's table.
    Colliding,
}

/// Flows behind a flood, and behind late elephants.
const BACKGROUND_FLOWS: u32 = 100_000;
/// Flows that take turns.
const TURNS_FLOWS: u32 = 100_000;

/// A Zipf workload under its name.
const fn zipf(name: &'static str, exponent: f64, flows: u32) -> Workload {
    Workload {
        name,
        kind: Kind::Zipf { exponent, flows },
    }
}

const fn other(name: &'static str, kind: Kind) -> Workload {
    Workload { name, kind }
}

/// All there are, in the order of reports.
pub const ALL: [Workload; 17] = [
    zipf("zipf-1.0-1k", 1.0, 1_000),
    zipf("zipf-1.0-10k", 1.0, 10_000),
    zipf("zipf-1.0-100k", 1.0, 100_000),
    zipf("zipf-1.0-1M", 1.0, 1_000_000),
    zipf("zipf-1.1-1k", 1.1, 1_000),
    zipf("zipf-1.1-10k", 1.1, 10_000),
    zipf("zipf-1.1-100k", 1.1, 100_000),
    zipf("zipf-1.1-1M", 1.1, 1_000_000),
    zipf("zipf-1.3-1k", 1.3, 1_000),
    zipf("zipf-1.3-10k", 1.3, 10_000),
    zipf("zipf-1.3-100k", 1.3, 100_000),
    zipf("zipf-1.3-1M", 1.3, 1_000_000),
    other("short-lived", Kind::Short),
    other("syn-flood", Kind::Flood),
    other("late-elephants", Kind::Late),
    other("round-robin", Kind::Turns),
    other("colliding", Kind::Colliding),
];

/// Those of a quick run.
pub const QUICK: [&str; 7] = [
    "zipf-1.0-1M",
    "zipf-1.1-10k",
    "zipf-1.1-100k",
    "short-lived",
    "syn-flood",
    "late-elephants",
    "colliding",
];

impl Workload {
    /// The workload of that name.
    pub fn named(name: &str) -> Option<Workload> {
        ALL.into_iter().find(|workload| workload.name == name)
    }

    /// Its packets, the same for the same seed and the same length of the window in packets.
    pub fn stream(&self, window: u32, seed: u64) -> Stream {
        let random = Random::new(seed);
        let background = || Zipf::new(1.0, BACKGROUND_FLOWS);
        match self.kind {
            Kind::Zipf { exponent, flows } => zipf::stream(Zipf::new(exponent, flows), random),
            Kind::Short => Box::new(short::ShortLived::new(random)),
            Kind::Flood => mixed::flood(background(), random),
            Kind::Late => mixed::late_elephants(background(), window, random),
            Kind::Turns => mixed::turns(TURNS_FLOWS, random),
            Kind::Colliding => zipf::stream(Zipf::new(1.0, colliding::FLOWS), random),
        }
    }

    /// The 5-tuples of the flows from 0 up to `flows`, all different.
    pub fn keys(&self, flows: u32, seed: u64) -> Vec<Key> {
        let keys = Keys::new(seed);
        match self.kind {
            Kind::Colliding => colliding::keys(&keys, flows),
            Kind::Flood => (0..flows)
                .map(|flow| match flow {
                    0..BACKGROUND_FLOWS => keys.ordinary(flow),
                    _ => keys.spoofed(flow),
                })
                .collect(),
            _ => (0..flows).map(|flow| keys.ordinary(flow)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: u32 = 100_000;

    fn packets(name: &str, seed: u64) -> Vec<Packet> {
        let workload = Workload::named(name).expect("a workload");
        let stream = workload.stream(WINDOW, seed);
        stream.take(WINDOW as usize).collect()
    }

    /// Packets of each flow.
    fn counts(packets: &[Packet]) -> Vec<u32> {
        let flows = packets.iter().map(|packet| packet.flow + 1).max();
        let mut counts = vec![0; flows.unwrap_or(0) as usize];
        for packet in packets {
            counts[packet.flow as usize] += 1;
        }
        counts
    }

    #[test]
    fn the_same_seed_gives_the_same_packets_and_another_one_does_not() {
        for workload in ALL.iter().filter(|it| !it.name.ends_with("1M")) {
            let first = packets(workload.name, 7);
            assert_eq!(first, packets(workload.name, 7), "{}", workload.name);
            assert_ne!(first, packets(workload.name, 8), "{}", workload.name);
            assert!(first.iter().all(|packet| packet.bytes >= 60));
        }
    }

    #[test]
    fn all_quick_workloads_exist() {
        assert!(QUICK.iter().all(|name| Workload::named(name).is_some()));
    }

    #[test]
    fn half_of_a_flood_never_comes_again() {
        let counts = counts(&packets("syn-flood", 1));
        let flood = &counts[BACKGROUND_FLOWS as usize..];
        assert!(flood.iter().all(|count| *count == 1));
        assert!((49_000..51_000).contains(&flood.len()), "{}", flood.len());
    }

    #[test]
    fn elephants_begin_at_four_fifths_and_take_half_from_there() {
        let packets = packets("late-elephants", 1);
        let late = |packet: &&Packet| packet.flow >= BACKGROUND_FLOWS;
        assert_eq!(packets[..80_000].iter().filter(late).count(), 0);
        let share = packets[80_000..].iter().filter(late).count();
        assert!((9_500..10_500).contains(&share), "{share}");
        let elephants = counts(&packets).len() - BACKGROUND_FLOWS as usize;
        assert_eq!(elephants as u32, mixed::ELEPHANTS);
    }

    #[test]
    fn who_takes_turns_comes_once_a_round() {
        let counts = counts(&packets("round-robin", 1));
        assert_eq!(counts.len() as u32, TURNS_FLOWS);
        assert!(counts.iter().all(|count| *count == 1));
    }
}
