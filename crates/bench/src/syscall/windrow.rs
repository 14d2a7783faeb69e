//! windrow beside system calls: its programs and tables, as the binary loads them.

use anyhow::{Result, ensure};
use windrow_core::calls::by::By;
use windrow_core::calls::selection::Selection;
use windrow_core::calls::window::Window;
use windrow_core::edges::{Span, WallNanos};
use windrow_datapath::Epoch;
use windrow_datapath::calls::{Calls, Measure, Settings};
use windrow_datapath::kernel::Grace;
use windrow_datapath::timed::{Attached as Programs, Loaded, Source, Tracepoints};

use super::design::{Attached, Design};
use super::load::Load;

/// What windrow has by default.
const ROWS: u64 = 10_000;

/// windrow, and what it is to know of calls.
pub struct Windrow {
    measure: Measure,
    grace: Grace,
}

impl Windrow {
    /// Counting alone, durations, or histograms of these as well.
    ///
    /// # Errors
    /// When there is no way to wait for the kernel's grace periods.
    pub fn new(measure: Measure) -> Result<Windrow> {
        Ok(Windrow {
            measure,
            grace: Grace::new()?,
        })
    }
}

impl Design for Windrow {
    fn attach(&mut self) -> Result<Box<dyn Attached + '_>> {
        let calls = Calls::load(&Settings {
            by: By::default(),
            selection: Selection::default(),
            tracked: false,
            own: true,
            measure: self.measure,
            tracepoints: Tracepoints::of_kernel(),
            rows: ROWS,
            buffers: 2,
        })?;
        let programs = calls.attach()?;
        calls.open();
        Ok(Box::new(Counting {
            calls,
            programs,
            grace: &self.grace,
            made: 0,
        }))
    }
}

/// Counting in one window.
struct Counting<'a> {
    calls: Calls,
    programs: Programs,
    grace: &'a Grace,
    /// Calls of the loads.
    made: u64,
}

impl Attached for Counting<'_> {
    fn measure(&mut self, load: &Load) -> Result<f64> {
        let ns = load.own_ns()?;
        self.made += load.made();
        Ok(ns)
    }

    fn detach(mut self: Box<Self>) -> Result<()> {
        self.calls.close();
        drop(self.programs);
        self.grace.wait()?;
        let span = Span::on_edges(0, WallNanos(0), WallNanos(i64::MAX));
        let window = Window::merge(span, self.calls.drain(Epoch(0)));
        let counted = window.ledger.rows.calls;
        ensure!(
            window.ledger.residue() == (0, 0) && counted >= self.made,
            "windrow counted {counted} of {} calls",
            self.made
        );
        Ok(())
    }
}
