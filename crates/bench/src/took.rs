//! What a load took, that a process of its own makes: tools see it like any other process.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// What a load took, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Took {
    /// Of the processor.
    pub own_ns: u64,
    /// From its beginning to its end, whatever else ran meanwhile.
    pub wall_ns: u64,
}

impl Took {
    /// By some work, with a clock of the processor.
    ///
    /// # Errors
    /// Those of the work, and of the clock.
    pub fn by(
        clock: impl Fn() -> Result<Duration>,
        work: impl FnOnce() -> Result<()>,
    ) -> Result<Self> {
        let (began, own_before) = (Instant::now(), clock()?);
        work()?;
        Ok(Self {
            own_ns: (clock()? - own_before).as_nanos() as u64,
            wall_ns: began.elapsed().as_nanos() as u64,
        })
    }

    /// By a process that prints it.
    ///
    /// # Errors
    /// When it fails.
    pub fn of(command: &mut Command) -> Result<Self> {
        let output = command.output().context("starting a load")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "a load failed: {}",
            complaint.trim()
        );
        serde_json::from_slice(&output.stdout).context("reading what a load took")
    }
}
