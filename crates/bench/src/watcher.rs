//! A tool that watches the whole system, while loads run; it prints what it saw.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::process::Process;

/// `bpftrace` compiles first.
const READY_LIMIT: Duration = Duration::from_secs(30);
/// From being asked to end until all is written and all processes are gone.
const END_LIMIT: Duration = Duration::from_secs(30);
/// Tools look up tracepoints there. Where it is not mounted it is, for the tool alone.
const WITH_TRACEFS: &str = "[ -e /sys/kernel/tracing/events ] \
    || mount -t tracefs tracefs /sys/kernel/tracing && exec \"$@\"";

/// The tool while it runs; dropping it ends it.
pub struct Watcher {
    /// Nothing, once it has been asked to end.
    process: Option<Process>,
    folder: TempDir,
}

impl Watcher {
    /// Starts a tool on the calling thread's CPU; returns when it has come to rest, as one does that has
    /// attached all that it attaches. Whether it really had, what it counts shows.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(tool: &Command) -> Result<Self> {
        let folder = tempfile::tempdir().context("TMPDIR names another place")?;
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", WITH_TRACEFS, "sh"]);
        command.arg(tool.get_program()).args(tool.get_args());
        let mut process = Process::start(&command, folder.path())?;
        let rests = process.wait_idle(READY_LIMIT);
        let watcher = Self {
            process: Some(process),
            folder,
        };
        rests.map_err(|error| watcher.explained(error))?;
        Ok(watcher)
    }

    /// Ends it, and gives all that it printed.
    ///
    /// # Errors
    /// When it does not end.
    pub fn end(&mut self) -> Result<String> {
        let process = self.process.take();
        let ended = || {
            let process = process.context("it was ended already")?;
            process.signal(Signal::SIGINT)?;
            process.wait(END_LIMIT, || Ok(()))?;
            self.printed("stdout")
        };
        ended().map_err(|error| self.explained(error))
    }

    fn printed(&self, name: &str) -> Result<String> {
        let text = std::fs::read(self.folder.path().join(name));
        let text = text.with_context(|| format!("it printed no {name}"))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// An error of it, with the last line that it complained with.
    pub fn explained(&self, error: Error) -> Error {
        let complaints = self.printed("stderr").unwrap_or_default();
        let last = complaints.lines().rfind(|line| !line.trim().is_empty());
        match last {
            Some(last) => anyhow!("{error:#}; it says: {}", last.trim()),
            None => error,
        }
    }
}
