//! How long things took: durations, counted on the base-2 exponential scale of OpenTelemetry and of
//! Prometheus' native histograms, so that an export needs no conversion.
//!
//! The data path counts in the same steps, `bpf/histogram.h`. Sums of histograms are exact: it is as if
//! all had been counted in one.

#[cfg(test)]
mod tests;

/// Counters of a histogram: what is told apart, 34 ns to 126 s.
pub const COUNTERS: usize = 256;
/// The scale by OpenTelemetry's name: an octave has 2^3 steps, one ends 9 % above where it begins.
pub const SCALE: u32 = 3;
/// Index on that scale of the first counter.
pub const FIRST_INDEX: usize = 40;

/// What is behind it is counted in it, too.
const LAST: usize = COUNTERS - 1;
/// Steps of an octave.
const STEPS: usize = 1 << SCALE;
/// Where steps begin in the octave that begins at 2^63: 2^(63 + n / 8), rounded down.
const BEGINNINGS: [u64; STEPS] = [
    0x8000_0000_0000_0000,
    0x8b95_c1e3_ea8b_d6e6,
    0x9837_f051_8db8_a96f,
    0xa5fe_d6a9_b151_38ea,
    0xb504_f333_f9de_6484,
    0xc567_2a11_5506_dadd,
    0xd744_fcca_d69d_6af4,
    0xeac0_c6e7_dd24_392e,
];

/// The number of the counter for a duration.
pub fn index(ns: u64) -> usize {
    let Some(octave) = ns.checked_ilog2() else {
        return 0;
    };
    let scaled = ns << ns.leading_zeros();
    // A step has its end in it, and not its beginning.
    let begun = BEGINNINGS.iter().filter(|it| scaled > **it).count();
    (octave as usize * STEPS + begun)
        .saturating_sub(FIRST_INDEX + 1)
        .min(LAST)
}

/// The shortest and the longest duration in ns that a counter is for; the first is for all shorter ones
/// as well, the last, and what would be behind it, for all longer ones.
pub fn bounds(index: usize) -> (u64, u64) {
    let index = index.min(LAST);
    let beginning = |counter: usize| {
        let step = FIRST_INDEX + counter;
        BEGINNINGS[step % STEPS] >> (63 - step / STEPS)
    };
    let lo = match index {
        0 => 0,
        _ => beginning(index) + 1,
    };
    let hi = match index {
        LAST => u64::MAX,
        _ => beginning(index + 1),
    };
    (lo, hi)
}

/// How many durations of each length there were.
///
/// Counters that are 0 take no memory: most rows have a few calls, of a few lengths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Which counter, and what it counted, never 0; the shortest first.
    counters: Vec<(u8, u64)>,
}

impl Histogram {
    /// Of all counters, as the data path has them.
    pub fn from_counts(counts: &[u32; COUNTERS]) -> Histogram {
        let mut counters = Vec::with_capacity(counts.iter().filter(|it| **it > 0).count());
        let all = (0..=u8::MAX).zip(counts.iter().map(|it| u64::from(*it)));
        counters.extend(all.filter(|(_, count)| *count > 0));
        Histogram { counters }
    }

    /// Counts a duration.
    pub fn record(&mut self, ns: u64) {
        self.record_n(ns, 1);
    }

    /// Counts `n` durations of that length.
    pub fn record_n(&mut self, ns: u64, n: u64) {
        self.add(index(ns) as u8, n);
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Histogram) {
        for (index, count) in &other.counters {
            self.add(*index, *count);
        }
    }

    fn add(&mut self, index: u8, n: u64) {
        if n == 0 {
            return;
        }
        match self.counters.binary_search_by_key(&index, |it| it.0) {
            Ok(place) => {
                let count = &mut self.counters[place].1;
                *count = count.saturating_add(n);
            }
            Err(place) => self.counters.insert(place, (index, n)),
        }
    }

    /// How many durations there are.
    pub fn count(&self) -> u64 {
        let counts = self.counters.iter().map(|it| it.1);
        counts.fold(0, u64::saturating_add)
    }

    /// The counters that are not 0, by their number, and what they counted; the shortest first.
    pub fn counters(&self) -> impl Iterator<Item = (usize, u64)> {
        self.counters
            .iter()
            .map(|(index, count)| (usize::from(*index), *count))
    }

    /// Between which durations in ns, both included, a quantile certainly lies: that of nearest rank,
    /// the shortest duration that `q` of all, 0 to 1, are no longer than. `None` if there are no durations.
    pub fn quantile_bounds(&self, q: f64) -> Option<(u64, u64)> {
        let count = self.count();
        // What rounding added to the product must not make it the next rank.
        let rank = (q * count as f64 * (1.0 - 2.0 * f64::EPSILON)).ceil() as u64;
        let mut after = rank.clamp(1, count.max(1));
        for (index, count) in self.counters() {
            match after.checked_sub(count) {
                None | Some(0) => return Some(bounds(index)),
                Some(rest) => after = rest,
            }
        }
        None
    }

    /// A quantile in ns, likewise, of durations that are `min_ns` to `max_ns` long: off by 4.4 % and half
    /// a nanosecond at most, but for durations that are shorter or longer than what is told apart, and
    /// never outside of these.
    pub fn quantile_within(&self, q: f64, min_ns: u64, max_ns: u64) -> Option<u64> {
        let (lo, hi) = self.quantile_bounds(q)?;
        let lo = lo.max(min_ns);
        Some(middle(lo, hi.min(max_ns).max(lo)))
    }

    /// The same where it is not known how long the shortest and the longest were: as if none were shorter
    /// than 2^5 ns or longer than 2^37 ns, 137 s.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let octaves = FIRST_INDEX / STEPS..(FIRST_INDEX + COUNTERS) / STEPS;
        self.quantile_within(q, 1 << octaves.start, 1 << octaves.end)
    }
}

/// The number that is off from both by the same part of either, their harmonic mean; `hi` is not less.
fn middle(lo: u64, hi: u64) -> u64 {
    let (wide_lo, width) = (u128::from(lo), u128::from(hi - lo));
    let sum = wide_lo + u128::from(hi);
    let above = (wide_lo * width + sum / 2).checked_div(sum);
    lo + above.map_or(0, |above| above as u64)
}
