//! Numbers that a seed stands for: the same on every machine, every time.

/// SplitMix64 (Steele, Lea, Flood 2014): one 64-bit word of state, good enough for traffic.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `limit`, which is not 0; all but 2^-32 of them equally likely.
    pub fn below(&mut self, limit: u32) -> u32 {
        (((self.bits() >> 32) * u64::from(limit)) >> 32) as u32
    }

    /// A number above 0 and up to 1.
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// The length of a packet in bytes: as on a link, mostly very short or full.
    pub fn length(&mut self) -> u32 {
        match self.below(10) {
            0..=4 => 60 + self.below(40),
            5..=6 => 100 + self.below(1_200),
            _ => 1_514,
        }
    }
}

/// The order of flows that nothing else tells apart: their numbers would tell which came first, and
/// which is likely to be the larger.
pub fn lot(flow: u32) -> u64 {
    Random::new(u64::from(flow)).bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_within_and_spread() {
        let mut random = Random::new(1);
        let mut seen = [0u32; 10];
        for _ in 0..10_000 {
            seen[random.below(10) as usize] += 1;
            let unit = random.unit();
            assert!(unit > 0.0 && unit <= 1.0);
            assert!((60..=1_514).contains(&random.length()));
        }
        assert!(
            seen.iter().all(|count| (900..1_100).contains(count)),
            "{seen:?}"
        );
    }
}
