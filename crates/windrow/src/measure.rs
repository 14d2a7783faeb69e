//! What counting in the kernel saves and costs on this host, measured while it counts.

mod agent;
mod cost;
mod expense;
mod watch;

use std::time::Duration;

use windrow_core::run::Run;
use windrow_core::timed;
use windrow_core::timed::{Counters, Subject};
use windrow_core::{calls, connects};
use windrow_datapath::kernel::Direction;

pub use cost::Cost;
pub use expense::Expense;
pub use watch::{PacketWatch, Watch};

/// Everything that was measured.
#[derive(Debug)]
pub struct Measured<'a> {
    /// What was counted.
    pub counted: Counted<'a>,
    /// From the start of the first window to the end of the last.
    pub span: Duration,
    /// What counting it took.
    pub expense: Expense,
}

/// What was counted, and where.
#[derive(Debug)]
pub enum Counted<'a> {
    /// Packets.
    Packets(Packets<'a>),
    /// System calls of the whole host.
    Calls(&'a calls::run::Run),
    /// TCP connections of the whole host.
    Connects(&'a connects::run::Run),
}

/// Packets of interfaces.
#[derive(Debug)]
pub struct Packets<'a> {
    /// The interfaces, printable.
    pub interfaces: &'a [String],
    /// Where: tcx, clsact, xdp.
    pub hook: Option<&'static str>,
    /// Which packets.
    pub direction: Direction,
    /// A packet counts once on every interface that it passes, in each direction.
    pub sights: bool,
    /// The sums.
    pub run: &'a Run,
}

/// What is known of either source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// How many windows there were.
    pub windows: u64,
    /// What was counted, one by one.
    pub events: u64,
    /// Rows of all windows.
    pub rows: u64,
    /// Records that windows were exported as.
    pub summaries: u64,
    /// Events that the kernel could not run a program for.
    pub lost: u64,
}

impl Sums {
    fn of<S: Subject>(run: &timed::run::Run<S>) -> Sums {
        Sums {
            windows: run.windows,
            events: run.ledger.counters.events(),
            rows: run.rows,
            summaries: run.summaries,
            lost: run.lost,
        }
    }
}

impl Counted<'_> {
    /// What is known whatever it was.
    pub fn sums(&self) -> Sums {
        match self {
            Counted::Packets(Packets { run, .. }) => Sums {
                windows: run.windows,
                events: run.ledger.events,
                rows: run.rows,
                summaries: run.summaries,
                lost: run.lost,
            },
            Counted::Calls(run) => Sums::of(run),
            Counted::Connects(run) => Sums::of(run),
        }
    }
}
