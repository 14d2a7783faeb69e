//! Windows of calls for people: a header line and the top rows, redrawn in place on a terminal.

use std::io::Write;
use std::time::Duration;

use jiff::tz::TimeZone;
use windrow_core::calls::by::By;
use windrow_core::calls::top::{Sort, top};
use windrow_core::calls::window::Window;
use windrow_core::lengths;
use windrow_core::rollup::Rolled;

use crate::calls::output::report;
use crate::calls::output::table::{self, Shown, Style};
use crate::calls::output::{Conditions, Sink, Start, Summary, Warning};
use crate::output::terminal::{Terminal, over};
use crate::output::{Teller, units};

/// How windows are shown.
#[derive(Debug)]
pub struct Look {
    /// Rows a window; `None`: ten, and in the report of a command all.
    pub top: Option<usize>,
    /// What they are ranked by.
    pub sort: Sort,
    /// What the output can do.
    pub terminal: Terminal,
}

/// Rows unless told otherwise.
const DEFAULT_TOP: usize = crate::config::DEFAULT_TOP;

/// Writes windows to a terminal or a file.
pub struct Screen<W> {
    out: W,
    look: Look,
    style: Style,
    zone: TimeZone,
    /// Lines of the last window that stand on the terminal and are to be overwritten.
    drawn: usize,
    by: By,
    /// Only the report is shown: the terminal is a command's.
    of_command: bool,
    teller: Teller,
}

impl<W: Write> Screen<W> {
    /// A screen that writes to `out`; times are in `zone`.
    pub fn new(out: W, look: Look, style: Style, zone: TimeZone) -> Self {
        Screen {
            out,
            look,
            style,
            zone,
            drawn: 0,
            by: By::default(),
            of_command: false,
            teller: Teller::default(),
        }
    }

    fn header(&self, window: &Window, conditions: &Conditions) -> (Vec<String>, Duration) {
        let (span, ledger) = (&window.span, &window.ledger);
        let it = &ledger.counters;
        let (start, end, length) = match window.rolled {
            Some(Rolled { gap, .. }) => {
                let length = span.window.unwrap_or_default().saturating_sub(gap);
                (span.slot.start, span.slot.end, length)
            }
            None => (span.start.wall, span.end.wall, span.length()),
        };
        let title = format!(
            "{} – {}",
            units::time_of_day(start, &self.zone),
            units::time_of_day(end, &self.zone)
        );
        let passed = ledger.rows.calls + ledger.folded.calls;
        let mut parts = Vec::new();
        if let (Some(rolled), Some(length)) = (window.rolled, span.window) {
            let windows = units::counted(rolled.windows, "window");
            parts.push(format!("{} of {windows}", lengths::text(length)));
        }
        parts.extend([
            units::counted(passed, "call"),
            units::event_rate(passed, length),
            units::counted(window.rows.len() as u64, "row"),
        ]);
        for (calls, what) in [
            (it.filtered, "filtered"),
            (it.own, "windrow's own"),
            (it.never_returned, "never returned"),
        ] {
            if calls > 0 {
                parts.push(format!("{} {what}", units::count(calls)));
            }
        }
        if it.counted_at_beginnings == 0 {
            let in_flight = conditions.in_flight.max(0) as u64;
            parts.push(format!("{} in flight", units::count(in_flight)));
        }
        parts.push(format!("table {} full", units::percent(window.occupancy)));
        parts.push(match ledger.residue() {
            (0, 0) => "residue 0".to_owned(),
            (calls, ns) => {
                let text = format!("RESIDUE {calls} calls {ns} ns");
                self.look.terminal.paint("1;31", &text)
            }
        });
        if window.rolled.is_none() {
            parts.push(format!("drained in {}", units::duration(conditions.drain)));
        }
        (self.look.terminal.header(&title, &parts), length)
    }
}

impl<W: Write> Sink for Screen<W> {
    fn start(&mut self, start: &Start) -> anyhow::Result<()> {
        self.by = start.by;
        self.of_command = start.of_command;
        if self.of_command {
            return Ok(());
        }
        eprintln!(
            "windrow: counting system calls; {} rows a CPU, {} of kernel memory",
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
        window: &Window,
        conditions: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()> {
        if self.of_command {
            self.teller.say(warnings, window.tier());
            return Ok(());
        }
        let terminal = self.look.terminal;
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
        // The cursor stands on a line of its own, and the titles on one.
        let room = terminal.size().map_or(usize::MAX, |(_, height)| {
            height.saturating_sub(taken + 2).max(1)
        });
        let k = self.look.top.unwrap_or(DEFAULT_TOP).min(room);
        let calls = top(&window.rows, Some(k), self.look.sort);
        if !calls.is_empty() {
            self.style.width = terminal.size().map(|(columns, _)| columns);
            let it = &window.ledger.counters;
            let ns = it.seen.ns;
            let shown = Shown {
                by: self.by,
                sort: self.look.sort,
                counts: it.counted_at_beginnings > 0,
            };
            let mut table = table::lines(&calls, &shown, length, ns, &mut self.style);
            table[0] = terminal.paint("2", &table[0]);
            lines.append(&mut table);
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

    fn summary(&mut self, summary: &Summary<'_>) -> anyhow::Result<()> {
        self.style.width = self.look.terminal.size().map(|(columns, _)| columns);
        let k = match self.look.top {
            Some(k) => Some(k),
            None => (!self.of_command).then_some(DEFAULT_TOP),
        };
        let sort = self.look.sort;
        let lines = report::lines(summary, &self.by, k, sort, &mut self.style);
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
