//! Which flows a measurement sees, and in which order.

use std::fmt;

/// How often each flow comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    /// All alike.
    Uniform,
    /// All alike, and none comes again before all others have come.
    InTurn,
    /// The flow of rank r as 1/r^1.1: a few make most of the packets.
    Zipf,
}

impl Spread {
    /// As in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uniform | Self::InTurn => "uniform",
            Self::Zipf => "zipf",
        }
    }
}

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// 4 or 6.
    pub fn number(self) -> u8 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }
}

/// What comes to a design.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    /// Of all frames.
    pub family: Family,
    /// Distinct flows, at least 1.
    pub flows: u32,
    /// How often each comes.
    pub spread: Spread,
}

/// Every combination, but one flow alone, which is spread like any other.
pub fn workloads(families: &[Family], spreads: &[Spread], flows: &[u32]) -> Vec<Workload> {
    let mut all = Vec::new();
    for &family in families {
        for &spread in spreads {
            for &flows in flows
                .iter()
                .filter(|flows| **flows > 1 || spread != Spread::Zipf)
            {
                all.push(Workload {
                    family,
                    flows,
                    spread,
                });
            }
        }
    }
    all
}

/// The exponent of [`Spread::Zipf`].
const ZIPF_EXPONENT: f64 = 1.1;

impl Workload {
    /// Numbers of flows, `0..flows`, in an order that is the same every time.
    pub fn order(&self, length: usize) -> Vec<u32> {
        let mut random = Random(0x5eed);
        match self.spread {
            Spread::Uniform => (0..length).map(|_| random.below(self.flows)).collect(),
            Spread::InTurn => {
                let turn = random.shuffled(self.flows);
                turn.into_iter().cycle().take(length).collect()
            }
            Spread::Zipf => {
                let edges = self.zipf_edges();
                let last = self.flows - 1;
                (0..length)
                    .map(|_| {
                        let point = random.unit();
                        (edges.partition_point(|edge| *edge < point) as u32).min(last)
                    })
                    .collect()
            }
        }
    }

    /// The share of all packets that the flows up to each rank have.
    fn zipf_edges(&self) -> Vec<f64> {
        let mut sum = 0.0;
        let mut edges: Vec<f64> = (1..=self.flows)
            .map(|rank| {
                sum += f64::from(rank).powf(-ZIPF_EXPONENT);
                sum
            })
            .collect();
        edges.iter_mut().for_each(|edge| *edge /= sum);
        edges
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "IPv{}, {} flows, {}",
            self.family.number(),
            self.flows,
            self.spread.name()
        )
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): good enough to draw flows, and the same everywhere.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u32) -> u32 {
        (((self.next() >> 32) * u64::from(limit)) >> 32) as u32
    }

    /// The numbers below a limit, each once.
    fn shuffled(&mut self, limit: u32) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..limit).collect();
        for place in 1..limit {
            numbers.swap(place as usize, self.below(place + 1) as usize);
        }
        numbers
    }

    /// In 0..1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(spread: Spread) -> Vec<f64> {
        let workload = Workload {
            family: Family::V4,
            flows: 100,
            spread,
        };
        let mut counts = vec![0.0; 100];
        for flow in workload.order(1_000_000) {
            counts[flow as usize] += 1e-6;
        }
        counts
    }

    #[test]
    fn uniform_is_uniform() {
        let shares = shares(Spread::Uniform);
        assert!(shares.iter().all(|share| (share - 0.01).abs() < 1e-3));
    }

    #[test]
    fn in_turn_each_comes_once() {
        let workload = Workload {
            family: Family::V4,
            flows: 100,
            spread: Spread::InTurn,
        };
        let order = workload.order(200);
        let mut turn = order[50..150].to_vec();
        assert_ne!(turn, order[..100]);
        turn.sort_unstable();
        assert!(turn.into_iter().eq(0..100));
    }

    #[test]
    fn zipf_falls_as_a_power_of_the_rank() {
        let shares = shares(Spread::Zipf);
        for rank in [2, 10, 50] {
            let expected = f64::from(rank).powf(-ZIPF_EXPONENT);
            let found = shares[rank as usize - 1] / shares[0];
            assert!((found / expected - 1.0).abs() < 0.05, "{rank}: {found}");
        }
    }
}
