//! Roll-ups: windows added into longer ones, as minutes and hours.
//!
//! Nothing is sampled again: what a longer window says is what its windows say, added. Here is what is the
//! same whatever they count: which windows belong together and what is missing between them ([`Tier`]), and
//! how longer windows are added into still longer ones ([`Cascade`]). What is added up is an [`Adder`]'s: for
//! flows a table of the data path, which is bounded, spills and folds, with [`Sums`](crate::window::Sums);
//! for calls and connects [`Longer`](crate::timed::rollup::Longer).

use std::time::Duration;

use crate::edges::Span;

pub use cascade::Cascade;
pub use tier::{Closed, Tier};

/// What longer windows were made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rolled {
    /// How many windows.
    pub windows: u64,
    /// How much of its slot none of them stands for: they are missing, or were late and stand for more
    /// than belongs here.
    pub gap: Duration,
}

/// Something that goes with a window, and adds up like it.
pub trait Along: Clone {
    /// Adds what goes with another window.
    fn add(&mut self, other: &Self);
}

/// Windows with nothing beside them.
impl Along for () {
    fn add(&mut self, (): &()) {}
}

/// A window that may be a part of a longer one.
pub trait Part {
    /// When it was.
    fn span(&self) -> &Span;

    /// How much of its slot is missing in it.
    fn gap(&self) -> Duration;
}

/// Adds up the windows of one longer window, and then those of the next.
pub trait Adder {
    /// What is added, and what comes of it.
    type Window: Part;

    /// Adds a window.
    fn add(&mut self, window: &Self::Window);

    /// The longer window of all that was added since the last one.
    fn close(&mut self, closed: Closed) -> Self::Window;
}

mod cascade;
mod covered;
#[cfg(test)]
mod tests;
mod tier;
