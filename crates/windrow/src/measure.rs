//! What counting in the kernel saves and costs on this host, measured while packets are counted.

mod agent;
mod cost;
mod watch;

use std::time::Duration;

use windrow_core::run::Run;
use windrow_datapath::kernel::Direction;

pub use agent::{Agent, peak_memory_bytes, table_bytes_mapped};
pub use cost::{Cost, CostThread};
pub use watch::Watch;

/// Everything that was measured.
#[derive(Debug)]
pub struct Measured<'a> {
    /// The interfaces, printable.
    pub interfaces: &'a [String],
    /// Where: tcx, clsact, xdp.
    pub hook: Option<&'static str>,
    /// Which packets.
    pub direction: Direction,
    /// From the start of the first window to the end of the last.
    pub span: Duration,
    /// What was counted.
    pub run: &'a Run,
    /// What counting it cost in the kernel.
    pub cost: Cost,
    /// Processor time of this process for the windows, user and system.
    pub agent_cpu: Duration,
    /// The most memory that this process had, without the kernel's tables.
    pub agent_memory_bytes: u64,
    /// Tables and programs in the kernel.
    pub kernel_memory_bytes: u64,
}
