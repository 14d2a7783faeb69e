//! Windows for people: a header line and the top flows, redrawn in place on a terminal.

use std::io::Write;

use jiff::tz::TimeZone;
use windrow_core::lengths;
use windrow_core::top::{Placed, Sort, placed};
use windrow_core::window::{Flow, Window};

use crate::output::key::Keys;
use crate::output::layout::{self, Line, Style};
#[cfg(feature = "kernel")]
use crate::output::names;
use crate::output::report;
use crate::output::terminal::{Terminal, over};
use crate::output::tree::Tree;
use crate::output::units;
use crate::output::{Conditions, Sink, Source, Start, Summary, Teller, Tier, Warning};

/// How windows are shown.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Flows a window.
    pub top: usize,
    /// What they are ranked by.
    pub sort: Sort,
    /// Numbers instead of names.
    pub numeric: bool,
    /// What stdout can do.
    pub terminal: Terminal,
}

impl Look {
    /// What stdout and the environment ask for.
    pub fn of_stdout(top: usize, sort: Sort, numeric: bool) -> Look {
        Look {
            top,
            sort,
            numeric,
            terminal: Terminal::of(&std::io::stdout()),
        }
    }
}

/// Writes windows to a terminal or a file.
#[derive(Debug)]
pub struct Screen<W> {
    out: W,
    look: Look,
    zone: TimeZone,
    /// Lines of the last window that stand on the terminal and are to be overwritten.
    drawn: usize,
    /// There is one window over everything, which is what the report is of.
    whole: bool,
    keys: Keys,
    teller: Teller,
    /// Windows are of different lengths.
    adaptive: bool,
    /// What marks mean, as it was last said.
    explained: Option<String>,
    /// What intervals mean was said.
    more_explained: bool,
    /// The networks of the one window that the report is of.
    networks: Option<Tree>,
}

impl<W: Write> Screen<W> {
    /// A screen that writes to `out`; times are in `zone`.
    pub fn new(out: W, look: Look, zone: TimeZone) -> Self {
        Screen {
            out,
            look,
            zone,
            drawn: 0,
            whole: false,
            keys: Keys::default(),
            teller: Teller::default(),
            adaptive: false,
            explained: None,
            more_explained: false,
            networks: None,
        }
    }

    /// The largest flows and what their marks mean, in at most `room` lines, of which one is a flow's at
    /// least.
    fn table(&mut self, window: &Window, room: usize) -> Vec<String> {
        let exact = is_exact(window);
        // The titles take a line, and the legend, where bounds need one.
        let most = room.saturating_sub(if exact { 1 } else { 2 }).max(1);
        let flows: Vec<&Flow> = window.flows.iter().collect();
        let placed = placed(
            flows,
            self.look.top.min(most),
            self.look.sort,
            window.absent_hi,
            |flow| (flow.key, flow.bounds),
        );
        let line = |placed: Placed<&Flow>| Line {
            key: placed.flow.key,
            bounds: placed.flow.bounds,
            proven: (!exact).then_some(placed.proven),
            tcp_flags: Some(placed.flow.tcp_flags),
        };
        let lines: Vec<Line> = placed.into_iter().map(line).collect();
        if lines.is_empty() {
            return Vec::new();
        }
        let style = Style {
            numeric: self.look.numeric,
            width: self.look.terminal.size().map(|(columns, _)| columns),
        };
        let passed = window.ledger.seen - window.ledger.filtered;
        let mut table = layout::flows(&lines, passed, &self.keys, style);
        table.lines[0] = self.look.terminal.paint("2", &table.lines[0]);
        // Where windows follow each other, what was explained above need not be again.
        if let Some(legend) = table.legend
            && (self.look.terminal.in_place || self.explained.as_ref() != Some(&legend))
        {
            table.lines.push(self.look.terminal.paint("2", &legend));
            self.explained = Some(legend);
        }
        table.lines
    }
}

/// Whether every packet with a flow is in the row of that flow.
fn is_exact(window: &Window) -> bool {
    window.ledger.folded_sum().is_zero()
}

impl<W: Write> Sink for Screen<W> {
    fn start(&mut self, start: &Start) -> anyhow::Result<()> {
        self.keys = start.keys.clone();
        self.adaptive = start.adaptive.is_some();
        match &start.source {
            #[cfg(feature = "kernel")]
            Source::Net {
                interfaces,
                asked,
                hook,
                direction,
            } => {
                eprintln!(
                    "windrow: counting packets of {}{}, {}; {} rows a CPU, {} of kernel memory",
                    names::watched(interfaces, asked),
                    hook.map_or_else(String::new, |hook| format!(" at {hook}")),
                    names::direction(*direction),
                    units::count(start.rows_per_cpu),
                    units::bytes(start.memory_bytes),
                );
                if self.keys.sights {
                    eprintln!(
                        "windrow: a packet counts once on every interface that it passes, in each direction; --by iface,dir tells them apart"
                    );
                }
            }
            // What is in the files is said at the end, when it is known.
            Source::Replay { .. } => {
                self.whole = start.window.is_none();
                self.teller.once();
                self.look.terminal.in_place = false;
            }
        }
        let mut parts = "these".to_owned();
        for Tier {
            window,
            memory_bytes,
            rows,
        } in &start.tiers
        {
            let length = lengths::text(*window);
            eprintln!(
                "windrow: windows of {length} are made of {parts}; {} rows, {}",
                units::count(*rows),
                units::bytes(*memory_bytes),
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
        if self.whole {
            // One window over everything: the report says all of it.
            self.networks = Tree::of(window, self.look.sort);
            self.teller.say(warnings, window.tier());
            return Ok(());
        }
        let mut lines = self.header(window, conditions);
        let mut warned = Vec::new();
        if self.look.terminal.in_place {
            let warning = |warning: &Warning| format!("warning: {}", warning.text);
            let paint = |text: String| self.look.terminal.paint("33", &text);
            warned = warnings.iter().map(warning).map(paint).collect();
            let length = conditions.length.map(|change| change.to_string());
            warned.extend(length.map(|text| self.look.terminal.paint("36", &text)));
        }
        let taken: usize = lines
            .iter()
            .chain(&warned)
            .map(|it| self.look.terminal.height(it))
            .sum();
        let height = self.look.terminal.size().map(|(_, lines)| lines);
        // The cursor stands on a line of its own.
        let room = height.map(|height| height.saturating_sub(taken + 1));
        lines.extend(self.tables(window, room));
        lines.append(&mut warned);
        let mut frame = String::new();
        if self.look.terminal.in_place {
            frame.push_str(&over(self.drawn));
            // Longer windows stay, and so do those that made windows longer or shorter: what follows is
            // drawn below them.
            self.drawn = match (window.rolled, conditions.length) {
                (Some(_), _) | (_, Some(_)) => 0,
                (None, None) => lines
                    .iter()
                    .map(|line| self.look.terminal.height(line))
                    .sum(),
            };
        } else {
            self.teller.say(warnings, window.tier());
            Teller::say_length(conditions.length);
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
        let style = Style {
            numeric: self.look.numeric,
            width: self.look.terminal.size().map(|(columns, _)| columns),
        };
        let mut lines = report::lines(
            summary,
            self.look.top,
            self.look.sort,
            &self.keys,
            style,
            &self.zone,
        );
        lines.extend(self.trees_of_report(&lines));
        // The first line is empty: it keeps the report apart from the windows.
        for line in lines.iter().skip(usize::from(self.whole)) {
            writeln!(self.out, "{line}")?;
        }
        self.out.flush()?;
        Ok(())
    }
}

mod header;
#[cfg(test)]
mod tests;
mod trees;
