//! What one CPU counted of an epoch.

use crate::process::Comm;
use crate::sketch::Sketch;
use crate::slice::MonoNanos;
use crate::timed::Subject;
use crate::timed::durations::Durations;
use crate::timed::spent::Spent;

/// One row: a key that fitted, and all its events while it was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<S: Subject> {
    /// Whose, and which.
    pub key: S::Key,
    /// How many, how long.
    pub spent: Spent,
    /// How long each.
    pub durations: Durations,
    /// What came of them.
    pub outcome: S::Outcome,
    /// The process's name at the last of them.
    pub comm: Comm,
    /// The process's number in its own pid namespace.
    pub inner_pid: u32,
    /// At most so much of the key its slice had folded when it came in, and may be missing here.
    pub base: Spent,
    /// The key's hash, by which its slice's [`Sketch`] knows it; 0 where nothing was folded anywhere.
    pub hash: u64,
    /// When the first of them was counted: a call when it ended.
    pub first: MonoNanos,
    /// When the last of them was; within one tick of the kernel where it has no duration.
    pub last: MonoNanos,
}

/// One CPU's share of an epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice<S: Subject> {
    /// What is counted beside the rows.
    pub counters: S::Counters,
    /// Rows, each key at most once.
    pub rows: Vec<Row<S>>,
    /// What is in no row here: there was no room.
    pub folded: Spent,
    /// How long that took, one by one.
    pub folded_durations: Durations,
    /// What came of it.
    pub folded_outcome: S::Outcome,
    /// What is known of the keys of what was folded; `None`: nothing.
    pub sketch: Option<Sketch>,
    /// Rows that this slice has room for.
    pub capacity_rows: u64,
}

impl<S: Subject> Slice<S> {
    /// At most so much was folded of the key with that hash.
    pub fn bound(&self, hash: u64) -> Spent {
        match &self.sketch {
            Some(sketch) => sketch.bound(hash).into(),
            None => self.folded,
        }
    }
}
