//! How many distinct sources, destinations and destination ports there were, also of flows without a row.
//!
//! The data path writes registers, `bpf/distinct.h`; here they are added and read. HyperLogLog (Flajolet,
//! Fusy, Gandouet, Meunier 2007), with the estimator of Ertl, "New cardinality estimation algorithms for
//! HyperLogLog sketches" (2017), which needs no tables of biases.

use crate::by::{By, Key};

/// Bits of a hash, of which some choose the register.
const HASH_BITS: u32 = u64::BITS;

/// How many distinct values of some keys there were, as far as packets are grouped by them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct {
    /// Source addresses, or as much of them as packets are grouped by.
    pub src: Option<Registers>,
    /// Destination addresses, likewise.
    pub dst: Option<Registers>,
    /// Destination ports but 0.
    pub dport: Option<Registers>,
    by: By,
    hashed_by: u64,
}

impl Distinct {
    /// Of registers as the data path lays them out: sources, destinations, destination ports, as many of
    /// each, for packets that are grouped `by`. `hashed_by` tells the hash function from others. `None`
    /// where there are none, or their number is none that there can be.
    pub fn new(by: &By, registers: &[u8], hashed_by: u64) -> Option<Distinct> {
        let size = registers.len() / 3;
        if !registers.len().is_multiple_of(3) || size < 2 || !size.is_power_of_two() {
            return None;
        }
        let of = |key, place| {
            let registers = &registers[place * size..][..size];
            by.has(key).then(|| Registers(registers.into()))
        };
        Some(Distinct {
            src: of(Key::Src, 0),
            dst: of(Key::Dst, 1),
            dport: of(Key::Dport, 2),
            by: *by,
            hashed_by,
        })
    }

    /// Adds what was counted elsewhere: then it is as if both had been counted here. False, and nothing is
    /// changed, where other keys were counted, with another hash function, or in other sizes.
    #[must_use]
    pub fn merge(&mut self, other: &Distinct) -> bool {
        let ours = [&mut self.src, &mut self.dst, &mut self.dport];
        let theirs = [&other.src, &other.dst, &other.dport];
        let mut pairs: Vec<_> = ours
            .into_iter()
            .zip(theirs)
            .filter_map(|(ours, theirs)| ours.as_mut().zip(theirs.as_ref()))
            .collect();
        let alike = (self.by, self.hashed_by) == (other.by, other.hashed_by)
            && pairs
                .iter()
                .all(|(ours, theirs)| ours.len() == theirs.len());
        if alike {
            for (ours, theirs) in &mut pairs {
                ours.merge(theirs);
            }
        }
        alike
    }

    /// All together; `None` where there are none, or some cannot be added to the others.
    pub fn union<'a>(all: impl IntoIterator<Item = &'a Distinct>) -> Option<Distinct> {
        let mut all = all.into_iter();
        let mut union = all.next()?.clone();
        all.all(|other| union.merge(other)).then_some(union)
    }

    /// Those and more; `None` where nobody knows of either, or they cannot be added.
    pub(crate) fn both(these: Option<Distinct>, more: Option<&Distinct>) -> Option<Distinct> {
        let (mut all, more) = these.zip(more)?;
        all.merge(more).then_some(all)
    }

    /// Forgets what is not counted as keys of `by` are printed: other keys, or more of an address.
    pub(crate) fn keep(&mut self, by: &By) {
        let counted_by = self.by;
        let alike = |key| by.has(key) && by.prefix(key) == counted_by.prefix(key);
        self.src.take_if(|_| !alike(Key::Src));
        self.dst.take_if(|_| !alike(Key::Dst));
        self.dport.take_if(|_| !alike(Key::Dport));
    }

    /// The standard error of every count, relative to it; `None` where nothing is counted.
    pub fn standard_error(&self) -> Option<f64> {
        let mut counts = [&self.src, &self.dst, &self.dport].into_iter().flatten();
        counts.next().map(Registers::standard_error)
    }
}

/// The registers of one key: of all hashes that chose it, the most zeros that one began with, and one more;
/// 0 where none did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registers(Box<[u8]>);

impl Registers {
    /// How many distinct values there were: most often within the [standard
    /// error](Self::standard_error) of the truth, 99.7 % of the time within three of them.
    pub fn estimate(&self) -> u64 {
        // Ertl's algorithm 6: how many registers hold each value says all.
        let most = (HASH_BITS - self.len().trailing_zeros() + 1) as usize;
        let mut holding = vec![0u32; most + 1];
        for held in &self.0 {
            holding[usize::from(*held).min(most)] += 1;
        }
        let all = self.len() as f64;
        let share = |value: usize| f64::from(holding[value]) / all;
        let mut sum = all * tau(1.0 - share(most));
        for value in (1..most).rev() {
            sum = 0.5 * (sum + f64::from(holding[value]));
        }
        sum += all * sigma(share(0));
        (all * all / (2.0 * std::f64::consts::LN_2 * sum)).round() as u64
    }

    /// Of the estimate, relative to it.
    pub fn standard_error(&self) -> f64 {
        1.04 / (self.len() as f64).sqrt()
    }

    /// How many registers there are.
    fn len(&self) -> usize {
        self.0.len()
    }

    /// Of as many others.
    fn merge(&mut self, other: &Registers) {
        for (ours, theirs) in self.0.iter_mut().zip(&other.0) {
            *ours = (*ours).max(*theirs);
        }
    }
}

/// x + x² + 2x⁴ + 4x⁸ + …: corrects for registers that are 0. Infinite where all are.
fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut factor, mut sum, mut before) = (1.0, x, -1.0);
    while sum != before {
        x *= x;
        before = sum;
        sum += x * factor;
        factor += factor;
    }
    sum
}

/// (1 − x − (1 − √x)²/2 − (1 − ⁴√x)²/4 − …)/3: corrects for registers that can hold no more.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut factor, mut sum, mut before) = (1.0, 1.0 - x, -1.0);
    while sum != before {
        x = x.sqrt();
        before = sum;
        factor *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * factor;
    }
    sum / 3.0
}

#[cfg(test)]
mod tests;
