//! Which CPUs traffic and agent run on.

use std::thread::{self, ScopedJoinHandle};

use anyhow::{Context, Result};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// The calling thread, for the calls that take one.
const SELF: Pid = Pid::from_raw(0);

/// Two of the CPUs that this process may run on; the same one twice where there is no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cores {
    /// For what sends and receives.
    pub traffic: usize,
    /// For what is not to disturb it.
    pub spare: usize,
}

impl Cores {
    /// The first and the last.
    ///
    /// # Errors
    /// When the kernel does not say which there are.
    pub fn of_process() -> Result<Self> {
        let allowed = sched_getaffinity(SELF).context("asking for this process's CPUs")?;
        let is_allowed = |cpu: &usize| allowed.is_set(*cpu).unwrap_or(false);
        let mut cpus = (0..CpuSet::count()).filter(is_allowed);
        let traffic = cpus.next().context("this process has no CPU")?;
        let spare = cpus.next_back().unwrap_or(traffic);
        Ok(Self { traffic, spare })
    }
}

/// Keeps the calling thread, and the processes that it starts, on one CPU.
///
/// # Errors
/// When there is no such CPU.
pub fn pin(cpu: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu)
        .and_then(|()| sched_setaffinity(SELF, &set))
        .with_context(|| format!("pinning to CPU {cpu}"))
}

/// Does `work` in a thread of its own, which stays on one CPU.
///
/// # Errors
/// Those of `work`, and when there is no such CPU.
pub fn on_cpu<T: Send>(cpu: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| joined(scope.spawn(|| pin(cpu).and_then(|()| work()))))
}

/// What a thread gives; it panics where that did.
///
/// # Errors
/// Those of the thread.
pub fn joined<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
