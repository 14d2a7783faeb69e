//! Rows with a count and durations, whatever is counted: their windows, longer windows, and the sums of a run.
//!
//! System calls ([`calls`](crate::calls)) and TCP connections ([`connects`](crate::connects)) are counted
//! alike: events come to rows by a key, some of them took a time that was measured, and beside how many and how
//! long each source has an [outcome](Subject::Outcome) of its own. What is here knows no more of a source than
//! its [`Subject`].
//!
//! The same shape as for packets: [slices](slice::Slice) of one epoch, a CPU each, become a
//! [window](window::Window) whose ledger says where every event went.

pub mod durations;
mod processes;
pub mod rollup;
pub mod run;
pub mod slice;
pub mod spent;
pub mod top;
pub mod window;

use std::fmt::Debug;
use std::hash::Hash;
use std::ops::AddAssign;

use crate::process::{Comm, Process};
use crate::timed::spent::Spent;

/// What is counted. A name for types that belong together; nothing has a value of it.
pub trait Subject: Copy + Debug + Default + Eq {
    /// What tells rows apart.
    type Key: Key<By = Self::By>;
    /// What rows are grouped by.
    type By;
    /// What came of a row's events. Adds.
    type Outcome: Copy + Debug + Default + Eq + AddAssign;
    /// What is counted beside the rows. Adds.
    type Counters: Counters;
}

/// What tells rows apart. What was not asked for is as in the default.
pub trait Key: Copy + Debug + Default + Eq + Hash + Ord {
    /// What may be asked for.
    type By;

    /// What of it is asked for.
    fn masked(&self, by: &Self::By) -> Self;

    /// The process whose it is.
    fn process(&self) -> Process;

    /// The name that is part of it.
    fn comm(&self) -> Comm;

    /// Whether its rows learn their process's name with each event; others have an older one.
    fn learns_names(&self) -> bool {
        true
    }
}

/// What is counted beside the rows.
pub trait Counters: Copy + Debug + Default + Eq + AddAssign {
    /// Times that the source's programs ran for an event.
    fn events(&self) -> u64;

    /// The independent total: counted before anything else could fail.
    fn seen(&self) -> Spent;

    /// Events of the total that the filter left out.
    fn filtered(&self) -> u64;

    /// Events of the total that are in no row for other reasons than room, a number each. Windows are
    /// exported with a line for each that is not 0.
    fn others(&self) -> impl Iterator<Item = u64>;

    /// How many more are open behind these than before: begun, and neither ended nor given up.
    fn opened(&self) -> i64;

    /// Events of the total that are in no row, and were not folded either.
    fn beside(&self) -> u64 {
        self.filtered() + self.others().sum::<u64>()
    }
}
