//! A tool that watches all system calls of the system, while loads run.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, ensure};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::design::Attached;
use super::load::{Call, Load};
use crate::process::Process;

/// `bpftrace` compiles first.
const READY_LIMIT: Duration = Duration::from_secs(30);
/// From being asked to end until all is written and all processes are gone.
const END_LIMIT: Duration = Duration::from_secs(30);
/// Tools look up tracepoints there. Where it is not mounted it is, for the tool alone.
const WITH_TRACEFS: &str = "[ -e /sys/kernel/tracing/events ] \
    || mount -t tracefs tracefs /sys/kernel/tracing && exec \"$@\"";

/// How many calls of a kind a tool has counted, by what it printed.
pub type Counted = fn(&str, Call) -> Result<u64>;

/// The tool while it runs; dropping it ends it.
pub struct Watcher {
    /// Nothing, once it has been asked to end.
    process: Option<Process>,
    folder: TempDir,
    counted: Counted,
    /// By each load until now.
    made: Vec<(Call, u64)>,
}

impl Watcher {
    /// Starts a tool on the calling thread's CPU; returns when it has come to rest, as one does that has
    /// attached all that it attaches. Whether it really had, what it counts shows.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(tool: &Command, counted: Counted) -> Result<Self> {
        let folder = tempfile::tempdir().context("TMPDIR names another place")?;
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", WITH_TRACEFS, "sh"]);
        command.arg(tool.get_program()).args(tool.get_args());
        let mut process = Process::start(&command, folder.path())?;
        let rests = process.wait_idle(READY_LIMIT);
        let watcher = Self {
            process: Some(process),
            folder,
            counted,
            made: Vec::new(),
        };
        rests.map_err(|error| watcher.explained(error))?;
        Ok(watcher)
    }

    /// Ends it, and compares what it counted with what was called.
    fn end(&mut self) -> Result<()> {
        let process = self.process.take().context("it was ended already")?;
        process.signal(Signal::SIGINT)?;
        process.wait(END_LIMIT, || Ok(()))?;
        let text = self.printed("stdout")?;
        for call in Call::ALL {
            let of_call = self.made.iter().filter(|(made, _)| *made == call);
            let made: u64 = of_call.map(|(_, calls)| calls).sum();
            let counted = (self.counted)(&text, call)?;
            let name = call.name();
            ensure!(
                counted >= made,
                "it counted {counted} of {made} calls of {name}"
            );
        }
        Ok(())
    }

    fn printed(&self, name: &str) -> Result<String> {
        let text = std::fs::read(self.folder.path().join(name));
        let text = text.with_context(|| format!("it printed no {name}"))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// With the last line that it complained with.
    fn explained(&self, error: Error) -> Error {
        let complaints = self.printed("stderr").unwrap_or_default();
        let last = complaints.lines().rfind(|line| !line.trim().is_empty());
        match last {
            Some(last) => anyhow!("{error:#}; it says: {}", last.trim()),
            None => error,
        }
    }
}

impl Attached for Watcher {
    fn measure(&mut self, load: &Load) -> Result<f64> {
        self.made.push((load.call, load.made()));
        load.own_ns()
    }

    fn detach(mut self: Box<Self>) -> Result<()> {
        self.end().map_err(|error| self.explained(error))
    }
}
