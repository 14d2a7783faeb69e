//! What was lost, where others may still see to what the first of several copies was left out of.

use std::time::{Duration, Instant};

/// For so long a task that was preempted before it came to the next copy may be away, mostly.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is missing, look by look, and how much of it is lost: never more than was missing at any later look.
#[derive(Debug)]
pub(crate) struct Lost {
    /// The least that was missing since then.
    least: u64,
    /// When it began to be looked for; `None`: not yet.
    since: Option<Instant>,
    /// What is lost for certain.
    lost: u64,
}

impl Lost {
    /// Nothing was looked at yet.
    pub(crate) fn new() -> Lost {
        Lost {
            least: u64::MAX,
            since: None,
            lost: 0,
        }
    }

    /// So much is missing now, of all that there ever was. What was lost until some time ago; the first look is
    /// believed.
    pub(crate) fn look(&mut self, missing: u64, now: Instant) -> u64 {
        self.least = self.least.min(missing);
        let is_over = |since| now.saturating_duration_since(since) >= PATIENCE;
        if self.since.is_none_or(is_over) {
            self.lost = self.lost.max(self.least);
            self.least = missing;
            self.since = Some(now);
        }
        self.lost
    }

    /// So much is missing, and nothing will be seen to any more.
    pub(crate) fn last_look(&mut self, missing: u64) -> u64 {
        self.lost = self.lost.max(missing);
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_to_late_is_not_lost() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut lost = Lost::new();
        // What was left out before anybody counted.
        assert_eq!(lost.look(3, at(0)), 3);
        assert_eq!(lost.look(9, at(10)), 3);
        assert_eq!(lost.look(4, at(20)), 3);
        assert_eq!(lost.look(9, at(510)), 3);
        // One is missing all the time.
        assert_eq!(lost.look(4, at(600)), 3);
        assert_eq!(lost.look(6, at(1100)), 4);
        assert_eq!(lost.look(4, at(1700)), 4);
        assert_eq!(lost.last_look(5), 5);
    }
}
