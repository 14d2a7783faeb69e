//! How far a long replay has come, on stderr where that is a terminal.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::replay::Input;

/// Records between two looks at the clock.
pub const RECORDS: u64 = 4096;
/// What is done sooner needs no bar.
const LONG: Duration = Duration::from_millis(500);

/// A bar over the bytes of all inputs, once it is worth while.
pub struct Progress {
    began: Instant,
    bar: Option<ProgressBar>,
    /// Bytes of all inputs, where every size is known.
    total: Option<u64>,
    sizes: Vec<u64>,
    /// Inputs, and their bytes, that are done.
    done: (usize, u64),
    wanted: bool,
}

impl Progress {
    /// Over these inputs; not where the output itself shows how far it has come.
    pub fn of(inputs: &[Input], output_scrolls: bool) -> Progress {
        let sizes: Option<Vec<u64>> = inputs.iter().map(Input::bytes).collect();
        Progress {
            began: Instant::now(),
            bar: None,
            total: sizes.as_ref().map(|sizes| sizes.iter().sum()),
            sizes: sizes.unwrap_or_default(),
            done: (0, 0),
            wanted: stderr().is_terminal() && !output_scrolls,
        }
    }

    /// The open input is read up to here, in bytes as they lie on disk.
    pub fn at(&mut self, bytes: u64) {
        if !self.wanted || (self.bar.is_none() && self.began.elapsed() < LONG) {
            return;
        }
        let total = self.total;
        let bar = self.bar.get_or_insert_with(|| bar(total));
        bar.set_position(self.done.1 + bytes);
    }

    /// The open input is read to its end.
    pub fn next_input(&mut self) {
        self.done.1 += self.sizes.get(self.done.0).copied().unwrap_or(0);
        self.done.0 += 1;
    }

    /// Takes the bar away: what follows is the result.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            "{bar:30} {percent:>3} %  {bytes} of {total_bytes}",
        ),
        None => (ProgressBar::no_length(), "{spinner} {bytes} read"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
