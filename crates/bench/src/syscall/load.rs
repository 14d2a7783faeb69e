//! One system call, made over and over by a process of its own: what a call takes. Tools see a process
//! like any other, and `strace` can start it.

use std::fs::File;
use std::io::Read;
use std::process::Command;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use nix::libc;
use nix::unistd::getppid;

use crate::took::Took;
use crate::{cores, cpu};

/// What is called before anything is measured, as a share of what is: a new task's storage, a new row.
const WARMING_SHARE: u64 = 10;

/// A call that has next to nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Call {
    /// Asks for the parent's number: hardly more than the way into the kernel and back.
    Getppid,
    /// Reads a byte from `/dev/zero`.
    Read,
}

impl Call {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Getppid, Self::Read];

    /// As the kernel's sources call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Getppid => "getppid",
            Self::Read => "read",
        }
    }

    /// As this architecture numbers it.
    pub fn number(self) -> i64 {
        match self {
            Self::Getppid => libc::SYS_getppid,
            Self::Read => libc::SYS_read,
        }
    }

    /// What the names of its results end with.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Getppid => "",
            Self::Read => "_read",
        }
    }
}

/// So many calls on one CPU.
#[derive(Clone, Copy, Debug, Args)]
pub struct Load {
    /// What is called.
    pub call: Call,
    /// How many calls are measured.
    pub calls: u64,
    /// The CPU that they are made on.
    pub cpu: usize,
}

impl Load {
    /// All calls that it makes, those before anything is measured too.
    pub fn made(&self) -> u64 {
        self.calls + self.warming()
    }

    fn warming(&self) -> u64 {
        self.calls / WARMING_SHARE
    }

    /// Makes the calls.
    ///
    /// # Errors
    /// When there is no such CPU, or a call fails.
    pub fn make(&self) -> Result<Took> {
        cores::pin(self.cpu)?;
        let mut zero = File::open("/dev/zero").context("opening /dev/zero")?;
        let mut repeat = |calls| -> Result<()> {
            let mut byte = [0];
            for _ in 0..calls {
                match self.call {
                    Call::Getppid => _ = getppid(),
                    Call::Read => zero.read_exact(&mut byte)?,
                }
            }
            Ok(())
        };
        repeat(self.warming())?;
        Took::by(cpu::time, || repeat(self.calls))
    }

    /// What makes them in another process, and prints what they took.
    ///
    /// # Errors
    /// When this program's own file is unknown.
    pub fn command(&self) -> Result<Command> {
        let own = std::env::current_exe().context("finding this program's own file")?;
        let mut command = Command::new(own);
        command.args(["load", self.call.name()]);
        command.args([self.calls.to_string(), self.cpu.to_string()]);
        Ok(command)
    }

    /// Nanoseconds of the processor that a call takes, in another process: what else runs on the CPU
    /// does not count.
    ///
    /// # Errors
    /// When the process fails.
    pub fn own_ns(&self) -> Result<f64> {
        let took = Took::of(&mut self.command()?)?;
        Ok(took.own_ns as f64 / self.calls as f64)
    }

    /// Nanoseconds from call to call, by the clock, of the process that `command` starts for it: what
    /// another process does about a call counts.
    ///
    /// # Errors
    /// When the process fails.
    pub fn wall_ns(&self, command: &mut Command) -> Result<f64> {
        let took = Took::of(command)?;
        Ok(took.wall_ns as f64 / self.calls as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cores::Cores;

    #[test]
    fn both_calls_can_be_made() -> Result<()> {
        let cpu = Cores::of_process()?.traffic;
        for call in Call::ALL {
            let load = Load {
                call,
                calls: 1_000,
                cpu,
            };
            let took = std::thread::spawn(move || load.make())
                .join()
                .map_err(|_| anyhow::anyhow!("it panicked"))??;
            assert!(took.own_ns > 0 && took.wall_ns > 0);
        }
        Ok(())
    }

    #[test]
    fn names_in_results_end_differently() {
        let names = Call::ALL.map(|call| format!("none{}", call.suffix()));
        assert_eq!(names, ["none", "none_read"]);
    }
}
