//! Intervals that contain the truth.

use crate::tally::Tally;

/// `lo ≤ truth ≤ hi`, for packets and for bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// At least so much: it was counted under this key.
    pub lo: Tally,
    /// At most so much: what may have been folded is added.
    pub hi: Tally,
}

impl Bounds {
    /// An interval that is a point.
    pub fn exactly(count: Tally) -> Self {
        Bounds {
            lo: count,
            hi: count,
        }
    }

    /// Whether both intervals are points.
    pub fn is_exact(&self) -> bool {
        self.lo == self.hi
    }
}
