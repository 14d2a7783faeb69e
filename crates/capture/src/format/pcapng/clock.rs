//! Time stamps of an interface: counts of its own unit since its own start, as wall time.

use windrow_core::edges::WallNanos;

const SECOND_NS: i128 = 1_000_000_000;
/// Without `if_tsresol`: microseconds.
const DEFAULT_RESOLUTION: u8 = 6;

/// How an interface counts time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    unit: Unit,
    /// Added to every time, nanoseconds.
    offset_ns: i128,
}

/// A unit of time against the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many nanoseconds.
    Nanos(u64),
    /// One nanosecond is so many of it.
    PerNano(u64),
    /// A second has two to this power of it.
    Binary(u32),
    /// So short that 64 bits of it are less than a nanosecond.
    Nothing,
}

impl Clock {
    /// By `if_tsresol` (a power of 10, or of 2 if the highest bit is set, that divides the second)
    /// and `if_tsoffset` (seconds).
    pub(super) fn new(resolution: Option<u8>, offset_s: i64) -> Self {
        let resolution = resolution.unwrap_or(DEFAULT_RESOLUTION);
        let exponent = u32::from(resolution & 0x7f);
        let unit = match (resolution & 0x80, exponent) {
            (0, 0..=9) => Unit::Nanos(10u64.pow(9 - exponent)),
            (0, _) => match 10u64.checked_pow(exponent - 9) {
                Some(units) => Unit::PerNano(units),
                None => Unit::Nothing,
            },
            (_, _) => Unit::Binary(exponent),
        };
        Clock {
            unit,
            offset_ns: i128::from(offset_s) * SECOND_NS,
        }
    }

    /// Wall time of a time stamp, rounded down to nanoseconds; `None` if it lies before 1970 or
    /// after 2262, where no [`WallNanos`] is.
    #[inline]
    pub(super) fn wall(&self, stamp: u64) -> Option<WallNanos> {
        let since = match self.unit {
            // 2^64 * 10^9 is below 2^94.
            Unit::Nanos(nanos) => u128::from(stamp) * u128::from(nanos),
            Unit::PerNano(units) => u128::from(stamp / units),
            Unit::Binary(exponent) => (u128::from(stamp) * SECOND_NS as u128) >> exponent,
            Unit::Nothing => 0,
        };
        let nanos = i64::try_from(since as i128 + self.offset_ns).ok()?;
        (nanos >= 0).then_some(WallNanos(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(resolution: u8, offset_s: i64, stamp: u64) -> Option<i64> {
        let clock = Clock::new(Some(resolution), offset_s);
        clock.wall(stamp).map(|wall| wall.0)
    }

    #[test]
    fn microseconds_where_nothing_is_said() {
        assert_eq!(Clock::new(None, 0), Clock::new(Some(6), 0));
        assert_eq!(
            wall(6, 0, 1_700_000_000_123_456),
            Some(1_700_000_000_123_456_000)
        );
    }

    #[test]
    fn powers_of_ten() {
        assert_eq!(wall(0, 0, 5), Some(5_000_000_000));
        assert_eq!(wall(9, 0, 5), Some(5));
        assert_eq!(wall(12, 0, 5_999), Some(5));
        assert_eq!(wall(28, 0, u64::MAX), Some(1)); // 1.8e19 units of 1e-28 s
        assert_eq!(wall(29, 0, u64::MAX), Some(0));
        assert_eq!(wall(127, 0, u64::MAX), Some(0));
    }

    #[test]
    fn powers_of_two() {
        assert_eq!(wall(0x80, 0, 3), Some(3_000_000_000));
        assert_eq!(wall(0x80 | 10, 0, 1024 + 512), Some(1_500_000_000));
        assert_eq!(wall(0x80 | 32, 0, 1 << 31), Some(500_000_000)); // NTP
        assert_eq!(wall(0x80 | 63, 0, u64::MAX), Some(1_999_999_999));
        assert_eq!(wall(0x80 | 127, 0, u64::MAX), Some(0));
    }

    #[test]
    fn offsets_move_the_start() {
        assert_eq!(wall(6, 1_700_000_000, 1), Some(1_700_000_000_000_001_000));
        assert_eq!(wall(12, -1, 1_000_000_000_999), Some(0));
        assert_eq!(wall(0, i64::MIN, (1 << 63) + 5), Some(5_000_000_000));
    }

    #[test]
    fn no_wall_time_before_1970_and_after_2262() {
        assert_eq!(wall(9, 0, i64::MAX as u64), Some(i64::MAX));
        assert_eq!(wall(9, 0, i64::MAX as u64 + 1), None);
        assert_eq!(wall(6, 0, u64::MAX), None);
        assert_eq!(wall(0, i64::MAX, u64::MAX), None);
        assert_eq!(wall(9, -1, 999_999_999), None);
        assert_eq!(wall(9, -1, 1_000_000_000), Some(0));
    }
}
