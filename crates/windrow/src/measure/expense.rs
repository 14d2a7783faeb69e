//! What counting takes, in the kernel and of this process.

use std::io;
use std::time::Duration;

use windrow_datapath::kernel::Meter;

use super::agent::{self, Agent};
use super::cost::{Cost, CostThread};

/// Time and memory.
#[derive(Clone, Debug)]
pub struct Expense {
    /// What an event cost in the kernel.
    pub cost: Cost,
    /// Processor time of this process for the windows, user and system.
    pub agent_cpu: Duration,
    /// The most memory that this process had, without the kernel's tables.
    pub agent_memory_bytes: u64,
    /// Tables and programs in the kernel.
    pub kernel_memory_bytes: u64,
}

impl Expense {
    /// Measures while `count` counts events, for as long as `length`; `event` is what one is called. The
    /// tables are mapped already.
    ///
    /// # Errors
    /// When the system does not tell what this process takes. What an event costs may be unknown.
    pub fn of<T>(
        kernel_memory_bytes: u64,
        meter: io::Result<Meter>,
        event: &'static str,
        length: Duration,
        count: impl FnOnce() -> T,
    ) -> anyhow::Result<(T, Expense)> {
        let tables = agent::table_bytes_mapped()?;
        let agent = Agent::begin()?;
        let cost = CostThread::start(meter, event, length)?;
        let counted = count();
        let agent_cpu = agent.cpu();
        let (cost, measuring) = cost.finish();
        let expense = Expense {
            cost,
            // Without this measurement, nobody would run empty programs.
            agent_cpu: agent_cpu?.saturating_sub(measuring),
            agent_memory_bytes: agent::peak_memory_bytes()?.saturating_sub(tables),
            kernel_memory_bytes,
        };
        Ok((counted, expense))
    }
}
