//! Of packets.

use std::time::Duration;

use windrow_core::window::Window;

use super::{Seen, Watch};
use crate::output::{Conditions, Sink, Source, Start, Summary, Warning};

const UNIT: &str = "packet";

/// A sink that keeps where packets came from, too.
#[derive(Debug)]
pub struct PacketWatch {
    watch: Watch,
    start: Option<Start>,
}

impl PacketWatch {
    /// Of a run of that length.
    pub fn new(length: Duration) -> PacketWatch {
        PacketWatch {
            watch: Watch::new(length),
            start: None,
        }
    }

    /// Takes the bar away: what follows is the result.
    pub fn finish(&mut self) {
        self.watch.finish();
    }

    /// Where events came from, once they were counted.
    pub fn source(&self) -> Option<&Source> {
        self.start.as_ref().map(|start| &start.source)
    }

    /// Whether a packet may have been counted more than once: on several interfaces, or both ways.
    pub fn sights(&self) -> bool {
        self.start.as_ref().is_some_and(|start| start.keys.sights)
    }

    /// From the start of the first window to the end of the last.
    pub fn span(&self) -> Duration {
        self.watch.span()
    }
}

impl Sink for PacketWatch {
    fn start(&mut self, start: &Start) -> anyhow::Result<()> {
        self.start = Some(start.clone());
        self.watch.show(UNIT);
        Ok(())
    }

    fn window(
        &mut self,
        window: &Window,
        _: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()> {
        let seen = Seen {
            events: window.ledger.events,
            counted: window.ledger.seen.packets,
            summaries: window.summaries(),
        };
        self.watch.add(window.span, seen, UNIT, warnings);
        Ok(())
    }

    /// The report is made of more than the run.
    fn summary(&mut self, _: &Summary<'_>) -> anyhow::Result<()> {
        self.finish();
        Ok(())
    }
}
