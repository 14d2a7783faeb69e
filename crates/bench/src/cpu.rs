//! Where measurements run, and the processor time that they take: what else runs on the machine
//! meanwhile does not count.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

/// Pins the calling thread to the last CPU that it may run on, and says which that is: interrupts and
/// other programs are mostly on the first.
///
/// # Errors
/// When the kernel refuses.
pub fn pin_to_last() -> Result<usize> {
    let me = Pid::from_raw(0);
    let allowed = sched_getaffinity(me)?;
    let last = (0..CpuSet::count())
        .rev()
        .find(|cpu| allowed.is_set(*cpu).unwrap_or(false))
        .context("this thread may run on no CPU")?;
    let mut only = CpuSet::new();
    only.set(last)?;
    sched_setaffinity(me, &only)?;
    Ok(last)
}

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
