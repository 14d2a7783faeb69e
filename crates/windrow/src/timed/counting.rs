//! How something is counted, resolved from a command line.

use std::ffi::OsString;
use std::time::Duration;

use windrow_core::calls::selection::Selection;

use crate::args::Windowed;
use crate::config;
use crate::exit::Failure;
use crate::timed::output::Face;

/// Rows of a window, as on the command line unless told otherwise.
const ROWS: u64 = 10_000;
/// Of calls they take some 9 GB.
const MOST_ROWS: u64 = 10_000_000;

/// How it is counted.
#[derive(Clone, Debug)]
pub struct Counting<S: Face> {
    /// What it is grouped by.
    pub by: S::By,
    /// What of it is counted; its processes are still as they are numbered here.
    pub selection: Selection,
    /// Only a command's.
    pub of_command: bool,
    /// What else there is to say of it.
    pub how: S::How,
    /// Rows that a window has room for.
    pub rows: u64,
    /// Length of a window.
    pub window: Duration,
    /// Lengths of longer windows.
    pub tiers: Vec<Duration>,
}

impl<S: Face> Counting<S> {
    /// Everything that happens on the host, as it is counted unless told otherwise.
    pub fn of_the_host(window: Duration) -> Self {
        Counting {
            by: S::By::default(),
            selection: Selection::default(),
            of_command: false,
            how: S::How::default(),
            rows: ROWS,
            window,
            tiers: Vec::new(),
        }
    }

    /// The same in such windows; only a command's, if there is one.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn windowed(windowed: &Windowed, command: &[OsString]) -> Result<Self, Failure> {
        let of_command = !command.is_empty();
        config::check_window(windowed.window)?;
        if windowed.rows > MOST_ROWS {
            return Err(Failure::usage("--rows must be at most 10M"));
        }
        // First what would be wrong in any case.
        let tiers = config::tiers(&windowed.rollup, &[windowed.window])?;
        if of_command && !windowed.rollup.is_empty() && !windowed.shows_windows() {
            return Err(Failure::usage(
                "of a command there is a report without windows: --rollup needs --json or --csv",
            ));
        }
        Ok(Counting {
            of_command,
            rows: windowed.rows,
            tiers,
            ..Counting::of_the_host(windowed.window)
        })
    }
}
