//! The processor time that a measurement takes: what else runs on the machine meanwhile does not count.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::time::{ClockId, clock_gettime};

/// What the calling thread has run for, with softirqs that were handled in it.
///
/// # Errors
/// When the kernel has no such clock.
pub fn time() -> Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}

/// The same, and what the CPU's thread for put-off softirqs has run for.
///
/// # Errors
/// When the kernel has no such thread, or does not say what it ran for.
pub fn time_with_softirqs(cpu: usize) -> Result<Duration> {
    Ok(time()? + thread_time(softirq_thread(cpu)?)?)
}

fn softirq_thread(cpu: usize) -> Result<u32> {
    let name = format!("ksoftirqd/{cpu}\n");
    fs::read_dir("/proc")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .find(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|it| it == name))
        .context("there is no ksoftirqd to be seen: run this in the first pid namespace")
}

/// `sum_exec_runtime`: the first number, nanoseconds.
fn thread_time(pid: u32) -> Result<Duration> {
    let file = format!("/proc/{pid}/schedstat");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    let first = text.split_whitespace().next().unwrap_or_default();
    Ok(Duration::from_nanos(first.parse()?))
}
