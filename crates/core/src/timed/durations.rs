//! How long things took: the least, the most, and how they are spread.

use std::borrow::Cow;

use crate::histogram::Histogram;

/// Of those whose beginning and end were seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Durations {
    /// How many they are.
    pub timed: u64,
    /// The shortest; `u64::MAX` where there is none.
    pub min_ns: u64,
    /// The longest; 0 where there is none.
    pub max_ns: u64,
    spread: Spread,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Spread {
    /// At most [`FEW`]: the shortest and the longest are all.
    Few,
    /// Each of them is in it.
    Known(Box<Histogram>),
    /// There was no histogram for some.
    Unknown,
}

/// Of so many the shortest and the longest say all.
const FEW: u64 = 2;

impl Default for Durations {
    fn default() -> Durations {
        Durations {
            timed: 0,
            min_ns: u64::MAX,
            max_ns: 0,
            spread: Spread::Few,
        }
    }
}

impl Durations {
    /// Of so many; `histogram` has each of them, if there is one. Of one or two none is needed.
    pub fn new(timed: u64, min_ns: u64, max_ns: u64, histogram: Option<Histogram>) -> Durations {
        let spread = match histogram {
            Some(histogram) => Spread::Known(Box::new(histogram)),
            None if timed <= FEW => Spread::Few,
            None => Spread::Unknown,
        };
        Durations {
            timed,
            min_ns,
            max_ns,
            spread,
        }
    }

    /// Adds others; nothing is lost but where one of both does not know how it is spread.
    pub fn add(&mut self, other: &Durations) {
        if other.timed == 0 {
            return;
        }
        let timed = self.timed + other.timed;
        if timed > FEW {
            let own = match std::mem::replace(&mut self.spread, Spread::Unknown) {
                Spread::Known(all) => Some(all),
                Spread::Few => Some(Box::new(self.few())),
                Spread::Unknown => None,
            };
            if let Some((mut all, more)) = own.zip(other.histogram()) {
                all.merge(&more);
                self.spread = Spread::Known(all);
            }
        }
        self.timed = timed;
        self.min_ns = self.min_ns.min(other.min_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
    }

    /// All of them; `None` where it is not known how some are spread.
    pub fn histogram(&self) -> Option<Cow<'_, Histogram>> {
        match &self.spread {
            Spread::Known(histogram) => Some(Cow::Borrowed(histogram)),
            Spread::Few => Some(Cow::Owned(self.few())),
            Spread::Unknown => None,
        }
    }

    /// Of at most two.
    fn few(&self) -> Histogram {
        let mut few = Histogram::default();
        if self.timed > 0 {
            few.record(self.min_ns);
        }
        if self.timed > 1 {
            few.record(self.max_ns);
        }
        few
    }

    /// The duration that a share `q` of them does not exceed, within 5 %; `None` where there is
    /// none, or where it is not known how they are spread.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        match (&self.spread, self.timed) {
            (_, 0) | (Spread::Unknown, _) => None,
            (Spread::Few, timed) => Some(match q * timed as f64 > 1.0 {
                true => self.max_ns,
                false => self.min_ns,
            }),
            (Spread::Known(histogram), _) => histogram.quantile_within(q, self.min_ns, self.max_ns),
        }
    }

    /// Whether it is not known how some of them are spread.
    pub fn is_unknown(&self) -> bool {
        self.spread == Spread::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(all: &[u64]) -> Durations {
        let mut sum = Durations::default();
        for ns in all {
            sum.add(&Durations::new(1, *ns, *ns, None));
        }
        sum
    }

    #[test]
    fn one_and_two_need_no_histogram() {
        assert_eq!(of(&[]).quantile(0.5), None);
        assert_eq!(of(&[7]).quantile(0.99), Some(7));
        let two = of(&[100, 1_000_000]);
        assert_eq!(
            (two.quantile(0.5), two.quantile(0.99)),
            (Some(100), Some(1_000_000))
        );
    }

    #[test]
    fn adding_keeps_every_one() {
        let all: Vec<u64> = (1..=1000).map(|n| n * 1000).collect();
        let mut sum = of(&all[..500]);
        sum.add(&of(&all[500..]));
        assert_eq!((sum.timed, sum.min_ns, sum.max_ns), (1000, 1000, 1_000_000));
        assert_eq!(sum.histogram().map(|it| it.count()), Some(1000));
        let p50 = sum.quantile(0.5).expect("known");
        assert!((475_000..=525_000).contains(&p50), "{p50}");
    }

    #[test]
    fn what_is_not_known_of_some_is_not_known_of_all() {
        let mut sum = of(&[5, 6, 7]);
        sum.add(&Durations::new(3, 1, 9, None));
        assert_eq!((sum.timed, sum.min_ns, sum.max_ns), (6, 1, 9));
        assert!(sum.is_unknown() && sum.quantile(0.5).is_none());
        // Nothing is not unknown.
        let mut few = of(&[3]);
        few.add(&Durations::default());
        assert_eq!(few.quantile(0.5), Some(3));
    }
}
