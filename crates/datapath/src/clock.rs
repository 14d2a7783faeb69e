//! Turning a row's `last`, 32 bits of coarse time, into nanoseconds.

use windrow_core::slice::MonoNanos;

use crate::abi::SliceEpoch;

/// What `last` counts in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// Jiffies of the kernel, each so long.
    #[cfg(feature = "kernel")]
    Jiffies(std::time::Duration),
    /// Steps of a replay.
    Capture(CaptureClock),
}

impl Clock {
    /// When a row of this ledger was last written.
    #[cfg_attr(not(feature = "kernel"), allow(unused_variables))]
    pub(crate) fn time(&self, ledger: &SliceEpoch, last: u32) -> MonoNanos {
        match self {
            #[cfg(feature = "kernel")]
            Clock::Jiffies(tick) => {
                // Compared in 32 bits: they wrap after months, a window does not last so long.
                let behind = i64::from((last as i32).wrapping_sub(ledger.pair_ticks as u32 as i32));
                let at = ledger.pair_ns as i64 + behind * tick.as_nanos() as i64;
                MonoNanos(at.max(0) as u64)
            }
            Clock::Capture(clock) => clock.time(last),
        }
    }
}

/// Time of a capture within one epoch, in steps of 2^`shift` nanoseconds around where it began.
///
/// Steps are one nanosecond as long as the epoch spans two seconds, and double when it outgrows
/// them: so a window of a second is exact, and one of a day is so within 65 microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CaptureClock {
    origin: i64,
    shift: u32,
}

impl CaptureClock {
    /// Steps of a nanosecond around `origin`.
    pub(crate) fn around(origin: MonoNanos) -> Self {
        CaptureClock {
            origin: origin.0 as i64,
            shift: 0,
        }
    }

    /// `at` in steps; `None` where it lies too far from the origin.
    pub(crate) fn ticks(&self, at: MonoNanos) -> Option<u32> {
        let steps = self.behind(at) >> self.shift;
        i32::try_from(steps).ok().map(|steps| steps as u32)
    }

    /// Makes the steps long enough for `at`; says by how many bits they grew.
    pub(crate) fn reach(&mut self, at: MonoNanos) -> u32 {
        let before = self.shift;
        while self.ticks(at).is_none() {
            self.shift += 1;
        }
        self.shift - before
    }

    fn time(&self, ticks: u32) -> MonoNanos {
        let behind = i64::from(ticks as i32) << self.shift;
        MonoNanos(self.origin.saturating_add(behind).max(0) as u64)
    }

    /// Both lie between 0 and 2^63, so the difference fits.
    fn behind(&self, at: MonoNanos) -> i64 {
        (at.0.min(i64::MAX as u64) as i64).wrapping_sub(self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_nanoseconds_until_they_must_grow() {
        let start = 1_700_000_000_000_000_000;
        let mut clock = CaptureClock::around(MonoNanos(start));
        let soon = MonoNanos(start + 2_000_000_001);
        let ticks = clock.ticks(soon).expect("two seconds fit");
        assert_eq!(clock.time(ticks), soon);
        let tomorrow = MonoNanos(start + 86_400_000_000_000);
        assert_eq!(clock.ticks(tomorrow), None);
        assert_eq!(clock.reach(tomorrow), 16);
        let ticks = clock.ticks(tomorrow).expect("reached");
        assert!(tomorrow.0 - clock.time(ticks).0 < 1 << 16);
    }

    #[test]
    fn the_whole_range_can_be_reached_from_anywhere() {
        for origin in [0, 1, 1_700_000_000_000_000_000, i64::MAX as u64] {
            for at in [0, 5, i64::MAX as u64] {
                let mut clock = CaptureClock::around(MonoNanos(origin));
                clock.reach(MonoNanos(at));
                let ticks = clock.ticks(MonoNanos(at)).expect("reached");
                assert!(clock.time(ticks).0 <= at);
            }
        }
    }
}
