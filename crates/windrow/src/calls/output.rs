//! Where windows of calls go: one file a format.

mod csv;
mod json;
mod report;
mod row;
mod screen;
mod table;
mod users;
mod warning;

use std::fs::File;
use std::io::{self, BufWriter, Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use jiff::tz::TimeZone;
use windrow_core::calls::by::By;
use windrow_core::calls::run::Run;
use windrow_core::calls::top::Sort;
use windrow_core::calls::window::Window;

use crate::calls::cgroups::Cgroups;
use crate::output::terminal::Terminal;

pub use warning::Warning;

/// How calls are counted, known before the first is.
#[derive(Clone, Debug)]
pub struct Start {
    /// What they are grouped by.
    pub by: By,
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
    /// Neither durations nor errors are known.
    pub counts: bool,
}

/// What a window does not know of itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    /// How long reading the tables took.
    pub drain: Duration,
    /// Times that the kernel could not run a program.
    pub lost: u64,
    /// Calls that had begun and not ended when the window did.
    pub in_flight: i64,
}

/// The end of a run.
#[derive(Debug)]
pub struct Summary<'a> {
    /// Everything counted.
    pub run: &'a Run,
    /// Tasks that were in a call at the end, by looking at each; `None`: nobody could.
    pub in_calls: Option<u64>,
    /// How long it was counted.
    pub length: Duration,
    /// The exit code of the command, if there was one.
    pub exit_code: Option<u8>,
}

impl Summary<'_> {
    /// Beginnings that are nowhere, by looking at all tasks: 0, or what was lost, or a bug.
    pub fn residue_of_beginnings(&self) -> Option<i64> {
        let in_calls = i64::try_from(self.in_calls?).ok()?;
        Some(self.run.in_flight - in_calls)
    }
}

/// Takes what a run brings, in order: start, windows, summary.
pub trait Sink {
    /// From now on calls are counted.
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

/// How a run is to be shown, and where.
#[derive(Debug)]
pub struct Shown<'a> {
    /// One JSON object a line.
    pub json: bool,
    /// The rows, comma-separated.
    pub csv: bool,
    /// Rows a window.
    pub top: Option<u64>,
    /// What they are ranked by.
    pub sort: Sort,
    /// No names of users.
    pub numeric: bool,
    /// A command owns standard output.
    pub of_command: bool,
    /// To that file.
    pub file: Option<&'a Path>,
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

impl Shown<'_> {
    /// The sink.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn sink(&self) -> anyhow::Result<Box<dyn Sink>> {
        let (out, terminal): (Box<dyn Write>, Terminal) = match (self.file, self.of_command) {
            (Some(path), _) => {
                let file = File::create(path)
                    .with_context(|| format!("cannot write to {}", path.display()))?;
                let path = path.to_owned();
                let file = Named { file, path };
                (Box::new(file), Terminal::default())
            }
            (None, true) => (Box::new(stderr()), Terminal::of(&stderr())),
            (None, false) => (Box::new(stdout()), Terminal::of(&stdout())),
        };
        let out = BufWriter::new(out);
        let top = self.top.map(|k| usize::try_from(k).unwrap_or(usize::MAX));
        if self.json {
            return Ok(Box::new(json::Json::new(out, top, self.sort)));
        }
        if self.csv {
            return Ok(Box::new(csv::Csv::new(out, top, self.sort)));
        }
        let look = screen::Look {
            top,
            sort: self.sort,
            terminal,
        };
        let style = table::Style {
            width: None,
            users: users::Users::new(self.numeric),
            cgroups: Cgroups::new(),
        };
        let zone = TimeZone::system();
        Ok(Box::new(screen::Screen::new(out, look, style, zone)))
    }
}

#[cfg(test)]
mod tests;
