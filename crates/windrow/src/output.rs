//! Where windows go: one file a format. Results on stdout, messages on stderr.

pub mod json;
mod layout;
mod names;
pub mod report;
pub mod screen;
mod units;
mod warning;

use std::time::Duration;

use windrow_core::run::Run;
use windrow_core::window::Window;
use windrow_datapath::kernel::{Direction, Hook};

pub use warning::Warning;

/// How packets are counted, known once everything is attached.
#[derive(Clone, Debug)]
pub struct Start {
    /// The interface, printable.
    pub interface: String,
    /// Where.
    pub hook: Hook,
    /// Which packets.
    pub direction: Direction,
    /// Length of a window.
    pub window: Duration,
    /// Bytes the kernel holds for the tables.
    pub memory_bytes: u64,
    /// Rows of one CPU in one window.
    pub rows_per_cpu: u64,
}

/// What a window does not know of itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    /// How long reading the tables took.
    pub drain: Duration,
    /// Events that the kernel could not run the hook for.
    pub lost: u64,
    /// What the interface's own counters moved by.
    pub interface_packets: Option<u64>,
}

/// What `demo` knows beyond what it counted.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Packets that the generator made.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What the receiving interface says it got.
    pub interface_packets: u64,
    /// The same in bytes.
    pub interface_bytes: u64,
    /// Packets that the interface dropped before any hook.
    pub interface_dropped: u64,
    /// What one packet costs, from program test runs.
    pub ns_per_packet: f64,
}

/// The end of a run.
#[derive(Debug)]
pub struct Summary<'a> {
    /// Everything counted.
    pub run: &'a Run,
    /// With `demo`.
    pub sent: Option<Sent>,
}

/// Takes what a run brings, in order: start, windows, summary.
pub trait Sink {
    /// Everything is attached.
    fn start(&mut self, start: &Start) -> anyhow::Result<()>;
    /// A window was closed.
    fn window(
        &mut self,
        window: &Window,
        conditions: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()>;
    /// The run is over.
    fn summary(&mut self, summary: &Summary<'_>) -> anyhow::Result<()>;
}
