//! Watches a run from its windows: when it began and ended, and how far it has come, on stderr where
//! that is a terminal.

mod packets;
mod timed;

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use windrow_core::edges::Span;
use windrow_core::run::reduction;

use crate::output::{Teller, Warning, units};

pub use packets::PacketWatch;

/// What is needed of a run beside its sums.
#[derive(Debug)]
pub struct Watch {
    /// How long the run is to be.
    length: Duration,
    /// The first window and the last.
    spans: Option<(Span, Span)>,
    seen: Seen,
    bar: Option<ProgressBar>,
    teller: Teller,
}

/// What windows had so far, or one has.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    events: u64,
    /// Packets, or whatever is timed.
    counted: u64,
    summaries: u64,
}

impl Watch {
    /// Of a run of that length.
    pub fn new(length: Duration) -> Watch {
        let mut teller = Teller::default();
        teller.once();
        Watch {
            length,
            spans: None,
            seen: Seen::default(),
            bar: stderr().is_terminal().then(|| bar(length)),
            teller,
        }
    }

    /// Takes the bar away: what follows is the result.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// From the start of the first window to the end of the last.
    pub fn span(&self) -> Duration {
        self.spans.as_ref().map_or(Duration::ZERO, |(first, last)| {
            Duration::from_nanos(last.end.mono.0.saturating_sub(first.start.mono.0))
        })
    }

    /// Adds a window; `unit` is what is counted.
    fn add(&mut self, span: Span, seen: Seen, unit: &str, warnings: &[Warning]) {
        let first = self.spans.map_or(span, |(first, _)| first);
        self.spans = Some((first, span));
        self.seen.events += seen.events;
        self.seen.counted += seen.counted;
        self.seen.summaries += seen.summaries;
        let teller = &mut self.teller;
        match &self.bar {
            Some(bar) => bar.suspend(|| teller.say(warnings, None)),
            None => teller.say(warnings, None),
        }
        self.show(unit);
    }

    fn show(&self, unit: &str) {
        let Some(bar) = &self.bar else { return };
        let elapsed = self.span();
        bar.set_position(millis(elapsed));
        bar.set_message(format!(
            "{:.0} of {:.0} s · {} · {:.0} to 1",
            elapsed.as_secs_f64(),
            self.length.as_secs_f64(),
            units::counted(self.seen.counted, unit),
            reduction(self.seen.events, self.seen.summaries),
        ));
    }
}

fn bar(length: Duration) -> ProgressBar {
    let bar = ProgressBar::new(millis(length));
    match ProgressStyle::with_template("{bar:20} {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
