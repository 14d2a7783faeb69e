//! Of what is timed: system calls, connections.

use windrow_core::timed::Counters;
use windrow_core::timed::window::Window;

use super::{Seen, Watch};
use crate::timed::output::{Conditions, Face, Sink, Start, Summary, Warning};

impl<S: Face> Sink<S> for Watch {
    fn start(&mut self, _: &Start<S>) -> anyhow::Result<()> {
        self.show(S::UNIT);
        Ok(())
    }

    fn window(
        &mut self,
        window: &Window<S>,
        _: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()> {
        let ledger = &window.ledger;
        let seen = Seen {
            events: ledger.counters.events(),
            counted: (ledger.rows + ledger.folded).calls,
            summaries: window.summaries(),
        };
        self.add(window.span, seen, S::UNIT, warnings);
        Ok(())
    }

    /// The report is made of more than the run.
    fn summary(&mut self, _: &Summary<'_, S>) -> anyhow::Result<()> {
        self.finish();
        Ok(())
    }
}
