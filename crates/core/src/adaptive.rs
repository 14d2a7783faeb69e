//! How long the next windows are to be: shorter at once when tables fill, longer when they have long
//! been nearly empty. Decides only; [`Edges`](crate::edges::Edges) draws the windows.

mod load;

use std::fmt;
use std::time::Duration;

use crate::edges::Span;
use crate::lengths::{LISTED, Lengths, text};

pub use load::{Fill, Load};

/// A table that is fuller is in trouble …
const FULL: f64 = 0.7;
/// … as is one that folded more than this share of the packets.
const FOLDED: f64 = 0.01;
/// Windows become so short that tables are predicted to be no fuller than this …
const SHORTENED: f64 = 0.6;
/// … and longer where they would be no fuller than this. Far below [`FULL`]: a load that hovers
/// anywhere changes nothing again and again.
const ROOM: f64 = 0.5;
/// Calm windows in a row before windows become longer.
const CALM_WINDOWS: u32 = 3;

/// What decided that windows are to have another length; each with its figure, a share of 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// So much of the fullest table was in use.
    Occupancy(f64),
    /// So many of the packets were folded.
    Folds(f64),
    /// Three windows were calm, and the table is predicted to be so full.
    Calm(f64),
}

impl Why {
    /// A word for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Why::Occupancy(_) => "occupancy",
            Why::Folds(_) => "folds",
            Why::Calm(_) => "calm",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| match share * 100.0 {
            percent if percent < 9.95 => format!("{percent:.1} %"),
            percent => format!("{percent:.0} %"),
        };
        match *self {
            Why::Occupancy(share) => write!(f, "{} of the rows in use", percent(share)),
            Why::Folds(share) => write!(f, "{} of the packets folded", percent(share)),
            Why::Calm(share) => write!(f, "three calm windows, {} predicted", percent(share)),
        }
    }
}

/// Windows are to have another length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// So far.
    pub from: Duration,
    /// From now on, where the edges allow.
    pub to: Duration,
    /// What decided it.
    pub why: Why,
}

impl fmt::Display for Change {
    /// A sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "windows are now {} long: {}", text(self.to), self.why)
    }
}

/// Lets the length of windows follow the load.
#[derive(Clone, Debug)]
pub struct Adaptive {
    /// The shortest and the longest, of those [`LISTED`].
    bounds: (Duration, Duration),
    target: Duration,
    /// Calm windows in a row.
    calm: u32,
    /// What changed since the open window began.
    changed: Option<Change>,
}

impl Adaptive {
    /// Windows of `start` at first, then from `min` to `max`: all of those [`LISTED`], in this order.
    pub fn new(min: Duration, max: Duration, start: Duration) -> Self {
        debug_assert!(min <= start && start <= max);
        Adaptive {
            bounds: (min, max),
            target: start,
            calm: 0,
            changed: None,
        }
    }

    /// The shortest and the longest that windows may be.
    pub fn bounds(&self) -> (Duration, Duration) {
        self.bounds
    }

    /// All lengths that windows may come to have, ascending.
    pub fn all_lengths(&self) -> Vec<Duration> {
        let (min, max) = self.bounds;
        let all = LISTED.into_iter();
        all.filter(|length| (min..=max).contains(length)).collect()
    }

    /// The lengths that windows are to have now.
    pub fn lengths(&self) -> Lengths {
        Lengths::Listed {
            least: self.bounds.0,
            target: self.target,
        }
    }

    /// What the open window holds so far: if it is in trouble, windows become shorter, this one
    /// included. Whether they did.
    pub fn look(&mut self, load: &Load, elapsed: Duration) -> bool {
        let before = self.target;
        if let Some(why) = trouble(load) {
            self.shorten(load, elapsed, why);
        }
        self.target != before
    }

    /// What a closed window held. All changes since it was opened come as one.
    pub fn closed(&mut self, span: &Span, load: &Load) -> Option<Change> {
        match trouble(load) {
            Some(why) => self.shorten(load, span.length(), why),
            None => self.lengthen(span, load),
        }
        self.changed.take()
    }

    /// To the longest of which the table is predicted to have room enough, or the shortest there is.
    fn shorten(&mut self, load: &Load, elapsed: Duration, why: Why) {
        let (min, max) = self.bounds;
        self.calm = 0;
        let fits = LISTED.into_iter().rev().find(|length| {
            (min..=max).contains(length) && load.predicted(elapsed, *length) <= SHORTENED
        });
        let to = fits.unwrap_or(min);
        if to < self.target {
            self.change(to, why);
        }
    }

    /// By one step, after enough calm windows of the present length.
    fn lengthen(&mut self, span: &Span, load: &Load) {
        let longer = LISTED.into_iter().find(|length| *length > self.target);
        let Some(longer) = longer.filter(|length| *length <= self.bounds.1) else {
            return;
        };
        let predicted = load.predicted(span.length(), longer);
        let calm = !load.is_folding() && predicted <= ROOM;
        if !calm || !span.is_whole() || span.window != Some(self.target) {
            self.calm = 0;
            return;
        }
        self.calm += 1;
        if self.calm == CALM_WINDOWS {
            self.calm = 0;
            self.change(longer, Why::Calm(predicted));
        }
    }

    fn change(&mut self, to: Duration, why: Why) {
        let from = self.changed.map_or(self.target, |earlier| earlier.from);
        self.changed = Some(Change { from, to, why });
        self.target = to;
    }
}

/// Whether a table has, or soon will have, less room than is needed.
fn trouble(load: &Load) -> Option<Why> {
    if load.folded() > FOLDED {
        Some(Why::Folds(load.folded()))
    } else if load.occupancy() > FULL {
        Some(Why::Occupancy(load.occupancy()))
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
