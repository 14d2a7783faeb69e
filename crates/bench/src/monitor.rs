//! A `windrow monitor --json` that runs, from its start line to its end.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use nix::sys::signal::{Signal, kill};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use serde::Deserialize;
use windrow_datapath::kernel::Hook;
use windrow_lab::End;

use crate::cores::pin;

const WINDOW_LINE: &[u8] = br#"{"type":"window""#;
const PIPE_BYTES: usize = 1 << 16;

/// What a line says of a window.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Window {
    /// Packets that came to the hook.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// It ended late, by its own length or more.
    pub late: bool,
    residue_packets: i64,
    residue_bytes: i64,
}

impl Window {
    /// Whether its lines hold more or less than what came.
    pub fn has_residue(&self) -> bool {
        (self.residue_packets, self.residue_bytes) != (0, 0)
    }
}

/// The process. Dropping it kills it.
#[derive(Debug)]
pub struct Monitor {
    child: Child,
    windows: Option<JoinHandle<Result<Vec<Window>>>>,
}

impl Monitor {
    /// Starts the program `windrow` at an interface, on one CPU; returns when it counts.
    ///
    /// # Errors
    /// When it cannot be started, or ends instead of counting: what it says is on stderr.
    pub fn start(
        windrow: &Path,
        end: &End,
        hook: Hook,
        window: Duration,
        cpu: usize,
    ) -> Result<Self> {
        let mut command = Command::new(windrow);
        command
            .args(["monitor", "--json", "-i", &end.name])
            .args(["--hook", hook.name(), "--direction", "in"])
            .args(["--window", &format!("{}ms", window.as_millis())])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = end.namespace.run(|| {
            pin(cpu)?;
            let what = || format!("starting {}", windrow.display());
            command.spawn().with_context(what)
        })??;
        let stdout = child.stdout.take().context("the output is a pipe")?;
        // From here on it is killed, whatever fails.
        let mut monitor = Self {
            child,
            windows: None,
        };
        let mut lines = BufReader::with_capacity(PIPE_BYTES, stdout);
        let mut start = String::new();
        lines.read_line(&mut start)?;
        ensure!(!start.is_empty(), "windrow monitor did not start");
        monitor.windows = Some(thread::spawn(move || read(lines)));
        Ok(monitor)
    }

    /// Processor time of all its threads until now.
    ///
    /// # Errors
    /// When it has ended.
    pub fn cpu_time(&self) -> Result<Duration> {
        let clock = clock_getcpuclockid(self.pid())?;
        Ok(clock_gettime(clock)?.into())
    }

    /// Its resident memory in bytes, without the tables that it has mapped.
    ///
    /// # Errors
    /// When it has ended.
    pub fn resident_bytes(&self) -> Result<u64> {
        let path = format!("/proc/{}/smaps", self.child.id());
        let mappings = fs::read_to_string(&path).context(path)?;
        Ok(resident_outside_tables(&mappings))
    }

    /// Ends it; all windows that it wrote.
    ///
    /// # Errors
    /// When it fails, or does not write what it should.
    pub fn stop(mut self) -> Result<Vec<Window>> {
        kill(self.pid(), Signal::SIGINT).context("ending windrow monitor")?;
        let reader = self.windows.take().context("it was ended already")?;
        let windows = reader.join().map_err(|_| anyhow!("its reader failed"))??;
        let status = self.child.wait()?;
        ensure!(status.success(), "windrow monitor failed: {status}");
        Ok(windows)
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // Where it has ended already, neither does anything.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads all lines as fast as they come, and keeps what they say of windows.
fn read(mut lines: BufReader<ChildStdout>) -> Result<Vec<Window>> {
    let mut windows = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(windows);
        }
        if line.starts_with(WINDOW_LINE) {
            windows.push(serde_json::from_slice(&line).context("reading a window's line")?);
        }
    }
}

/// Of the text of `smaps`, a mapping's first line begins with its addresses, those below it with
/// `Name:`.
fn resident_outside_tables(mappings: &str) -> u64 {
    let mut of_a_table = false;
    let mut kilobytes = 0;
    for line in mappings.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("Rss:") if !of_a_table => {
                kilobytes += words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
            }
            Some(name) if name.ends_with(':') => {}
            _ => of_a_table = line.ends_with("bpf-map"),
        }
    }
    kilobytes * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_not_the_agents_memory() {
        let mappings = "\
7f15108f1000-7f1510e10000 rw-s 00000000 00:0e 1 anon_inode:bpf-map
Size:               5244 kB
Rss:                5000 kB
7f1510e10000-7f1510e11000 rw-p 00000000 00:00 0
Rss:                   4 kB
7f1510e11000-7f1510e12000 r--p 00000000 08:01 7 /usr/bin/windrow
Rss:                   8 kB
";
        assert_eq!(resident_outside_tables(mappings), 12 * 1024);
    }
}
