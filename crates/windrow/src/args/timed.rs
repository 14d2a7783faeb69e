//! What the commands have in common that count what takes its time: calls and connections.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::units::{parse_count, parse_duration};

/// Whose of all that happens is counted.
#[derive(Debug, Args)]
pub struct Owners {
    /// Only this process, as it is numbered here; may be given again, like the next three
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
}

/// Windows, their rows, and where they are shown.
#[derive(Debug, Args)]
pub struct Windowed {
    /// Length of a window; windows end at multiples of it on the wall clock
    #[arg(long, value_name = "LENGTH", default_value = "1s", value_parser = parse_duration)]
    pub window: Duration,
    /// Rows shown a window; with --json and --csv, all unless this is given
    #[arg(long, value_name = "K", value_parser = parse_count)]
    pub top: Option<u64>,
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

impl Windowed {
    /// Whether windows are shown where a command is run: for people there is a report alone.
    pub fn shows_windows(&self) -> bool {
        self.json || self.csv
    }
}

/// A process's number.
fn parse_pid(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(pid) if pid > 0 => Ok(pid),
        _ => Err("a process is given by its number, as --pid 1234".to_owned()),
    }
}
