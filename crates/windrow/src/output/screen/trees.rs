//! Trees of networks below the tables of a screen.

use std::io::Write;

use windrow_core::window::Window;

use super::Screen;
use crate::output::layout::MORE;
use crate::output::tree::{self, Drawn, Tree};

impl<W: Write> Screen<W> {
    /// The largest flows of a window and, with a hierarchy, its networks, in at most `room` lines if the
    /// terminal has so many.
    pub(super) fn tables(&mut self, window: &Window, room: Option<usize>) -> Vec<String> {
        let most = room.unwrap_or(usize::MAX);
        let Some(networks) = Tree::of(window, self.look.sort) else {
            return self.table(window, most);
        };
        let mut lines = self.table(window, most - tree::least(most));
        let left = room.map_or(tree::LINES, |room| room.saturating_sub(lines.len()));
        let trees = self.trees(&networks, left, &lines);
        lines.extend(trees);
        lines
    }

    /// The networks of the one window that a report is of.
    pub(super) fn trees_of_report(&mut self, report: &[String]) -> Vec<String> {
        let Some(networks) = self.networks.take() else {
            return Vec::new();
        };
        // It may be longer than the terminal is high; that is no reason to cut trees off.
        let room = self
            .look
            .terminal
            .size()
            .map_or(tree::LINES, |(_, height)| {
                height.saturating_sub(report.len() + 1).max(height / 2)
            });
        self.trees(&networks, room, report)
    }

    /// Trees in at most `room` lines, below a table that may say what intervals mean.
    fn trees(&mut self, networks: &Tree, room: usize, table: &[String]) -> Vec<String> {
        let width = self.look.terminal.size().map(|(columns, _)| columns);
        let said = table.iter().any(|line| line.contains(MORE));
        let known = said || (self.more_explained && !self.look.terminal.in_place);
        // A report has room between its tables.
        let gap = if self.whole {
            &[String::new()][..]
        } else {
            &[]
        };
        let room = room.saturating_sub(2 * gap.len());
        let to_explain = |trees: &[Drawn]| !known && trees.iter().any(|it| it.has_intervals);
        let mut trees = networks.draw(room, width);
        if to_explain(&trees) {
            trees = networks.draw(room.saturating_sub(1), width);
        }
        let explain = to_explain(&trees);
        let mut lines = Vec::new();
        for tree in trees {
            lines.extend_from_slice(gap);
            lines.push(if self.whole {
                tree.title
            } else {
                self.look.terminal.paint("2", &tree.title)
            });
            lines.extend(tree.lines);
        }
        if explain {
            lines.push(self.look.terminal.paint("2", MORE));
        }
        self.more_explained |= said || explain;
        lines
    }
}
