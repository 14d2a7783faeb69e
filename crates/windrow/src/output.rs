//! Where windows go: one file a format. Results on stdout, messages on stderr.

pub mod csv;
mod distinct;
pub mod json;
mod key;
pub mod layout;
mod levels;
#[cfg(feature = "kernel")]
pub mod measure;
mod names;
pub mod report;
pub mod screen;
mod teller;
pub mod terminal;
mod tree;
pub mod tsv;
pub mod units;
mod warning;

use std::io::{BufWriter, stdout};
use std::time::Duration;

use jiff::tz::TimeZone;
use windrow_core::adaptive;
use windrow_core::bounds::Bounds;
use windrow_core::edges::WallNanos;
use windrow_core::reduction::Reduction;
use windrow_core::run::Run;
#[cfg(feature = "kernel")]
use windrow_core::tally::Tally;
use windrow_core::top::Sort;
use windrow_core::window::Window;
#[cfg(feature = "kernel")]
use windrow_datapath::kernel::Direction;

use crate::config::DEFAULT_TOP;
use crate::notes::Notes;

#[cfg(feature = "kernel")]
pub use csv::of_writing;
#[cfg(feature = "kernel")]
pub use key::Address;
pub use key::Keys;
#[cfg(feature = "kernel")]
pub use names::interfaces;
pub use names::protocol_number;
pub use teller::Teller;
pub use warning::Warning;

/// Where events come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Packets of interfaces.
    #[cfg(feature = "kernel")]
    Net {
        /// Those that are watched at the start, printable.
        interfaces: Vec<String>,
        /// The names and patterns that were asked for, likewise.
        asked: Vec<String>,
        /// Where: tcx, clsact, xdp; `None` while there is no interface yet.
        hook: Option<&'static str>,
        /// Which packets.
        direction: Direction,
    },
    /// Records of captures.
    Replay {
        /// The files, in order, as they were given.
        files: Vec<String>,
        /// What counts: user, kernel.
        engine: &'static str,
        /// What a record's bytes are.
        bytes: ByteLength,
    },
}

impl Source {
    /// Whether everything is there already, and is shown as fast as it is read.
    pub fn is_replay(&self) -> bool {
        matches!(self, Source::Replay { .. })
    }
}

/// Which length of a record is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteLength {
    /// What was captured of it.
    Captured,
    /// What it had on the wire.
    Wire,
}

impl ByteLength {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ByteLength::Captured => "cap",
            ByteLength::Wire => "wire",
        }
    }
}

/// How events are counted, known before the first is.
#[derive(Clone, Debug)]
pub struct Start {
    /// Where they come from.
    pub source: Source,
    /// What packets are grouped by.
    pub keys: Keys,
    /// Length of a window; `None` is one over everything.
    pub window: Option<Duration>,
    /// The shortest and the longest that windows may be, where their length follows the load.
    pub adaptive: Option<(Duration, Duration)>,
    /// Bytes that the tables hold.
    pub memory_bytes: u64,
    /// Rows of one CPU in one window.
    pub rows_per_cpu: u64,
    /// Longer windows, the shortest first.
    pub tiers: Vec<Tier>,
}

/// Windows that are made of shorter ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Their length.
    pub window: Duration,
    /// Bytes that their tables hold.
    pub memory_bytes: u64,
    /// Rows in one of them.
    pub rows: u64,
}

/// Packets that an interface counted and that came to no hook of ours.
#[cfg(feature = "kernel")]
#[derive(Clone, Debug)]
pub struct HiddenBy {
    /// The interface, printable.
    pub interface: String,
    /// Which way they went: in or out.
    pub direction: Direction,
    /// Packets that it counted.
    pub counted: u64,
    /// Packets that we saw.
    pub seen: u64,
    /// Programs of others that run before ours.
    pub ahead: Vec<String>,
}

/// What became of an interface while packets were counted; names are printable.
#[cfg(feature = "kernel")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It appeared, and is watched from now on.
    Attached {
        /// Its name.
        name: String,
    },
    /// It went, and all that it counted is in the windows until then.
    Gone {
        /// Its last name.
        name: String,
        /// It lives on in another network namespace.
        moved: bool,
        /// It was asked for by name, and others go on.
        asked_for: bool,
    },
    /// It is called otherwise.
    Renamed {
        /// So far.
        from: String,
        /// From now on.
        to: String,
    },
    /// It matches a pattern, and cannot be watched, like others of its kind.
    LeftOut {
        /// Its name.
        name: String,
        /// The sentence.
        why: String,
    },
    /// Somebody took windrow's programs off it.
    Removed {
        /// Its name.
        name: String,
        /// Why they could not be attached again; `None` is that they were.
        why: Option<String>,
    },
}

/// What a window does not know of itself.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// How long reading the tables took.
    pub drain: Duration,
    /// Events that the kernel could not run the hook for.
    pub lost: u64,
    /// What the interface's own counters moved by.
    pub interface_packets: Option<u64>,
    /// Most packets are hidden from us.
    #[cfg(feature = "kernel")]
    pub hidden: Option<HiddenBy>,
    /// What became of interfaces since the last window.
    #[cfg(feature = "kernel")]
    pub changes: Vec<Change>,
    /// What was decided in the window on the length of those that follow.
    pub length: Option<adaptive::Change>,
    /// What is to be said of the records of a capture.
    pub notes: Notes,
    /// What the window was to be reduced by, where that was out of reach.
    pub unreduced: Option<Reduction>,
}

impl Conditions {
    /// What of them adds up over windows.
    pub fn along(&self) -> Conditions {
        Conditions {
            drain: self.drain,
            lost: self.lost,
            interface_packets: self.interface_packets,
            notes: self.notes,
            ..Conditions::default()
        }
    }
}

/// A flow that was looked for, whether it has rows or not.
#[derive(Clone, Debug)]
pub struct LookedUp {
    /// As it was asked for.
    pub key: String,
    /// In windows of which length; `None`: in one over everything.
    pub window: Option<Duration>,
    /// Over all of these.
    pub bounds: Bounds,
}

/// What `replay` knows beyond what it counted.
#[derive(Clone, Copy, Debug)]
pub struct Captured {
    /// What is to be said of the records.
    pub notes: Notes,
    /// What their bytes were counted as.
    pub bytes: ByteLength,
    /// Everything was read: it was not interrupted, and nothing was damaged.
    pub complete: bool,
    /// The times of the first and the last.
    pub times: Option<(WallNanos, WallNanos)>,
}

/// What `demo` knows beyond what it counted.
#[cfg(feature = "kernel")]
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// What the generator made.
    pub made: Tally,
    /// What of it the link dropped before the hook: its queue was full.
    pub dropped: Tally,
    /// What the receiving interface says it got.
    pub interface: Tally,
    /// What one packet costs, from program test runs.
    pub ns_per_packet: f64,
    /// TCP connections that were asked for behind the packets; `None`: none were counted.
    pub connects: Option<u64>,
}

/// The end of a run.
#[derive(Debug)]
pub struct Summary<'a> {
    /// Everything counted.
    pub run: &'a Run,
    /// With `demo`.
    #[cfg(feature = "kernel")]
    pub sent: Option<Sent>,
    /// With `replay`.
    pub captured: Option<Captured>,
    /// Flows that were looked for.
    pub looked_up: Vec<LookedUp>,
}

impl<'a> Summary<'a> {
    /// Of a run that is known by what it counted alone.
    pub fn of(run: &'a Run) -> Self {
        Summary {
            run,
            #[cfg(feature = "kernel")]
            sent: None,
            captured: None,
            looked_up: Vec::new(),
        }
    }
}

/// Takes what a run brings, in order: start, windows, summary.
pub trait Sink {
    /// From now on events are counted.
    fn start(&mut self, start: &Start) -> anyhow::Result<()>;
    /// A window was closed.
    fn window(
        &mut self,
        window: &Window,
        conditions: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()>;
    /// The run is over.
    fn summary(&mut self, summary: &Summary<'_>) -> anyhow::Result<()>;
}

/// How a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people; ports and protocols as numbers if so.
    Screen {
        /// No names.
        numeric: bool,
    },
    /// JSON lines.
    Json,
    /// The flow rows, comma-separated.
    Csv,
    /// Flow rows and reasons, tab-separated.
    Tsv,
}

/// A sink on stdout that shows the `top` largest flows a window by `sort`; without `top` ten on a
/// screen, and all of them in every other format.
pub fn on_stdout(format: Format, top: Option<u64>, sort: Sort) -> Box<dyn Sink> {
    let out = BufWriter::new(stdout());
    let top = top.map(|k| usize::try_from(k).unwrap_or(usize::MAX));
    match format {
        Format::Json => Box::new(json::Json::new(out, top, sort)),
        Format::Csv => Box::new(csv::Csv::new(out, top, sort)),
        Format::Tsv => Box::new(tsv::Tsv::new(out, top, sort)),
        Format::Screen { numeric } => {
            let look = screen::Look::of_stdout(top.unwrap_or(DEFAULT_TOP), sort, numeric);
            Box::new(screen::Screen::new(out, look, TimeZone::system()))
        }
    }
}
