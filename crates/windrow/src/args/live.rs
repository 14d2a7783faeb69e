//! The command lines of what counts live packets.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use windrow_core::by::By;
use windrow_core::hierarchy::Hierarchy;
use windrow_core::reduction::Reduction;
use windrow_core::spill_budget::SpillBudget;

use super::SortName;
use super::rollup::Rollup;
use super::units::{parse_bytes, parse_count, parse_duration};

/// Where packets are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HookName {
    /// tcx, or clsact on kernels before 6.6
    Auto,
    /// Traffic control, both directions
    Tcx,
    /// The driver's hook, ingress only
    Xdp,
}

/// Which way packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DirectionName {
    /// Into the host
    In,
    /// Out of the host
    Out,
    /// Both ways
    Both,
}

/// How rows leave the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportName {
    /// Read where they lie, in memory shared with the kernel
    Map,
    /// Submitted by the kernel to a ring buffer
    Ring,
}

/// `windrow monitor`.
#[derive(Debug, Args)]
pub struct Monitor {
    /// Interface to watch [default: that of the default route], then which packets: `host`, `net`,
    /// `port`, `src`, `dst`, `tcp`, `udp`, `icmp`, `ip`, `ip6`, `vlan`, `and`, `or`, `not`,
    /// parentheses
    #[arg(value_names = ["IFACE", "FILTER"])]
    pub words: Vec<String>,
    /// An interface, several of them (give it again), `any`, or a pattern in quotes: 'veth*'. Those
    /// that appear later and match are watched too
    #[arg(short, long = "interface", value_name = "IFACE")]
    pub interfaces: Vec<String>,
    /// What a pattern matches and is not watched all the same
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// Where in the kernel packets are counted
    #[arg(long, value_enum, default_value = "auto")]
    pub hook: HookName,
    /// Which packets [default: both; with --hook xdp: in]
    #[arg(long, value_enum)]
    pub direction: Option<DirectionName>,
    /// Length of a window; windows end at multiples of it on the wall clock
    #[arg(long, value_name = "LENGTH", default_value = "1s", value_parser = parse_duration)]
    pub window: Duration,
    /// Let the length of windows follow the load: shorter as soon as tables fill, longer when they
    /// have long been nearly empty; --window is the first
    #[arg(long)]
    pub adaptive: bool,
    /// The shortest window: 250ms, 500ms, 1s, 2s, 5s, 10s, 15s, 30s or 1m
    #[arg(long, value_name = "LENGTH", default_value = "250ms", requires = "adaptive", value_parser = parse_duration)]
    pub min_window: Duration,
    /// The longest window, of the same lengths [default: 1m, or what makes up those of --rollup]
    #[arg(long, value_name = "LENGTH", requires = "adaptive", value_parser = parse_duration)]
    pub max_window: Option<Duration>,
    /// Flows shown a window; with --json and --csv, all unless this is given
    #[arg(long, value_name = "K", value_parser = parse_count)]
    pub top: Option<u64>,
    /// What flows are ranked by
    #[arg(long, value_enum, default_value = "packets")]
    pub sort: SortName,
    /// What packets are grouped by: src, dst (also src/24, or src/24/48 with a length for IPv6),
    /// src_net, dst_net (names by --networks), sport, dport, proto, iface, dir, vlan, tos, with commas
    /// between [default: the 5-tuple]
    #[arg(long, value_name = "KEYS", value_parser = By::parse)]
    pub by: Option<By>,
    /// Names of networks: a file with lines like `10.1.0.0/16 office`, of which the longest prefix
    /// names an address; beside src and dst they come by themselves
    #[arg(long, value_name = "FILE")]
    pub networks: Option<PathBuf>,
    /// All that the kernel may hold for the tables, fixed at start
    #[arg(long, value_name = "BYTES", default_value = "128M", value_parser = parse_bytes)]
    pub memory: u64,
    /// Rows that had to leave for others are kept one by one as long as all lines are at most so much
    /// of the events; 0% folds them all into networks
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = SpillBudget::parse)]
    pub spill_budget: SpillBudget,
    /// Fold the smallest flows of a window into networks until there are so many events for each line
    /// of output, as 100x [default: every flow that has a row keeps it]
    #[arg(long, value_name = "FACTOR", value_parser = Reduction::parse)]
    pub reduce: Option<Reduction>,
    /// Show all networks of these levels too, as a tree: 24, 16, 8 with commas between (of IPv6 they are
    /// 64, 48, 32) [default: only networks of which packets were folded]
    #[arg(long, value_name = "LEVELS", value_parser = Hierarchy::parse, conflicts_with = "csv")]
    pub hierarchy: Option<Hierarchy>,
    /// Longer windows
    #[command(flatten)]
    pub rollup: Rollup,
    /// How rows leave the kernel; they are the same either way
    #[arg(long, value_enum, default_value = "map")]
    pub export: ExportName,
    /// Stop after so long
    #[arg(long, value_name = "LENGTH", value_parser = parse_duration)]
    pub duration: Option<Duration>,
    /// Numbers instead of names for ports and protocols
    #[arg(short = 'n', long = "numeric")]
    pub numeric: bool,
    /// One JSON object a line
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Comma-separated: the flow rows, with a header
    #[arg(long)]
    pub csv: bool,
}

/// What events are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SourceName {
    /// Packets
    Net,
    /// System calls, of the whole host
    Syscalls,
    /// TCP connections, of the whole host
    Connects,
}

/// `windrow measure`.
#[derive(Debug, Args)]
pub struct Measure {
    /// Interface to measure [default: that of the default route]
    #[arg(value_name = "IFACE", conflicts_with = "interface")]
    pub positional: Option<String>,
    /// The same, by name
    #[arg(short, long = "interface", value_name = "IFACE")]
    pub interface: Option<String>,
    /// What is counted
    #[arg(long, value_enum, default_value = "net")]
    pub source: SourceName,
    /// For how long
    #[arg(long, value_name = "LENGTH", default_value = "60s", value_parser = parse_duration)]
    pub duration: Duration,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// `windrow demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Packets a second
    #[arg(long, value_name = "N", default_value = "1M", value_parser = parse_count)]
    pub rate: u64,
    /// Flows that the packets belong to
    #[arg(long, value_name = "N", default_value = "1000", value_parser = parse_count)]
    pub flows: u64,
    /// How long
    #[arg(long, value_name = "LENGTH", default_value = "10s", value_parser = parse_duration)]
    pub duration: Duration,
    /// Where in the kernel packets are counted
    #[arg(long, value_enum, default_value = "xdp")]
    pub hook: HookName,
    /// All that the kernel may hold for the tables, fixed at start
    #[arg(long, value_name = "BYTES", default_value = "128M", value_parser = parse_bytes)]
    pub memory: u64,
    /// How rows leave the kernel; they are the same either way
    #[arg(long, value_enum, default_value = "map")]
    pub export: ExportName,
    /// Numbers instead of names for ports and protocols
    #[arg(short = 'n', long = "numeric")]
    pub numeric: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `windrow doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Only this interface [default: all]
    #[arg(short, long = "interface", value_name = "IFACE")]
    pub interface: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}
