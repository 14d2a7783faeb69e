//! The rows that are shown, largest first.

use crate::connects::key::Dir;
use crate::connects::window::Connect;
use crate::timed::top::largest;

/// What connects are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// How many were asked for; of those who listen, accepted.
    #[default]
    Attempts,
    /// How many became a connection.
    Established,
    /// How many failed.
    Failed,
    /// The time of all handshakes.
    Time,
}

impl Sort {
    /// As on the command line and in output.
    pub fn name(self) -> &'static str {
        match self {
            Sort::Attempts => "attempts",
            Sort::Established => "established",
            Sort::Failed => "failed",
            Sort::Time => "time",
        }
    }

    /// What is ranked by first.
    pub fn of(self, connect: &Connect) -> u64 {
        let outcome = &connect.outcome;
        match (self, connect.key.dir) {
            (Sort::Attempts, Dir::Out) => outcome.attempts,
            (Sort::Attempts, Dir::In) | (Sort::Established, _) => outcome.established,
            (Sort::Failed, _) => outcome.failed(),
            (Sort::Time, _) => connect.lo.ns,
        }
    }
}

/// The `k` largest, or all there are, largest first; of equals those of which more failed. An attempt of an
/// earlier window may have no more than that in this one.
pub fn top(connects: &[Connect], k: Option<usize>, sort: Sort) -> Vec<&Connect> {
    largest(connects, k, |connect| {
        (sort.of(connect), connect.outcome.failed())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connects::window::tests::{accepted, attempts, window};

    #[test]
    fn each_order_has_its_first() {
        let window = window(vec![
            attempts(1, 10, 10, 0, 5),
            attempts(2, 12, 1, 11, 7),
            accepted(3, 11, 100),
            attempts(4, 1, 1, 0, 1),
        ]);
        let first = |sort: Sort, k: usize| -> Vec<u16> {
            let ranked = top(&window.rows, Some(k), sort);
            ranked.iter().map(|it| it.key.dport).collect()
        };
        assert_eq!(first(Sort::Attempts, 9), [2, 3, 1, 4]);
        // Of equals the ones of which more failed.
        assert_eq!(first(Sort::Established, 9), [3, 1, 2, 4]);
        assert_eq!(first(Sort::Failed, 1), [2]);
        assert_eq!(first(Sort::Time, 2), [3, 1]);
    }

    #[test]
    fn failures_of_earlier_attempts_come_first_among_those_of_none() {
        let window = window(vec![
            attempts(1, 0, 5, 0, 5),
            attempts(2, 0, 0, 2, 7),
            attempts(3, 0, 6, 0, 5),
            attempts(4, 1, 0, 0, 1),
        ]);
        let ranked = top(&window.rows, None, Sort::Attempts);
        let ports: Vec<u16> = ranked.iter().map(|it| it.key.dport).collect();
        // And then those with more events.
        assert_eq!(ports, [4, 2, 3, 1]);
    }
}
