//! What this process itself takes: processor time and memory.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// This process, from a moment on.
#[derive(Debug)]
pub struct Agent {
    cpu_before: Duration,
}

impl Agent {
    /// From now on.
    pub fn begin() -> anyhow::Result<Agent> {
        let cpu_before = cpu(UsageWho::RUSAGE_SELF)?;
        Ok(Agent { cpu_before })
    }

    /// Processor time since the beginning, user and system, of all threads.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let now = cpu(UsageWho::RUSAGE_SELF)?;
        Ok(now.saturating_sub(self.cpu_before))
    }
}

/// Processor time of the calling thread, user and system; zero where it cannot be read.
pub(super) fn of_this_thread() -> Duration {
    cpu(UsageWho::RUSAGE_THREAD).unwrap_or_default()
}

fn cpu(who: UsageWho) -> anyhow::Result<Duration> {
    let usage = getrusage(who).context("reading the processor time of this process")?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

/// Bytes of the most memory that this process has had resident so far. The limit that `getrusage`
/// gives would be that of the process that started this one, where that was the larger.
pub fn peak_memory_bytes() -> anyhow::Result<u64> {
    let path = "/proc/self/status";
    let status = fs::read_to_string(path).context(path)?;
    let peak = status.lines().find_map(|line| kilobytes(line, "VmHWM:"));
    peak.with_context(|| format!("{path} has no VmHWM"))
}

/// Bytes of the kernel's tables that count as resident memory of this process, because they are
/// mapped into it.
pub fn table_bytes_mapped() -> anyhow::Result<u64> {
    let path = "/proc/self/smaps";
    let maps = fs::read_to_string(path).context(path)?;
    Ok(tables_in(&maps))
}

fn tables_in(maps: &str) -> u64 {
    let mut of_a_table = false;
    let mut bytes = 0;
    for line in maps.lines() {
        match kilobytes(line, "Rss:") {
            Some(resident) if of_a_table => bytes += resident,
            Some(_) => {}
            // Only the line that begins a mapping may name a file.
            None => of_a_table = line.ends_with("bpf-map") || (of_a_table && !begins(line)),
        }
    }
    bytes
}

/// Whether a line begins a mapping: `7f15108f1000-7f1510e10000 rw-s …`; the others are `Name: …`.
fn begins(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    !first.ends_with(':')
}

/// The bytes in `NAME  123 kB`.
fn kilobytes(line: &str, name: &str) -> Option<u64> {
    let rest = line.strip_prefix(name)?.trim().strip_suffix("kB")?;
    Some(rest.trim().parse::<u64>().ok()? * 1024)
}
