//! The command line of what counts system calls.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use windrow_core::calls::by::By;

use super::units::{parse_count, parse_duration};

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
    /// Only this process, as it is numbered here; may be given again, like the next four
    #[arg(long, value_name = "PID", value_delimiter = ',', value_parser = parse_pid)]
    pub pid: Vec<u32>,
    /// Only this user, by name or number
    #[arg(long, value_name = "USER", value_delimiter = ',')]
    pub uid: Vec<String>,
    /// Only processes of this name; of longer ones the kernel knows the first 15 bytes
    #[arg(long, value_name = "NAME")]
    pub comm: Vec<OsString>,
    /// Only this control group and all below it: a path from the root of the hierarchy
    #[arg(long, value_name = "PATH")]
    pub cgroup: Vec<PathBuf>,
    /// Only these calls, by name: read, i386:read (of 32-bit programs alone), syscall_467 (by number)
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
    /// Length of a window; windows end at multiples of it on the wall clock
    #[arg(long, value_name = "LENGTH", default_value = "1s", value_parser = parse_duration)]
    pub window: Duration,
    /// Rows shown a window; with --json and --csv, all unless this is given
    #[arg(long, value_name = "K", value_parser = parse_count)]
    pub top: Option<u64>,
    /// What rows are ranked by [default: count; in the report of a command time]
    #[arg(long, value_enum)]
    pub sort: Option<CallSortName>,
    /// Rows that a window has room for, over all CPUs, fixed at start
    #[arg(long, value_name = "N", default_value = "10k", value_parser = parse_count)]
    pub rows: u64,
    /// Longer windows, made by adding: lengths with commas between, as 1m,1h, each a multiple of the one
    /// before
    #[arg(long, value_name = "LENGTHS", value_delimiter = ',', value_parser = |text: &str| parse_duration(text.trim()))]
    pub rollup: Vec<Duration>,
    /// Stop after so long
    #[arg(long, value_name = "LENGTH", conflicts_with = "command", value_parser = parse_duration)]
    pub duration: Option<Duration>,
    /// Write to this file [default: standard output; with COMMAND, whose that is, standard error]
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Numbers instead of names for users
    #[arg(short = 'n', long = "numeric")]
    pub numeric: bool,
    /// One JSON object a line
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Comma-separated: the rows, with a header
    #[arg(long)]
    pub csv: bool,
}

/// A process's number.
fn parse_pid(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(pid) if pid > 0 => Ok(pid),
        _ => Err("a process is given by its number, as --pid 1234".to_owned()),
    }
}
