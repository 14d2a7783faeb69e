//! The command line of what counts TCP connections.

use std::ffi::OsString;

use clap::{Args, ValueEnum};
use windrow_core::connects::by::By;

use super::timed::{Owners, Windowed};

/// What rows of connections are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConnectSortName {
    /// How many were tried, or accepted
    Attempts,
    /// How many came to be
    Established,
    /// How many did not
    Failed,
    /// The time of all handshakes
    Time,
}

/// `windrow connects`.
#[derive(Debug, Args)]
pub struct Connects {
    /// Run this, and count only the connections that it and all that it starts make, and those that
    /// their listeners accept; windrow exits with its exit code
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
    /// What connections are grouped by: pid, comm, uid, cgroup, src, dst (also src/24, or src/24/48
    /// with a length for IPv6), dport, with commas between; by whether they go out or come in always
    /// [default: pid,src,dst,dport]
    #[arg(long, value_name = "KEYS", value_parser = By::parse)]
    pub by: Option<By>,
    /// Whose
    #[command(flatten)]
    pub owners: Owners,
    /// What becomes of connections, too, when they close: round trips, retransmits, bytes, how long
    /// they lasted
    #[arg(long)]
    pub health: bool,
    /// No histograms: how long handshakes took in all, at least and at most, and no quantiles
    #[arg(long)]
    pub no_quantiles: bool,
    /// What rows are ranked by
    #[arg(long, value_enum, default_value = "attempts")]
    pub sort: ConnectSortName,
    /// Windows
    #[command(flatten)]
    pub windowed: Windowed,
}
