//! Of system calls.

use windrow_core::calls::window::Window;

use super::{Seen, Watch};
use crate::calls::output::{Conditions, Sink, Start, Summary, Warning};

const UNIT: &str = "call";

impl Sink for Watch {
    fn start(&mut self, _: &Start) -> anyhow::Result<()> {
        self.show(UNIT);
        Ok(())
    }

    fn window(
        &mut self,
        window: &Window,
        _: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()> {
        let ledger = &window.ledger;
        let seen = Seen {
            events: ledger.counters.events,
            counted: (ledger.rows + ledger.folded).calls,
            summaries: window.summaries(),
        };
        self.add(window.span, seen, UNIT, warnings);
        Ok(())
    }

    /// The report is made of more than the run.
    fn summary(&mut self, _: &Summary<'_>) -> anyhow::Result<()> {
        self.finish();
        Ok(())
    }
}
