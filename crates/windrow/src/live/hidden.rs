//! Packets that an interface counts and our program never sees: another program, ahead of it, ends
//! the chain. The ledger cannot know; the interface's own counters do.
//!
//! They are read when windows are drained, some time after those end, and some cards refresh them
//! now and then only. So one comparison may be off, where traffic begins, and two in a row are not.

use std::time::Duration;

/// Packets of a span below which nothing is concluded.
const LEAST: u64 = 10;
/// What is compared spans at least so much: shorter windows are added up.
const SPAN: Duration = Duration::from_millis(100);
/// Comparisons in a row that it takes.
const COMPARISONS: u32 = 2;

/// Compares what the interface counted with what was seen.
#[derive(Debug, Default)]
pub struct Hidden {
    span: Duration,
    counted: u64,
    seen: u64,
    comparisons: u32,
}

impl Hidden {
    /// Adds a window. Of windows that are drained together only the sums can be compared.
    pub fn add(&mut self, length: Duration, counted: Option<u64>, seen: u64) {
        let Some(counted) = counted else {
            *self = Hidden::default();
            return;
        };
        self.span += length;
        self.counted += counted;
        self.seen += seen;
    }

    /// The counted and the seen packets, if most have been hidden for long enough to be sure.
    pub fn most(&mut self) -> Option<(u64, u64)> {
        if self.span < SPAN {
            return None;
        }
        let (counted, seen) = (self.counted, self.seen);
        *self = Hidden {
            comparisons: self.comparisons,
            ..Hidden::default()
        };
        if seen < counted / 2 && counted >= LEAST {
            self.comparisons += 1;
        } else if counted >= LEAST || seen >= LEAST {
            self.comparisons = 0;
        } else {
            // Hardly any traffic: nothing is known.
            return None;
        }
        (self.comparisons >= COMPARISONS).then_some((counted, seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(hidden: &mut Hidden, windows: &[(u64, u64, u64)]) -> bool {
        for (millis, counted, seen) in windows {
            hidden.add(Duration::from_millis(*millis), Some(*counted), *seen);
        }
        hidden.most().is_some()
    }

    #[test]
    fn two_comparisons_in_a_row_are_needed_and_silence_is_none() {
        let mut hidden = Hidden::default();
        assert!(!look(&mut hidden, &[(1000, 1000, 0)]));
        assert!(!look(&mut hidden, &[(1000, 3, 0)]));
        assert!(look(&mut hidden, &[(1000, 1000, 499)]));
        assert!(look(&mut hidden, &[(1000, 10, 0)]));
        assert!(!look(&mut hidden, &[(1000, 1000, 500)]));
        assert!(!look(&mut hidden, &[(1000, 1000, 0)]));
        hidden.add(Duration::from_secs(1), None, 0);
        assert!(!look(&mut hidden, &[(1000, 1000, 0)]));
    }

    #[test]
    fn counters_that_are_read_late_or_seldom_raise_no_alarm() {
        // Short windows in batches: the first has what was counted for all of them.
        let mut hidden = Hidden::default();
        for _ in 0..100 {
            assert!(!look(
                &mut hidden,
                &[(10, 150, 50), (10, 0, 50), (10, 0, 50)]
            ));
        }
        // A card that refreshes its counters once a second.
        let mut hidden = Hidden::default();
        for _ in 0..10 {
            assert!(!look(&mut hidden, &[(100, 1000, 100)]));
            for _ in 0..9 {
                assert!(!look(&mut hidden, &[(100, 0, 100)]));
            }
        }
    }
}
