//! What comes in a day, second by second: more by day than by night, an hour of nothing, and floods.

use std::f64::consts::TAU;

use crate::key::{Key, Keys};
use crate::random::Random;
use crate::workload::short::ShortLived;

const HOUR: u32 = 3_600;
const DAY: u32 = 24 * HOUR;
/// Nobody is there from this hour to the next; it is in the middle of the night.
const IDLE_HOUR: u32 = 3;
/// Fewest packets come at this hour, and most half a day later.
const QUIET_HOUR: f64 = 4.0;
/// When floods come, in seconds from midnight.
const FLOODS: [u32; 3] = [
    12 * HOUR + 20 * 60,
    13 * HOUR + 20 * 60,
    10 * HOUR + 10 * 60,
];
const FLOOD_SECONDS: u32 = 10 * 60;
/// A SYN in an Ethernet frame.
const SYN_BYTES: u32 = 74;

/// How much comes a second.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Packets when there are fewest.
    pub least: u32,
    /// Packets when there are most.
    pub most: u32,
    /// Packets of a flood, each the only one of its flow.
    pub flood: u32,
}

/// Flows that begin all the time and end, and floods.
#[derive(Debug)]
pub struct Traffic {
    rates: Rates,
    keys: Keys,
    flows: ShortLived,
    random: Random,
    spoofed: u32,
}

impl Traffic {
    /// That of a seed.
    pub fn new(rates: Rates, seed: u64) -> Traffic {
        let mut random = Random::new(seed);
        Traffic {
            rates,
            keys: Keys::new(seed),
            flows: ShortLived::new(Random::new(random.bits())),
            random,
            spoofed: 0,
        }
    }

    /// The packets of a second, counted from some midnight, each with its flow's key and its bytes.
    pub fn second(&mut self, second: u32) -> Vec<(Key, u32)> {
        let second = second % DAY;
        let steady = self.rates.steady(second);
        let flood = self.rates.flood(second);
        let mut left = steady + flood;
        let mut left_of_flood = flood;
        let mut packets = Vec::with_capacity(left as usize);
        while left > 0 {
            let of_flood = self.random.below(left) < left_of_flood;
            left -= 1;
            left_of_flood -= u32::from(of_flood);
            packets.extend(self.packet(of_flood));
        }
        packets
    }

    fn packet(&mut self, of_flood: bool) -> Option<(Key, u32)> {
        if of_flood {
            self.spoofed += 1;
            return Some((self.keys.spoofed(self.spoofed), SYN_BYTES));
        }
        let packet = self.flows.next()?;
        Some((self.keys.ordinary(packet.flow), packet.bytes))
    }
}

impl Rates {
    fn steady(&self, second: u32) -> u32 {
        if second / HOUR == IDLE_HOUR {
            return 0;
        }
        let hour = f64::from(second) / f64::from(HOUR);
        let day = (1.0 - ((hour - QUIET_HOUR) / 24.0 * TAU).cos()) / 2.0;
        self.least + (f64::from(self.most - self.least) * day).round() as u32
    }

    fn flood(&self, second: u32) -> u32 {
        let floods = FLOODS.map(|begin| begin..begin + FLOOD_SECONDS);
        match floods.iter().any(|flood| flood.contains(&second)) {
            true => self.flood,
            false => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const RATES: Rates = Rates {
        least: 200,
        most: 2_000,
        flood: 5_000,
    };

    #[test]
    fn a_day_has_its_shape() {
        let mut traffic = Traffic::new(RATES, 1);
        let mut at = |second: u32| traffic.second(second).len();
        assert_eq!(at(4 * HOUR), 200);
        assert_eq!(at(16 * HOUR), 2_000);
        assert_eq!(at(10 * HOUR), 1_100);
        assert_eq!((at(3 * HOUR), at(4 * HOUR - 1)), (0, 0));
        for flood in FLOODS {
            assert!((5_000..=7_000).contains(&at(flood)));
            assert!(at(flood - 1).max(at(flood + FLOOD_SECONDS)) <= 2_000);
        }
    }

    #[test]
    fn a_flood_is_of_flows_that_never_come_again() {
        let mut traffic = Traffic::new(RATES, 1);
        let packets = traffic.second(FLOODS[0]);
        let flows: HashSet<Key> = packets.iter().map(|(key, _)| *key).collect();
        assert!(flows.len() > 5_000 && flows.len() < packets.len());
        // It is not all before what else comes, nor behind it.
        let of_flood = |packets: &[(Key, u32)]| {
            packets
                .iter()
                .filter(|(_, bytes)| *bytes == SYN_BYTES)
                .count()
        };
        assert!(of_flood(&packets[..1_000]) < 990);
    }
}
