//! How many events are to stand behind each line of output.

use std::fmt;

/// `--reduce`: at least so many events for every summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reduction {
    /// Events for a thousand summaries; at least as many.
    thousandths: u64,
}

impl Reduction {
    /// Reads a factor: `100x`, `100`, `2.5x`.
    ///
    /// # Errors
    /// The sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Reduction, String> {
        let wrong = || format!("{text:?} is no factor of 1 or more: write 100x or 2.5x");
        let number = text.strip_suffix('x').unwrap_or(text);
        let factor: f64 = number.parse().map_err(|_| wrong())?;
        // More than any window has events is as good as any such factor.
        if !factor.is_finite() || factor < 1.0 {
            return Err(wrong());
        }
        Ok(Reduction {
            thousandths: (factor * 1e3).ceil() as u64,
        })
    }

    /// So many summaries at most for so many events.
    pub fn summaries(self, events: u64) -> u64 {
        let summaries = u128::from(events) * 1_000 / u128::from(self.thousandths);
        u64::try_from(summaries).unwrap_or(u64::MAX)
    }

    /// Events for each summary, a part of one taken for a whole.
    pub fn events_a_summary(self) -> u32 {
        u32::try_from(self.thousandths.div_ceil(1_000)).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for Reduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x", self.thousandths as f64 / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_read() {
        for (text, events, summaries) in [
            ("100x", 1_000, 10),
            ("100", 999, 9),
            ("2.5x", 1_000, 400),
            ("1x", 7, 7),
            ("1e6x", 999_999, 0),
            ("1e300", u64::MAX, 1_000),
        ] {
            let reduction = Reduction::parse(text).expect(text);
            assert_eq!(reduction.summaries(events), summaries, "{text}");
        }
        for text in ["2.5x", "100x"] {
            let reduction = Reduction::parse(text).expect(text);
            assert_eq!(reduction.to_string(), text);
        }
        for text in ["0x", "0.5x", "-1", "x", "", "100 x", "NaN", "inf", "1%"] {
            let error = Reduction::parse(text).expect_err(text);
            assert!(error.contains("no factor of 1 or more"), "{error}");
        }
    }

    #[test]
    fn a_factor_with_many_digits_is_kept_all_the_same() {
        let reduction = Reduction::parse("1.0001x").expect("a factor");
        let summaries = reduction.summaries(1_000_000);
        assert!(1_000_000.0 / summaries as f64 >= 1.0001);
    }
}
