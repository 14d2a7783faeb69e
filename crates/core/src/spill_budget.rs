//! How many rows may leave early.

use std::fmt;

use crate::reduction::Reduction;

/// Rows that had to leave are spilled, one by one, as long as all rows, these and those that stay, are a
/// small part of all packets; what else has to leave is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpillBudget {
    /// Packets for each row; 0: no row is spilled.
    packets_a_row: u32,
}

/// One row for a hundred packets.
impl Default for SpillBudget {
    fn default() -> Self {
        SpillBudget { packets_a_row: 100 }
    }
}

impl SpillBudget {
    /// No row is spilled.
    pub const NONE: SpillBudget = SpillBudget { packets_a_row: 0 };

    /// Reads a share of the packets: `1%`, `0.1%`, `0%`.
    ///
    /// # Errors
    /// The sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<SpillBudget, String> {
        let wrong = || format!("{text:?} is no share of the packets: write 1%, 0.1% or 0%");
        let percent = text.strip_suffix('%').ok_or_else(wrong)?;
        let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(wrong());
        }
        if percent == 0.0 {
            return Ok(SpillBudget::NONE);
        }
        let packets_a_row = (100.0 / percent).ceil().min(f64::from(i32::MAX)) as u32;
        Ok(SpillBudget { packets_a_row })
    }

    /// The same, but for no more rows than a reduction leaves room for.
    pub fn within(self, reduction: Reduction) -> SpillBudget {
        SpillBudget {
            packets_a_row: match self.packets_a_row {
                0 => 0,
                packets => packets.max(reduction.events_a_summary()),
            },
        }
    }

    /// Packets that must have come for each row; 0: no row is spilled.
    pub fn packets_a_row(self) -> u32 {
        self.packets_a_row
    }
}

impl fmt::Display for SpillBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.packets_a_row {
            0 => write!(f, "0%"),
            packets => write!(f, "{}%", 100.0 / f64::from(packets)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read() {
        for (text, packets) in [
            ("1%", 100),
            ("0.1%", 1_000),
            ("100%", 1),
            ("0%", 0),
            ("3%", 34),
        ] {
            let budget = SpillBudget::parse(text).expect(text);
            assert_eq!(budget.packets_a_row(), packets, "{text}");
        }
        assert_eq!(SpillBudget::parse("1%"), Ok(SpillBudget::default()));
        assert_eq!(SpillBudget::default().to_string(), "1%");
        for text in ["1", "", "%", "-1%", "101%", "x%", "NaN%"] {
            let error = SpillBudget::parse(text).expect_err(text);
            assert!(error.contains("no share of the packets"), "{error}");
        }
    }

    #[test]
    fn a_reduction_leaves_room_for_so_many() {
        let within = |budget: &str, factor| {
            let budget = SpillBudget::parse(budget).expect(budget);
            let reduction = Reduction::parse(factor).expect(factor);
            budget.within(reduction).packets_a_row()
        };
        assert_eq!(within("1%", "1000x"), 1_000);
        assert_eq!(within("1%", "2.5x"), 100);
        assert_eq!(within("100%", "2.5x"), 3);
        assert_eq!(within("0%", "100x"), 0);
    }
}
