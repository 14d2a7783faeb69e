//! The command line as it is written. What it means is decided in [`crate::config`].

#[cfg(feature = "kernel")]
mod calls;
#[cfg(feature = "kernel")]
mod connects;
#[cfg(feature = "kernel")]
mod live;
mod rollup;
#[cfg(feature = "kernel")]
mod timed;
mod units;

use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

#[cfg(feature = "kernel")]
pub use calls::{CallSortName, Syscalls};
#[cfg(feature = "kernel")]
pub use connects::{ConnectSortName, Connects};
#[cfg(feature = "kernel")]
pub use live::{Demo, DirectionName, Doctor, ExportName, HookName, Measure, Monitor, SourceName};
pub use rollup::Rollup;
#[cfg(feature = "kernel")]
pub use timed::{Owners, Windowed};
use windrow_core::by::By;
use windrow_core::hierarchy::Hierarchy;
use windrow_core::reduction::Reduction;
use windrow_core::spill_budget::SpillBudget;

use units::{Windows, parse_bytes, parse_count, parse_windows};

/// Counts packets, system calls and TCP connections in the kernel, per window, and proves that none was lost.
#[derive(Debug, Parser)]
#[command(
    name = "windrow",
    version,
    disable_help_subcommand = true,
    max_term_width = 100
)]
#[cfg_attr(
    feature = "kernel",
    command(after_help = "Examples:
  windrow doctor                          what this kernel and this user can do
  windrow monitor eth0                    the flows of an interface, every second
  windrow measure eth0                    what that saves, and what it costs
  windrow syscalls                        who calls the kernel, how often, how long
  windrow connects                        who connects to whom, and what comes of it
  windrow replay capture.pcap             the flows of a capture
  windrow monitor --help                  options and examples of a command

Exits with 0 when all went well, with 1 when something failed, with 2 when what was asked for cannot
be, and with 3 when what was watched is gone; with `-- COMMAND`, as that command does.")
)]
#[cfg_attr(
    not(feature = "kernel"),
    command(
        after_help = "This build replays captures only: it was made without the feature `kernel`."
    )
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// Reads the command line.
    ///
    /// # Errors
    /// What is wrong with it; or help or the version, which were asked for.
    pub fn of_command_line() -> Result<Arguments, clap::Error> {
        let mut command = Arguments::command().mut_subcommands(with_negative_values);
        let matches = command.try_get_matches_from_mut(std::env::args_os())?;
        Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

/// The same, where a negative number behind an option is its value: its parser says what is wrong with that.
fn with_negative_values(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| match arg.is_positional() {
        true => arg,
        false => {
            let takes_values = arg.get_action().takes_values();
            arg.allow_negative_numbers(takes_values)
        }
    })
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the flows of an interface, window by window
    #[cfg(feature = "kernel")]
    #[command(after_help = "Examples:
  windrow monitor eth0                    the top 10 flows, every second
  windrow monitor -i eth0 --window 10s --sort bytes
  windrow monitor eth0 --json --duration 60s > flows.jsonl
  windrow monitor eth0 tcp and not port 22
  windrow monitor -i any --exclude lo --by iface,dir
  windrow monitor -i 'veth*' --by src/24,dport,proto
  windrow monitor eth0 --networks office.txt --by src_net,dst_net
  windrow monitor eth0 --rollup 1m,1h     minutes and hours beside the seconds
  windrow monitor eth0 --adaptive         windows as long as the load lets them be
  windrow monitor eth0 --hierarchy 16,8   the flows, and a tree of their networks
  windrow monitor eth0 --hook xdp         before the kernel makes packets of frames; ingress only")]
    Monitor(Monitor),
    /// Measure what counting in the kernel saves and costs on this host
    #[cfg(feature = "kernel")]
    #[command(after_help = "Examples:
  windrow measure eth0                    what a minute of its packets is reduced to, at what cost
  windrow measure eth0 --duration 10m --json
  windrow measure --source syscalls       the same of the host's system calls
  windrow measure --source connects       and of its TCP connections

Ctrl-C ends it early, with the report. To learn what a packet or a call costs the kernel's
run-time statistics are switched on for 1 s in 10, which takes CAP_SYS_ADMIN.")]
    Measure(Measure),
    /// Show who asks the kernel for what, how often, and how long it takes
    #[cfg(feature = "kernel")]
    #[command(after_help = "Examples:
  windrow syscalls                        the top 10 of the whole host, every second
  windrow syscalls --sort time --by comm,syscall
  windrow syscalls --pid 1234 --syscall read,write --window 10s
  windrow syscalls --cgroup /system.slice/nginx.service --rollup 1m --json
  windrow syscalls -- make -j4            what a command and all it starts ask for, as strace -c -f
  windrow syscalls --json -o calls.jsonl -- ./server --port 80

Calls are counted where they end, under the name that their process has then. What io_uring
does in place of calls is none, and is not seen.")]
    Syscalls(Syscalls),
    /// Show who connects to whom, how often it fails and why, and how long it takes
    #[cfg(feature = "kernel")]
    #[command(after_help = "Examples:
  windrow connects                        the top 10 of the whole host, every second
  windrow connects --by comm,dst,dport --sort failed
  windrow connects --by dst/16,dport --window 10s --rollup 1m --json
  windrow connects --pid 1234 --health    round trips, retransmits, bytes of what closes
  windrow connects -- curl https://example.org

Only TCP. Sources are who connects, destinations who accepts, whichever of them is this host. A row of \
accepted connections carries the process that listens.")]
    Connects(Connects),
    /// Show the flows of captures: pcap and pcapng, plain, gzip or zstd
    #[command(override_usage = "windrow replay [OPTIONS] FILE... [FILTER]")]
    #[command(
        after_help = "FILTER is a part of pcap-filter(7): host net port portrange src dst proto
tcp udp sctp icmp icmp6 ip ip6 vlan, and or not, parentheses. What it leaves out is
counted as filtered. A capture that is called like a keyword is given as ./tcp.

Examples:
  windrow replay capture.pcap             totals and the top 10 flows
  windrow replay --window 1s --top 5 capture.pcapng.gz
  windrow replay capture.pcap tcp port 443 and not net 10.0.0.0/8
  windrow replay --by src/24,dport capture.pcap
  windrow replay --window 1s --rollup 1m,1h --json capture.pcap
  windrow replay --networks office.txt --by src_net,dst_net capture.pcap
  windrow replay --lookup 10.0.0.1,10.0.0.2,1234,80,tcp capture.pcap
  windrow replay --json 'trace-*.pcap' | jq …
  tcpdump -U -w - | windrow replay - --window 10s"
    )]
    Replay(Replay),
    /// Generate traffic in namespaces of its own and count it: the whole pipeline, end to end
    #[cfg(feature = "kernel")]
    #[command(after_help = "Examples:
  windrow demo                            1 million packets a second, 1000 flows, 10 seconds
  windrow demo --flows 500000             more flows than rows: totals stay exact
  windrow demo --hook tcx --rate 200k --duration 5s --json")]
    Demo(Demo),
    /// Try what this kernel and this user can do, and say what to do about the rest
    #[cfg(feature = "kernel")]
    #[command(after_help = "Exits with 0 only if `windrow monitor IFACE` would work.

Examples:
  windrow doctor                          everything
  windrow doctor -i eth0 --json           one interface, for programs")]
    Doctor(Doctor),
    /// Remove what a killed windrow left behind, where the kernel has no links (before 6.6)
    #[cfg(feature = "kernel")]
    #[command(
        after_help = "Looks at every interface of this network namespace. Removes filters of windrow's own whose
process is gone, and nothing else: not those of a windrow that runs, not another's, no qdisc.
Exits with 0 when nothing of that is left, with 1 if something could not be removed.

Examples:
  windrow cleanup
  ip netns exec blue windrow cleanup      in another network namespace"
    )]
    Cleanup,
    /// Print what a shell needs to complete windrow's command lines
    #[command(after_help = "Examples:
  windrow completions bash > /usr/share/bash-completion/completions/windrow
  windrow completions zsh > \"${fpath[1]}/_windrow\"
  windrow completions fish > ~/.config/fish/completions/windrow.fish")]
    Completions(Completions),
    /// Print a manual page, windrow's own or that of a command
    #[command(after_help = "Examples:
  windrow man | man -l -
  windrow man replay > /usr/local/share/man/man1/windrow-replay.1")]
    Man(Man),
}

/// What flows are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SortName {
    /// Packets
    Packets,
    /// Bytes
    Bytes,
}

/// What counts the frames of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// This process: no privilege is needed
    User,
    /// The programs in the kernel, run on every frame: needs root
    #[cfg(feature = "kernel")]
    Kernel,
}

/// Which length of a record is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BytesName {
    /// As captured
    Cap,
    /// As it was on the wire
    Wire,
}

/// `windrow replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// Captures, read as one stream: files, folders, patterns in quotes, `-` for standard input;
    /// behind them, from a keyword on, what of them is counted, as `tcp port 443`
    #[arg(value_name = "FILE", required = true)]
    pub words: Vec<PathBuf>,
    /// Length of a window, or `all`; windows start at multiples of it, by the time of the records
    #[arg(long, value_name = "LENGTH", default_value = "all", value_parser = parse_windows)]
    pub window: Windows,
    /// Flows shown a window; with --json, --csv and --tsv, all unless this is given
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
    /// names an address; beside src and dst they come by themselves, but not with --tsv
    #[arg(long, value_name = "FILE")]
    pub networks: Option<PathBuf>,
    /// Which length of a record is counted
    #[arg(long, value_enum, default_value = "cap")]
    pub bytes: BytesName,
    /// What counts
    #[arg(long, value_enum, default_value = "user")]
    pub engine: EngineName,
    /// All that the tables may hold
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
    #[arg(long, value_name = "LEVELS", value_parser = Hierarchy::parse, conflicts_with_all = ["csv", "tsv"])]
    pub hierarchy: Option<Hierarchy>,
    /// Longer windows
    #[command(flatten)]
    pub rollup: Rollup,
    /// A flow whose bounds over all windows are shown at the end, whether it has rows or not: the
    /// values of --by with commas between, as 10.0.0.1,10.0.0.2,1234,80,tcp; may be given again
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, conflicts_with_all = ["csv", "tsv"])]
    pub lookup: Vec<String>,
    /// Which rows share a bucket; the same capture and seed give the same rows every time
    #[arg(long, value_name = "N", default_value = "0")]
    pub seed: u64,
    /// Numbers instead of names for ports and protocols
    #[arg(short = 'n', long = "numeric")]
    pub numeric: bool,
    /// One JSON object a line
    #[arg(long, conflicts_with_all = ["csv", "tsv"])]
    pub json: bool,
    /// Comma-separated: the flow rows, with a header
    #[arg(long, conflicts_with = "tsv")]
    pub csv: bool,
    /// Tab-separated: src dst sport dport proto packets bytes
    #[arg(long)]
    pub tsv: bool,
}

/// `windrow completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `windrow man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Which command
    pub command: Option<String>,
}
