//! What is known of flows that have no row.

use crate::sketch::Sketch;
use crate::tally::Tally;

/// What a slice knows of keys that it folded.
#[derive(Clone, Debug)]
pub(super) struct Absent {
    /// At most so much of any key.
    most: Tally,
    /// By key; `None`: nothing was folded, or nothing is known of its keys.
    sketch: Option<Sketch>,
    /// The hash function of its keys.
    pub(super) hashed_by: u64,
}

impl Absent {
    /// Of a slice that folded so much.
    pub(super) fn new(folded: Tally, sketch: Option<Sketch>, hashed_by: u64) -> Absent {
        let sketch = sketch.filter(|_| !folded.is_zero());
        Absent {
            most: sketch.as_ref().map_or(folded, Sketch::most),
            sketch,
            hashed_by,
        }
    }

    /// At most so much of the key that has that hash by that function.
    pub(super) fn bound(&self, hash: u64, hashed_by: u64) -> Tally {
        match &self.sketch {
            Some(sketch) if self.hashed_by == hashed_by => sketch.bound(hash),
            _ => self.most,
        }
    }

    /// By how much that is less than what any key may have had.
    pub(super) fn less(&self, hash: u64, hashed_by: u64) -> Tally {
        self.most - self.bound(hash, hashed_by)
    }
}

/// What a window's slices know, and what was folded of its flows since.
#[derive(Clone, Debug)]
pub(super) struct Absents {
    slices: Vec<Absent>,
    /// The hash function of all sketches; `None`: they have several, and no hash is any's.
    hashed_by: Option<u64>,
    /// At most so much of any flow that had a row until the window was reduced.
    reduced: Tally,
    /// At most so much of any flow, in the windows that a longer one was made of.
    earlier: Tally,
}

impl Absents {
    /// That of all slices of a window.
    pub(super) fn of(slices: Vec<Absent>) -> Absents {
        let sketched = slices.iter().filter(|slice| slice.sketch.is_some());
        let mut functions = sketched.map(|slice| slice.hashed_by);
        let first = functions.next();
        Absents {
            hashed_by: first.filter(|first| functions.all(|next| next == *first)),
            slices,
            reduced: Tally::ZERO,
            earlier: Tally::ZERO,
        }
    }

    /// Nothing is known but what was folded, of which all may be of one key.
    pub(super) fn at_most(folded: Tally) -> Absents {
        Absents {
            slices: Vec::new(),
            hashed_by: None,
            reduced: folded,
            earlier: Tally::ZERO,
        }
    }

    /// At most so much of any flow without a row.
    pub(super) fn most(&self) -> Tally {
        let slices: Tally = self.slices.iter().map(|slice| slice.most).sum();
        (slices + self.earlier).max_each(self.reduced)
    }

    /// At most so much of the flow without a row whose key has that hash.
    pub(super) fn bound(&self, hash: u64) -> Tally {
        let bound = |slice: &Absent| match self.hashed_by {
            Some(hashed_by) => slice.bound(hash, hashed_by),
            None => slice.most,
        };
        let slices: Tally = self.slices.iter().map(bound).sum();
        // It never had a row, or one of those that were folded.
        (slices + self.earlier).max_each(self.reduced)
    }

    /// The window is made of others, which may hold so much of a flow without a row.
    pub(super) fn add(&mut self, earlier: Tally) {
        self.earlier += earlier;
    }

    /// A row leaves, of a flow that had at most so much.
    pub(super) fn leaves(&mut self, hi: Tally) {
        self.reduced = self.reduced.max_each(hi);
    }
}
