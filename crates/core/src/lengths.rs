//! How long windows are: all alike, or of a list whose lengths minutes and hours are made of.

use std::time::Duration;

use crate::edges::WallNanos;

/// What windows may last whose length follows the load, ascending. Each divides a minute, so that
/// windows which start at multiples of their length make up minutes and hours exactly.
pub const LISTED: [Duration; 9] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_secs(60),
];

/// How long the windows of a run are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lengths {
    /// All alike; at least 1 ms.
    Fixed(Duration),
    /// Of those [`LISTED`], whichever fits the edge that a window opens at.
    Listed {
        /// The shortest that may be.
        least: Duration,
        /// The longest that is wanted.
        target: Duration,
    },
}

impl From<Duration> for Lengths {
    fn from(window: Duration) -> Self {
        Lengths::Fixed(window)
    }
}

impl Lengths {
    /// The length of a window that opens at `edge`: the longest up to the target of which `edge` is a
    /// multiple, or the shortest beyond it. At a moment that is no edge it is the target.
    pub fn at(&self, edge: WallNanos) -> Duration {
        self.beyond(edge, edge).unwrap_or(self.target())
    }

    /// The same of a window that opened at `edge` and has to end after `now`; `None` where it opened
    /// at no edge.
    pub fn beyond(&self, edge: WallNanos, now: WallNanos) -> Option<Duration> {
        let (least, target) = match *self {
            Lengths::Fixed(window) => return Some(window),
            Lengths::Listed { least, target } => (least, target),
        };
        let fits = LISTED.into_iter().filter(|length| {
            let nanos = length.as_nanos() as i64;
            *length >= least && edge.0 % nanos == 0 && edge.0 + nanos > now.0
        });
        let (wanted, longer): (Vec<_>, Vec<_>) = fits.partition(|length| *length <= target);
        wanted.last().or(longer.first()).copied()
    }

    /// The longest that is wanted.
    pub fn target(&self) -> Duration {
        match *self {
            Lengths::Fixed(window) => window,
            Lengths::Listed { target, .. } => target,
        }
    }
}

/// A length as it is: `250 ms`, `5 s`, `90 s`, `1 min`, `1 h`.
pub fn text(length: Duration) -> String {
    const UNITS: [(u128, &str); 5] = [
        (3_600_000_000_000, "h"),
        (60_000_000_000, "min"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "µs"),
    ];
    let nanos = length.as_nanos();
    let whole = |(unit, _): &&(u128, &str)| nanos > 0 && nanos.is_multiple_of(*unit);
    match UNITS.iter().find(whole) {
        Some((unit, name)) => format!("{} {name}", nanos / unit),
        None => format!("{nanos} ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(least_ms: u64, target_ms: u64, edge_ms: i64) -> u128 {
        let lengths = Lengths::Listed {
            least: Duration::from_millis(least_ms),
            target: Duration::from_millis(target_ms),
        };
        lengths.at(WallNanos(edge_ms * 1_000_000)).as_millis()
    }

    #[test]
    fn a_window_is_as_long_as_its_edge_allows() {
        assert_eq!(at(250, 60_000, 120_000), 60_000);
        assert_eq!(at(250, 60_000, 30_000), 30_000);
        assert_eq!(at(250, 60_000, 45_000), 15_000);
        assert_eq!(at(250, 2_000, 5_000), 1_000);
        assert_eq!(at(250, 2_000, 250), 250);
        assert_eq!(at(250, 60_000, -5_000), 5_000);
    }

    #[test]
    fn where_the_shortest_does_not_fit_the_edge_the_next_longer_one_does() {
        assert_eq!(at(2_000, 2_000, 15_000), 5_000);
        assert_eq!(at(10_000, 10_000, 15_000), 15_000);
        // No edge at all.
        assert_eq!(at(1_000, 5_000, 250), 5_000);
    }

    #[test]
    fn the_open_window_ends_at_an_instant_ahead() {
        let lengths = Lengths::Listed {
            least: LISTED[0],
            target: LISTED[1],
        };
        let second = 1_000_000_000;
        let beyond = |now| lengths.beyond(WallNanos(60 * second), WallNanos(60 * second + now));
        assert_eq!(beyond(0), Some(Duration::from_millis(500)));
        assert_eq!(beyond(3 * second), Some(Duration::from_secs(5)));
        assert_eq!(beyond(5 * second), Some(Duration::from_secs(10)));
        assert_eq!(lengths.beyond(WallNanos(1), WallNanos(1)), None);
    }

    #[test]
    fn lengths_for_people() {
        let texts = LISTED.map(text);
        let all = "250 ms, 500 ms, 1 s, 2 s, 5 s, 10 s, 15 s, 30 s, 1 min";
        assert_eq!(texts.join(", "), all);
    }
}
