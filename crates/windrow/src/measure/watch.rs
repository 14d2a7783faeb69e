//! Watches a run from its windows: when it began and ended, and how far it has come, on stderr where
//! that is a terminal.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use windrow_core::edges::Span;
use windrow_core::run::reduction;
use windrow_core::window::Window;

use crate::output::{Conditions, Sink, Source, Start, Summary, Teller, Warning, units};

/// A sink that keeps what is needed of a run beside its sums.
#[derive(Debug)]
pub struct Watch {
    /// How long the run is to be.
    length: Duration,
    start: Option<Start>,
    /// The first window and the last.
    spans: Option<(Span, Span)>,
    events: u64,
    packets: u64,
    summaries: u64,
    bar: Option<ProgressBar>,
    teller: Teller,
}

impl Watch {
    /// Of a run of that length.
    pub fn new(length: Duration) -> Watch {
        let mut teller = Teller::default();
        teller.once();
        Watch {
            length,
            start: None,
            spans: None,
            events: 0,
            packets: 0,
            summaries: 0,
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

    /// Where events came from, once they were counted.
    pub fn source(&self) -> Option<&Source> {
        self.start.as_ref().map(|start| &start.source)
    }

    /// From the start of the first window to the end of the last.
    pub fn span(&self) -> Duration {
        self.spans.as_ref().map_or(Duration::ZERO, |(first, last)| {
            Duration::from_nanos(last.end.mono.0.saturating_sub(first.start.mono.0))
        })
    }

    fn show(&self) {
        let Some(bar) = &self.bar else { return };
        let elapsed = self.span();
        bar.set_position(millis(elapsed));
        bar.set_message(format!(
            "{:.0} of {:.0} s · {} · {:.0} to 1",
            elapsed.as_secs_f64(),
            self.length.as_secs_f64(),
            units::counted(self.packets, "packet"),
            reduction(self.events, self.summaries),
        ));
    }
}

impl Sink for Watch {
    fn start(&mut self, start: &Start) -> anyhow::Result<()> {
        self.start = Some(start.clone());
        self.show();
        Ok(())
    }

    fn window(
        &mut self,
        window: &Window,
        _: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()> {
        let first = self.spans.map_or(window.span, |(first, _)| first);
        self.spans = Some((first, window.span));
        self.events += window.ledger.events;
        self.packets += window.ledger.seen.packets;
        self.summaries += window.summaries();
        let teller = &mut self.teller;
        match &self.bar {
            Some(bar) => bar.suspend(|| teller.say(warnings, None)),
            None => teller.say(warnings, None),
        }
        self.show();
        Ok(())
    }

    /// The report is made of more than the run.
    fn summary(&mut self, _: &Summary<'_>) -> anyhow::Result<()> {
        self.finish();
        Ok(())
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
