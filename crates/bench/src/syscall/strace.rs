//! `strace`, which starts what it counts.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::design::{Attached, Design};
use super::load::Load;
use crate::cores::on_cpu;
use crate::installed::find;

/// A call takes so much longer that a load has fewer of them.
const SHARE: u64 = 50;

/// The program.
pub struct Strace {
    program: PathBuf,
}

impl Strace {
    /// What is installed.
    ///
    /// # Errors
    /// When nothing is.
    pub fn new() -> Result<Self> {
        Ok(Self {
            program: find("strace").context("this system has no strace")?,
        })
    }
}

impl Design for Strace {
    fn attach(&mut self) -> Result<Box<dyn Attached + '_>> {
        Ok(Box::new(Tracing {
            program: &self.program,
        }))
    }
}

/// It is started anew for each load.
struct Tracing<'a> {
    program: &'a PathBuf,
}

impl Attached for Tracing<'_> {
    /// By the clock, on one CPU: what a call takes is done by another process, and waking it up on another
    /// CPU takes many times as long.
    fn measure(&mut self, load: &Load) -> Result<f64> {
        let load = Load {
            calls: load.calls / SHARE,
            ..*load
        };
        let folder = tempfile::tempdir().context("TMPDIR names another place")?;
        let summary = folder.path().join("summary");
        let made = load.command()?;
        let mut command = Command::new(self.program);
        command.args(["-c", "-f", "-o"]).arg(&summary);
        command.arg(made.get_program()).args(made.get_args());
        let ns = on_cpu(load.cpu, || load.wall_ns(&mut command))?;

        let text = fs::read_to_string(&summary).context("it wrote no summary")?;
        let (name, made) = (load.call.name(), load.made());
        let counted = calls_of(&text, name).unwrap_or(0);
        ensure!(
            counted >= made,
            "it counted {counted} of {made} calls of {name}"
        );
        Ok(ns)
    }
}

/// Of a line `% time, seconds, usecs/call, calls, [errors,] syscall`.
fn calls_of(summary: &str, name: &str) -> Option<u64> {
    let lines = summary.lines().map(str::split_whitespace);
    let mut line = lines
        .filter(|line| line.clone().next_back() == Some(name))
        .find(|line| line.clone().count() >= 5)?;
    line.nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_stand_in_the_fourth_column() {
        let text = "\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 90.10    0.123456           1     22000           getppid
  0.00    0.000000           0        12         3 read
------ ----------- ----------- --------- --------- ----------------
100.00    0.123456           1     22012         3 total
";
        assert_eq!(calls_of(text, "getppid"), Some(22_000));
        assert_eq!(calls_of(text, "read"), Some(12));
        assert_eq!(calls_of(text, "write"), None);
    }
}
