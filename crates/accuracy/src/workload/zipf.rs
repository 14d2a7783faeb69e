//! Flows whose share falls with their rank: flow 0 is the largest.

use super::{Packet, Stream};
use crate::random::Random;

/// Draws ranks by an alias table (Walker 1977, Vose 1991): one random word and one look a draw.
#[derive(Clone, Debug)]
pub struct Zipf {
    places: Vec<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    /// Of 2^32 draws of this place so many are of its own rank.
    own: u32,
    /// The others are of this one.
    other: u32,
}

impl Zipf {
    /// Ranks 0 to `flows` - 1, rank r as 1/(r+1)^`exponent`. There is at least one.
    pub fn new(exponent: f64, flows: u32) -> Zipf {
        let weights: Vec<f64> = (1..=flows)
            .map(|rank| f64::from(rank).powf(-exponent))
            .collect();
        let sum: f64 = weights.iter().sum();
        // In units of what a place holds.
        let mut shares: Vec<f64> = weights
            .iter()
            .map(|weight| weight / sum * f64::from(flows))
            .collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) =
            (0..flows).partition(|rank| shares[*rank as usize] < 1.0);
        let mut places: Vec<Place> = (0..flows)
            .map(|rank| Place {
                own: u32::MAX,
                other: rank,
            })
            .collect();
        // A place that its own rank does not fill is filled by one that has more than a place.
        while let (Some(poor), Some(&rich)) = (small.pop(), large.last()) {
            let share = shares[poor as usize];
            places[poor as usize] = Place {
                own: (share * 2f64.powi(32)) as u32,
                other: rich,
            };
            shares[rich as usize] -= 1.0 - share;
            if shares[rich as usize] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        Zipf { places }
    }

    /// One rank.
    pub fn draw(&self, random: &mut Random) -> u32 {
        let bits = random.bits();
        let rank = ((bits >> 32) * self.places.len() as u64) >> 32;
        let place = self.places[rank as usize];
        if (bits as u32) < place.own {
            rank as u32
        } else {
            place.other
        }
    }
}

/// Packets of flows by rank.
pub(super) fn stream(zipf: Zipf, mut random: Random) -> Stream {
    Box::new(std::iter::repeat_with(move || Packet {
        flow: zipf.draw(&mut random),
        bytes: random.length(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fall_by_the_exponent() {
        for exponent in [1.0, 1.1, 1.3] {
            let zipf = Zipf::new(exponent, 10_000);
            let mut random = Random::new(5);
            let mut counts = vec![0u32; 10_000];
            for _ in 0..1_000_000 {
                counts[zipf.draw(&mut random) as usize] += 1;
            }
            assert_eq!(counts.iter().sum::<u32>(), 1_000_000);
            // Between single ranks and between whole decades of them.
            let slope = (f64::from(counts[0]) / f64::from(counts[31])).ln() / 32f64.ln();
            assert!((slope - exponent).abs() < 0.03, "{exponent}: {slope}");
            let decade = |ranks: std::ops::Range<usize>| -> f64 {
                counts[ranks].iter().map(|count| f64::from(*count)).sum()
            };
            let want = |ranks: std::ops::Range<u32>| -> f64 {
                ranks.map(|rank| f64::from(rank + 1).powf(-exponent)).sum()
            };
            let ratio = decade(10..100) / decade(1_000..10_000);
            let wanted = want(10..100) / want(1_000..10_000);
            assert!(
                (ratio / wanted - 1.0).abs() < 0.02,
                "{exponent}: {ratio} {wanted}"
            );
        }
    }

    #[test]
    fn a_single_rank_is_always_drawn() {
        let zipf = Zipf::new(1.0, 1);
        let mut random = Random::new(1);
        assert!((0..100).all(|_| zipf.draw(&mut random) == 0));
    }
}
