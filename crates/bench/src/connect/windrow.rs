//! windrow beside connections: its programs and tables, as the binary loads them.

use anyhow::{Result, ensure};
use windrow_core::calls::selection::Selection;
use windrow_core::connects::by::By;
use windrow_core::connects::window::Window;
use windrow_core::edges::{Span, WallNanos};
use windrow_datapath::Epoch;
use windrow_datapath::connects::{Connects, Settings};
use windrow_datapath::kernel::Grace;
use windrow_datapath::timed::{Attached as Programs, Loaded, Source, Tracepoints};

use super::design::{Attached, Design};

/// What windrow has by default.
const ROWS: u64 = 10_000;

/// windrow, and what it is to know of connections.
pub struct Windrow {
    health: bool,
    grace: Grace,
}

impl Windrow {
    /// Until they are established, or with `health` until they are closed.
    ///
    /// # Errors
    /// When there is no way to wait for the kernel's grace periods.
    pub fn new(health: bool) -> Result<Self> {
        Ok(Self {
            health,
            grace: Grace::new()?,
        })
    }
}

impl Design for Windrow {
    fn attach(&mut self) -> Result<Box<dyn Attached + '_>> {
        let connects = Connects::load(&Settings {
            by: By::default(),
            selection: Selection::default(),
            tracked: false,
            histograms: true,
            health: self.health,
            tracepoints: Tracepoints::of_kernel(),
            rows: ROWS,
            buffers: 2,
        })?;
        let programs = connects.attach()?;
        connects.open();
        Ok(Box::new(Counting {
            connects,
            programs,
            grace: &self.grace,
        }))
    }
}

/// Counting in one window.
struct Counting<'a> {
    connects: Connects,
    programs: Programs,
    grace: &'a Grace,
}

impl Attached for Counting<'_> {
    /// Connections that are attempts and accepted ones in its rows.
    fn detach(mut self: Box<Self>) -> Result<Option<u64>> {
        self.connects.close();
        self.grace.wait()?;
        self.connects.in_flight(self.programs)?;
        let span = Span::on_edges(0, WallNanos(0), WallNanos(i64::MAX));
        let ledger = Window::merge(span, self.connects.drain(Epoch(0))).ledger;
        ensure!(
            ledger.residue() == (0, 0) && ledger.residue_of_outcomes().sum() == 0,
            "windrow's ledger is not in balance: {ledger:?}"
        );
        let rows = ledger.row_outcomes;
        // Each connection is established at both of its ends.
        Ok(Some(rows.attempts.min(rows.established / 2)))
    }
}
