//! Windows for people: a header line and the top rows, redrawn in place on a terminal.

use std::io::Write;
use std::time::Duration;

use jiff::tz::TimeZone;
use windrow_core::edges::WallNanos;
use windrow_core::lengths;
use windrow_core::rollup::Rolled;
use windrow_core::timed::window::Window;

use crate::output::terminal::{Terminal, folded, over};
use crate::output::{Teller, units};
use crate::timed::cgroups::Cgroups;
use crate::timed::output::{Conditions, Face, Sink, Start, Summary, Warning};
use crate::timed::users::Users;

/// What is shown of one subject alone.
pub trait Page: Face {
    /// What a window's header says between its times and how full the table is.
    fn parts(window: &Window<Self>, conditions: &Conditions, length: Duration) -> Vec<String>;

    /// The rows of a window, in lines.
    fn rows(window: &Window<Self>, view: &View<Self>, style: &mut Style) -> Vec<String>;

    /// The report at the end of a run: of the largest rows, or of all.
    fn report(summary: &Summary<'_, Self>, view: &View<Self>, style: &mut Style) -> Vec<String>;
}

/// How windows are shown.
#[derive(Debug)]
pub struct Look<S: Face> {
    /// Rows a window; `None`: ten, and in the report of a command all.
    pub top: Option<usize>,
    /// What they are ranked by.
    pub sort: S::Sort,
    /// What the output can do.
    pub terminal: Terminal,
}

/// What of rows is shown, and where.
#[derive(Clone, Debug)]
pub struct View<S: Face> {
    /// What they are grouped by.
    pub by: S::By,
    /// What else is said of how they are counted.
    pub how: S::How,
    /// So many; `None`: all.
    pub top: Option<usize>,
    /// What they are ranked by.
    pub sort: S::Sort,
    /// In so many lines.
    pub room: usize,
    /// What was shown took so long.
    pub length: Duration,
    /// Times are in this zone.
    pub zone: TimeZone,
    /// What the output can do.
    pub terminal: Terminal,
}

/// What rows are written with.
#[derive(Debug)]
pub struct Style {
    /// Columns of the terminal; `None` = as wide as needed.
    pub width: Option<usize>,
    /// Names of users.
    pub users: Users,
    /// Paths of control groups.
    pub cgroups: Cgroups,
}

impl Style {
    /// As wide as needed; users as numbers if so.
    pub fn new(numeric: bool) -> Style {
        Style {
            width: None,
            users: Users::new(numeric),
            cgroups: Cgroups::new(),
        }
    }
}

/// Rows unless told otherwise.
const DEFAULT_TOP: usize = crate::config::DEFAULT_TOP;

/// Writes windows to a terminal or a file.
pub struct Screen<W, S: Face> {
    out: W,
    /// Rows a window, as they were asked for.
    top: Option<usize>,
    view: View<S>,
    style: Style,
    /// Lines of the last window that stand on the terminal and are to be overwritten.
    drawn: usize,
    /// Only the report is shown: the terminal is a command's.
    of_command: bool,
    teller: Teller,
}

/// The wall times that a window is shown with.
pub fn times<S: Face>(window: &Window<S>) -> (WallNanos, WallNanos) {
    let span = &window.span;
    match window.rolled {
        Some(_) => (span.slot.start, span.slot.end),
        None => (span.start.wall, span.end.wall),
    }
}

impl<W: Write, S: Page> Screen<W, S> {
    /// A screen that writes to `out`; times are in `zone`.
    pub fn new(out: W, look: Look<S>, style: Style, zone: TimeZone) -> Self {
        Screen {
            out,
            top: look.top,
            view: View {
                by: S::By::default(),
                how: S::How::default(),
                top: look.top,
                sort: look.sort,
                room: usize::MAX,
                length: Duration::ZERO,
                zone,
                terminal: look.terminal,
            },
            style,
            drawn: 0,
            of_command: false,
            teller: Teller::default(),
        }
    }

    fn header(&self, window: &Window<S>, conditions: &Conditions) -> (Vec<String>, Duration) {
        let span = &window.span;
        let (start, end) = times(window);
        let length = match window.rolled {
            Some(Rolled { gap, .. }) => span.window.unwrap_or_default().saturating_sub(gap),
            None => span.length(),
        };
        let title = format!(
            "{} – {}",
            units::time_of_day(start, &self.view.zone),
            units::time_of_day(end, &self.view.zone)
        );
        let mut parts = Vec::new();
        if let Some(rolled) = window.rolled {
            parts.push(units::of_windows(span.window, rolled, "missing"));
        }
        parts.extend(S::parts(window, conditions, length));
        parts.push(format!("table {} full", units::percent(window.occupancy)));
        parts.push(match S::residue(&window.ledger) {
            None => "residue 0".to_owned(),
            Some(residue) => self.alarm(&format!("RESIDUE {residue}")),
        });
        if conditions.lost > 0 {
            parts.push(self.alarm(&format!("LOST {}", units::count(conditions.lost))));
        }
        if window.rolled.is_none() {
            parts.push(format!("drained in {}", units::duration(conditions.drain)));
        }
        (self.view.terminal.header(&title, &parts), length)
    }

    /// A text that nobody is to overlook.
    fn alarm(&self, text: &str) -> String {
        self.view.terminal.paint("1;31", text)
    }

    /// That not everything was counted.
    fn lost(&self, events: u64) -> Vec<String> {
        if events == 0 {
            return Vec::new();
        }
        let text = format!(
            "LOST {}: so often the kernel could not run windrow's programs",
            units::counted(events, "event")
        );
        let lines = match self.style.width {
            Some(width) => folded(&text, width),
            None => vec![text],
        };
        lines.iter().map(|line| self.alarm(line)).collect()
    }
}

impl<W: Write, S: Page> Sink<S> for Screen<W, S> {
    fn start(&mut self, start: &Start<S>) -> anyhow::Result<()> {
        (self.view.by, self.view.how) = (start.by, start.how.clone());
        self.of_command = start.of_command;
        if self.of_command {
            return Ok(());
        }
        eprintln!(
            "windrow: counting {}; {} rows a CPU, {} of kernel memory",
            S::WHAT,
            units::count(start.rows_per_cpu),
            units::bytes(start.memory_bytes),
        );
        let mut parts = "these".to_owned();
        for (length, rows) in &start.tiers {
            let length = lengths::text(*length);
            eprintln!(
                "windrow: windows of {length} are made of {parts}; {} rows",
                units::count(*rows),
            );
            parts = format!("those of {length}");
        }
        Ok(())
    }

    fn window(
        &mut self,
        window: &Window<S>,
        conditions: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()> {
        if self.of_command {
            self.teller.say(warnings, window.tier());
            return Ok(());
        }
        let terminal = self.view.terminal;
        let (mut lines, length) = self.header(window, conditions);
        let mut warned = Vec::new();
        if terminal.in_place {
            let warning = |warning: &Warning| format!("warning: {}", warning.text);
            let texts = warnings.iter().map(warning);
            warned.extend(texts.map(|text| terminal.paint("33", &text)));
        }
        let taken: usize = lines
            .iter()
            .chain(&warned)
            .map(|it| terminal.height(it))
            .sum();
        // The cursor stands on a line of its own.
        let room = terminal
            .size()
            .map_or(usize::MAX, |(_, height)| height.saturating_sub(taken + 1));
        if !window.rows.is_empty() {
            self.style.width = terminal.size().map(|(columns, _)| columns);
            self.view.top = Some(self.top.unwrap_or(DEFAULT_TOP));
            (self.view.room, self.view.length) = (room, length);
            lines.append(&mut S::rows(window, &self.view, &mut self.style));
        }
        lines.append(&mut warned);
        let mut frame = String::new();
        if terminal.in_place {
            frame.push_str(&over(self.drawn));
            // Longer windows stay: what follows is drawn below them.
            self.drawn = match window.rolled {
                Some(_) => 0,
                None => lines.iter().map(|line| terminal.height(line)).sum(),
            };
        } else {
            self.teller.say(warnings, window.tier());
            if window.span.seq > 0 || window.rolled.is_some() {
                frame.push('\n');
            }
        }
        for line in lines {
            frame.push_str(&line);
            frame.push('\n');
        }
        self.out.write_all(frame.as_bytes())?;
        self.out.flush()?;
        Ok(())
    }

    fn summary(&mut self, summary: &Summary<'_, S>) -> anyhow::Result<()> {
        self.style.width = self.view.terminal.size().map(|(columns, _)| columns);
        let by_default = (!self.of_command).then_some(DEFAULT_TOP);
        self.view.top = self.top.or(by_default);
        (self.view.room, self.view.length) = (usize::MAX, summary.length);
        let mut lines = self.lost(summary.run.lost);
        lines.append(&mut S::report(summary, &self.view, &mut self.style));
        if !self.of_command {
            writeln!(self.out)?;
        }
        for line in lines {
            writeln!(self.out, "{line}")?;
        }
        self.out.flush()?;
        Ok(())
    }
}
