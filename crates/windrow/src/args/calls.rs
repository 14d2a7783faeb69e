//! The command line of what counts system calls.

use std::ffi::OsString;

use clap::{Args, ValueEnum};
use windrow_core::calls::by::By;

use super::timed::{Owners, Windowed};

/// What rows of calls are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CallSortName {
    /// How many
    Count,
    /// The time of all
    Time,
    /// The longest
    Max,
    /// How many failed
    Errors,
}

/// `windrow syscalls`.
#[derive(Debug, Args)]
pub struct Syscalls {
    /// Run this, and count only its calls and those of all that it starts, from its own execve on;
    /// windrow exits with its exit code
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
    /// What calls are grouped by: uid, gid, pid, comm, syscall, cgroup, with commas between
    /// [default: uid,gid,pid,syscall; in the report of a command syscall]
    #[arg(long, value_name = "KEYS", value_parser = By::parse)]
    pub by: Option<By>,
    /// Whose
    #[command(flatten)]
    pub owners: Owners,
    /// Only these calls, by name: read, i386:read (of 32-bit programs alone), syscall_467 (by number);
    /// may be given again
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub syscall: Vec<String>,
    /// No histograms: how long calls took in all, at least and at most, and no quantiles
    #[arg(long, conflicts_with = "counts")]
    pub no_quantiles: bool,
    /// Only count, where calls begin: neither durations nor errors, for less than half of the cost
    #[arg(long)]
    pub counts: bool,
    /// Count windrow's own calls like all others
    #[arg(long = "self", conflicts_with = "command")]
    pub own: bool,
    /// What rows are ranked by [default: count; in the report of a command time]
    #[arg(long, value_enum)]
    pub sort: Option<CallSortName>,
    /// Windows
    #[command(flatten)]
    pub windowed: Windowed,
}
