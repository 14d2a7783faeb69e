//! windrow while it counts, as its users run it: in a process of its own, writing JSON lines.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::process::Process;

const START_LINE: &str = "{\"type\":\"start\"";
const SUMMARY_LINE: &str = "{\"type\":\"summary\"";
const READY_LIMIT: Duration = Duration::from_secs(30);
const END_LIMIT: Duration = Duration::from_secs(30);

/// The process; dropping it ends it.
pub struct Counting {
    process: Process,
    folder: TempDir,
    /// As errors call it.
    name: String,
}

impl Counting {
    /// Starts it, for all of the system in windows of a second; returns when it counts.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(windrow: &Path, source: &str) -> Result<Self> {
        let name = format!("windrow {source}");
        let folder = tempfile::tempdir().context("TMPDIR names another place")?;
        let mut command = Command::new(windrow);
        command.args([source, "--json", "--window", "1s"]);
        let mut process = Process::start(&command, folder.path())?;
        let counts = process.wait_until("begin to count", READY_LIMIT, || {
            printed(folder.path(), START_LINE)
        });
        counts.with_context(|| name.clone())?;
        Ok(Self {
            process,
            folder,
            name,
        })
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it has ended before, does not end, or has not written all that it writes.
    pub fn end(self) -> Result<()> {
        let Self {
            process,
            folder,
            name,
        } = self;
        let ended = process.signal(Signal::SIGINT);
        ended
            .and_then(|()| process.wait(END_LIMIT, || Ok(())))
            .with_context(|| name.clone())?;
        let whole = printed(folder.path(), SUMMARY_LINE)?;
        ensure!(whole, "{name} wrote no summary");
        Ok(())
    }
}

/// Whether it has written a line that begins so.
fn printed(folder: &Path, start: &str) -> Result<bool> {
    let text = fs::read_to_string(folder.join("stdout"))?;
    Ok(text.lines().any(|line| line.starts_with(start)))
}
