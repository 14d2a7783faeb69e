//! Windows of connects.

use crate::connects::Connects;
use crate::connects::outcomes::Outcomes;
use crate::timed;

/// A closed window of connects.
pub type Window = timed::window::Window<Connects>;

/// Where every event of a window went.
pub type Ledger = timed::window::Ledger<Connects>;

/// One row of a window.
pub type Connect = timed::window::Row<Connects>;

/// Of each class of events how many were counted, less those that came to rows or were folded: 0, or a bug.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomesResidue {
    /// Attempts.
    pub attempts: i64,
    /// Attempts that became a connection, and accepted ones.
    pub established: i64,
    /// Attempts that became none.
    pub failed: i64,
    /// Closes.
    pub closed: i64,
}

impl OutcomesResidue {
    /// All of them, added up without sign.
    pub fn sum(&self) -> u64 {
        [self.attempts, self.established, self.failed, self.closed]
            .map(i64::unsigned_abs)
            .iter()
            .sum()
    }
}

impl Ledger {
    /// What came of all events, those that were folded included.
    pub fn outcomes(&self) -> Outcomes {
        let mut all = self.row_outcomes;
        all += self.folded_outcome;
        all
    }

    /// What was counted of each class less what came to rows or was folded.
    pub fn residue_of_outcomes(&self) -> OutcomesResidue {
        let (counted, found) = (&self.counters, self.outcomes());
        let less = |counted: u64, found: u64| counted.wrapping_sub(found) as i64;
        OutcomesResidue {
            attempts: less(counted.attempts, found.attempts),
            established: less(counted.established + counted.accepted, found.established),
            failed: less(counted.failed, found.failed()),
            closed: less(counted.closed, found.health.closed),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
