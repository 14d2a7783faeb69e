//! What one CPU counted of an epoch.

use std::ops::AddAssign;

use crate::calls::Calls;
use crate::timed;
use crate::timed::spent::Spent;

/// One CPU's share of an epoch.
pub type Slice = timed::slice::Slice<Calls>;

/// One row of it: a key that fitted, and all its calls that ended while it was there.
pub type Row = timed::slice::Row<Calls>;

/// What came of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Calls that failed.
    pub errors: u64,
}

impl AddAssign for Outcome {
    fn add_assign(&mut self, other: Outcome) {
        self.errors += other.errors;
    }
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

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Counters) {
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
}

impl Counters {
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

impl timed::Counters for Counters {
    fn events(&self) -> u64 {
        self.events
    }

    fn seen(&self) -> Spent {
        self.seen
    }

    fn filtered(&self) -> u64 {
        self.filtered
    }

    fn others(&self) -> impl Iterator<Item = u64> {
        [self.children, self.own].into_iter()
    }

    fn opened(&self) -> i64 {
        let gone = self.untracked_enters
            + self.unkept
            + self.overtaken
            + self.matched
            + self.never_returned;
        self.enters.wrapping_sub(gone) as i64
    }
}
