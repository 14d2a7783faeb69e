//! Where windows of what is timed go: one file a format. What is told of which is its own:
//! [`Face`], [`Records`], [`Page`].

mod csv;
mod json;
mod screen;
mod warning;

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, BufWriter, Write, stderr, stdout};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use jiff::tz::TimeZone;
use windrow_core::timed::Subject;
use windrow_core::timed::run::Run;
use windrow_core::timed::window::{Ledger, Row, Window};

use crate::args::Windowed;
use crate::output::terminal::Terminal;

pub use crate::output::Warning;
pub use csv::Csv;
pub use json::{Json, Records};
pub use screen::{Look, Page, Screen, Style, View, times};

/// What every output needs to know of what is counted.
pub trait Face: Subject<By: Copy + Debug + Default> + 'static {
    /// As in every output.
    const SOURCE: &'static str;
    /// For people: system calls.
    const WHAT: &'static str;
    /// One of what rows count.
    const UNIT: &'static str;
    /// One of what takes time.
    const TIMED: &'static str;
    /// How it is counted, beside what every subject has.
    type How: Clone + Debug + Default;
    /// What rows are ranked by.
    type Sort: Copy + Debug;

    /// The `k` largest rows, or all there are, largest first.
    fn top(rows: &[Row<Self>], k: Option<usize>, sort: Self::Sort) -> Vec<&Row<Self>>;

    /// What is unaccounted for, for people; `None`: nothing.
    fn residue(ledger: &Ledger<Self>) -> Option<String>;

    /// All that is to be said of a window, each at most once.
    fn warnings(window: &Window<Self>, conditions: &Conditions) -> Vec<Warning>;
}

/// How it is counted, known before the first is.
#[derive(Clone, Debug)]
pub struct Start<S: Face> {
    /// What it is grouped by.
    pub by: S::By,
    /// What else there is to say of it.
    pub how: S::How,
    /// Length of a window.
    pub window: Duration,
    /// Lengths and rows of longer windows, the shortest first.
    pub tiers: Vec<(Duration, u64)>,
    /// Bytes that the tables hold.
    pub memory_bytes: u64,
    /// Rows of one CPU in one window.
    pub rows_per_cpu: u64,
    /// Only a command's.
    pub of_command: bool,
}

/// What a window does not know of itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    /// How long reading the tables took.
    pub drain: Duration,
    /// Times that the kernel could not run a program.
    pub lost: u64,
    /// What had begun and not ended when the window did.
    pub in_flight: i64,
}

/// The end of a run.
#[derive(Debug)]
pub struct Summary<'a, S: Face> {
    /// Everything counted.
    pub run: &'a Run<S>,
    /// What had begun and not ended at the end, by looking at each; `None`: nobody could.
    pub in_flight: Option<u64>,
    /// How long it was counted.
    pub length: Duration,
    /// The exit code of the command, if there was one.
    pub exit_code: Option<u8>,
}

impl<S: Face> Summary<'_, S> {
    /// Beginnings that are nowhere, by looking at all that is in flight: 0, or what was lost, or a bug.
    pub fn residue_of_beginnings(&self) -> Option<i64> {
        let in_flight = i64::try_from(self.in_flight?).ok()?;
        Some(self.run.in_flight - in_flight)
    }
}

/// Takes what a run brings, in order: start, windows, summary.
pub trait Sink<S: Face> {
    /// From now on it is counted.
    fn start(&mut self, start: &Start<S>) -> anyhow::Result<()>;
    /// A window was closed.
    fn window(
        &mut self,
        window: &Window<S>,
        conditions: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()>;
    /// The run is over.
    fn summary(&mut self, summary: &Summary<'_, S>) -> anyhow::Result<()>;
}

/// How a run is to be shown, and where.
#[derive(Debug)]
pub struct Place<'a, S: Face> {
    /// As it was asked for.
    pub windowed: &'a Windowed,
    /// What rows are ranked by.
    pub sort: S::Sort,
    /// A command owns standard output.
    pub of_command: bool,
}

/// A file whose errors say which it is.
struct Named {
    file: File,
    path: PathBuf,
}

impl Named {
    fn named(&self, error: &io::Error) -> io::Error {
        let path = self.path.display();
        io::Error::new(error.kind(), format!("cannot write to {path}: {error}"))
    }
}

impl Write for Named {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|error| self.named(&error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(|error| self.named(&error))
    }
}

impl<S: Page + Records> Place<'_, S> {
    /// The sink.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn sink(&self) -> anyhow::Result<Box<dyn Sink<S>>> {
        let windowed = self.windowed;
        let (out, terminal): (Box<dyn Write>, Terminal) = match (&windowed.output, self.of_command)
        {
            (Some(path), _) => {
                let file = File::create(path)
                    .with_context(|| format!("cannot write to {}", path.display()))?;
                let path = path.clone();
                let file = Named { file, path };
                (Box::new(file), Terminal::default())
            }
            (None, true) => (Box::new(stderr()), Terminal::of(&stderr())),
            (None, false) => (Box::new(stdout()), Terminal::of(&stdout())),
        };
        let out = BufWriter::new(out);
        let top = windowed
            .top
            .map(|k| usize::try_from(k).unwrap_or(usize::MAX));
        if windowed.json {
            return Ok(Box::new(Json::new(out, top, self.sort)));
        }
        if windowed.csv {
            return Ok(Box::new(Csv::new(out, top, self.sort)));
        }
        let look = Look {
            top,
            sort: self.sort,
            terminal,
        };
        let style = Style::new(windowed.numeric);
        let zone = TimeZone::system();
        Ok(Box::new(Screen::new(out, look, style, zone)))
    }
}
