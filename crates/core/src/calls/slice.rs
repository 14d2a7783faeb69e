//! What one CPU counted of an epoch.

use crate::calls::durations::Durations;
use crate::calls::key::{CallKey, Comm};
use crate::calls::spent::Spent;
use crate::sketch::Sketch;
use crate::slice::MonoNanos;

/// One row: a key that fitted, and all its calls that ended while it was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose, and which.
    pub key: CallKey,
    /// How many, how long.
    pub spent: Spent,
    /// How long each.
    pub durations: Durations,
    /// Calls that failed.
    pub errors: u64,
    /// The process's name when the last of them ended.
    pub comm: Comm,
    /// The process's number in its own pid namespace.
    pub inner_pid: u32,
    /// At most so much of the key its slice had folded when it came in, and may be missing here.
    pub base: Spent,
    /// The key's hash, by which its slice's [`Sketch`] knows it; 0 where nothing was folded anywhere.
    pub hash: u64,
    /// When the first of them ended.
    pub first: MonoNanos,
    /// When the last of them ended; within one tick of the kernel where it has no duration.
    pub last: MonoNanos,
}

/// What is counted beside the rows. All of it adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Times that calls ended: each is a row's, or one of what is here.
    pub events: u64,
    /// All of them, where calls are counted when they begin, and nobody looks at their ends.
    pub counted_at_beginnings: u64,
    /// The independent total: counted before anything else could fail.
    pub seen: Spent,
    /// What the filter left out, or is of nobody's tasks.
    pub filtered: u64,
    /// Children's ways out of fork and clone, which are no calls.
    pub children: u64,
    /// windrow's own.
    pub own: u64,
    /// Times that calls began …
    pub enters: u64,
    /// … in tasks that are nobody's; these are not followed.
    pub untracked_enters: u64,
    /// … and it could not be kept when.
    pub unkept: u64,
    /// … in a task whose call before had not ended: its end was missed.
    pub overtaken: u64,
    /// Ends of calls whose beginning was kept, filtered ones included.
    pub matched: u64,
    /// Ends without a beginning, in tasks that had been seen: the call was refused, or answered in place.
    pub unentered: u64,
    /// Ends of calls that had begun before anybody counted.
    pub begun_before: u64,
    /// Ends in tasks that are nobody's.
    pub untracked: u64,
    /// Calls that ended with their task, or that it did not come back from: it was killed meanwhile.
    pub never_returned: u64,
    /// Children that could not be marked: their way out is counted as a call, and a command's are not
    /// followed.
    pub forks_unkept: u64,
    /// Rows whose durations found no histogram.
    pub without_histogram: u64,
}

impl Counters {
    /// Adds others.
    pub fn add(&mut self, other: &Counters) {
        self.events += other.events;
        self.counted_at_beginnings += other.counted_at_beginnings;
        self.seen += other.seen;
        self.filtered += other.filtered;
        self.children += other.children;
        self.own += other.own;
        self.enters += other.enters;
        self.untracked_enters += other.untracked_enters;
        self.unkept += other.unkept;
        self.overtaken += other.overtaken;
        self.matched += other.matched;
        self.unentered += other.unentered;
        self.begun_before += other.begun_before;
        self.untracked += other.untracked;
        self.never_returned += other.never_returned;
        self.forks_unkept += other.forks_unkept;
        self.without_histogram += other.without_histogram;
    }

    /// How many more calls are open behind these than before: begun, and neither ended nor given up.
    pub fn opened(&self) -> i64 {
        let gone = self.untracked_enters
            + self.unkept
            + self.overtaken
            + self.matched
            + self.never_returned;
        self.enters.wrapping_sub(gone) as i64
    }

    /// Ends less all that there are by what was known of their beginnings: 0, or a bug.
    pub fn residue_of_ends(&self) -> i64 {
        let ends = self.counted_at_beginnings
            + self.matched
            + self.unentered
            + self.begun_before
            + self.untracked
            + self.children;
        self.events.wrapping_sub(ends) as i64
    }
}

/// One CPU's share of an epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// What is counted beside the rows.
    pub counters: Counters,
    /// Rows, each key at most once.
    pub rows: Vec<Row>,
    /// What is in no row here: there was no room.
    pub folded: Spent,
    /// How long that took, call by call.
    pub folded_durations: Durations,
    /// Its errors.
    pub folded_errors: u64,
    /// What is known of the keys of what was folded; `None`: nothing.
    pub sketch: Option<Sketch>,
    /// Rows that this slice has room for.
    pub capacity_rows: u64,
}

impl Slice {
    /// At most so much was folded of the key with that hash.
    pub fn bound(&self, hash: u64) -> Spent {
        match &self.sketch {
            Some(sketch) => sketch.bound(hash).into(),
            None => self.folded,
        }
    }
}
