//! Lets the length of windows follow how full the tables are, where that was asked for.

use std::time::Duration;

use windrow_core::adaptive::{Adaptive, Change, Load};
use windrow_core::edges::Span;
use windrow_core::lengths::Lengths;
use windrow_core::slice::MonoNanos;
use windrow_datapath::Epoch;
use windrow_datapath::kernel::Datapath;

use crate::config::Counting;
use crate::live::pace::{self, Pace};

/// What decides, and where the open window starts.
#[derive(Debug)]
pub struct Adapt {
    law: Adaptive,
    since: MonoNanos,
}

/// The lengths that windows have at first.
pub fn lengths(counting: &Counting) -> Lengths {
    match &counting.adaptive {
        Some(law) => law.lengths(),
        None => Lengths::Fixed(counting.window),
    }
}

impl Adapt {
    /// Of a first window that was opened just now.
    pub fn begin(law: Adaptive) -> Self {
        Adapt {
            law,
            since: pace::now().mono,
        }
    }

    /// Looks at what the open window, that of `epoch`, holds so far; no system call for that.
    pub fn look(&mut self, datapath: &Datapath, epoch: Epoch, pace: &Pace) {
        let load = datapath.filling(epoch).collect();
        let elapsed = pace::now().mono.0.saturating_sub(self.since.0);
        if self.law.look(&load, Duration::from_nanos(elapsed)) {
            pace.aim(self.law.lengths());
        }
    }

    /// What is to change by what a closed window held, and what has while it was open.
    pub fn closed(&mut self, span: &Span, load: &Load, pace: &Pace) -> Option<Change> {
        self.since = span.end.mono;
        let change = self.law.closed(span, load);
        if change.is_some() {
            pace.aim(self.law.lengths());
        }
        change
    }
}
