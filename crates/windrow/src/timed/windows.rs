//! Windows on their way to the sink: rolled up, summed up.

use std::time::Duration;

use windrow_core::rollup::Along;
use windrow_core::timed::rollup::{LEAST_ROWS, Rollup};
use windrow_core::timed::run::Run;
use windrow_core::timed::window::Window;

use crate::timed::output::{Conditions, Face, Sink};

/// The way to the sink, and the sums of all that went it.
pub struct Windows<S: Face> {
    rollup: Rollup<S, Conditions>,
    run: Run<S>,
}

impl<S: Face> Windows<S> {
    /// No window has come yet. Longer ones are to have those lengths; a window has room for so many rows.
    pub fn new(tiers: &[Duration], rows: u64) -> Self {
        Windows {
            rollup: Rollup::new(tiers, rows.max(LEAST_ROWS)),
            run: Run::default(),
        }
    }

    /// Lengths and rows of the longer windows that will be made.
    pub fn tiers(&self) -> Vec<(Duration, u64)> {
        self.rollup.tiers().collect()
    }

    /// Hands a window to the sink, and the longer ones that are over with it.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn take(
        &mut self,
        window: Window<S>,
        mut conditions: Conditions,
        sink: &mut dyn Sink<S>,
    ) -> anyhow::Result<()> {
        let earlier = self.rollup.before(&window.span);
        show_all(earlier, sink)?;
        self.run.add(&window, conditions.lost);
        conditions.in_flight = self.run.in_flight;
        let longer = self.rollup.add(&window, &conditions);
        show(&window, &conditions, sink)?;
        show_all(longer, sink)
    }

    /// Hands what is open of longer windows to the sink: there will be no window any more.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(&mut self, sink: &mut dyn Sink<S>) -> anyhow::Result<()> {
        let longer = self.rollup.finish();
        show_all(longer, sink)
    }

    /// The sums, which are all that is left.
    pub fn into_run(self) -> Run<S> {
        self.run
    }
}

fn show_all<S: Face>(
    windows: Vec<(Window<S>, Conditions)>,
    sink: &mut dyn Sink<S>,
) -> anyhow::Result<()> {
    for (window, conditions) in windows {
        show(&window, &conditions, sink)?;
    }
    Ok(())
}

fn show<S: Face>(
    window: &Window<S>,
    conditions: &Conditions,
    sink: &mut dyn Sink<S>,
) -> anyhow::Result<()> {
    let warnings = S::warnings(window, conditions);
    if let Some(error) = warnings.iter().find(|warning| warning.is_error()) {
        eprintln!("windrow: error: {}", error.text);
    }
    sink.window(window, conditions, &warnings)
}

impl Along for Conditions {
    fn add(&mut self, other: &Conditions) {
        self.drain += other.drain;
        self.lost += other.lost;
        // Of the last one.
        self.in_flight = other.in_flight;
    }
}
