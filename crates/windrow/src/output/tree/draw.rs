//! The text of trees.

use windrow_core::bounds::Bounds;
use windrow_core::net::Side;
use windrow_core::tally::Tally;
use windrow_core::top::Sort;

use super::choose::Shown;
use super::{Tree, size};
use crate::output::layout::{Column, fit, interval, rows};
use crate::output::units;

/// A network may be shortened to so many letters.
const LEAST_NETWORK: usize = 14;

/// One tree.
#[derive(Debug)]
pub struct Drawn {
    /// What stands above the columns.
    pub title: String,
    /// The networks.
    pub lines: Vec<String>,
    /// Some of them may have carried more.
    pub has_intervals: bool,
}

/// What stands in a line.
struct Line {
    label: String,
    bounds: Bounds,
    /// What its share is of.
    whole: Tally,
}

impl Tree {
    /// A tree a side, in at most `room` lines together, titles included, and no wider than so many
    /// columns of the terminal. A side whose totals find no room is left out.
    pub fn draw(&self, room: usize, width: Option<usize>) -> Vec<Drawn> {
        let mut left = room;
        let mut sides = Vec::new();
        for (side, roots) in &self.sides {
            if let Some(below) = left.checked_sub(1 + roots.len()) {
                left = below;
                sides.push((*side, roots));
            }
        }
        let roots: Vec<&[usize]> = sides.iter().map(|(_, roots)| &roots[..]).collect();
        let shown = self.choose(&roots, left);
        let blocks = sides.iter().map(|(side, roots)| {
            let mut lines = Vec::new();
            for root in *roots {
                self.add(&mut lines, &shown, *root, "", "");
            }
            (*side, lines)
        });
        self.write(&blocks.collect::<Vec<_>>(), width)
    }

    /// Adds a network and what is shown of its parts. Its own line begins with `first`, all below it
    /// with `below`.
    fn add(&self, lines: &mut Vec<Line>, shown: &[Shown], place: usize, first: &str, below: &str) {
        let node = &self.nodes[place];
        lines.push(Line {
            label: format!("{first}{}", node.net),
            bounds: node.bounds,
            whole: node.whole,
        });
        let Shown {
            parts: Some(parts),
            rest,
        } = shown[place]
        else {
            return;
        };
        let others = node.others(&self.nodes, parts);
        let mut more = Vec::new();
        if others.networks > 0 {
            let label = format!("{} smaller", units::count(others.networks as u64));
            more.push((label, others.bounds));
        }
        if rest {
            more.push(("not told apart".to_owned(), Bounds::exactly(node.rest)));
        }
        for (at, part) in node.parts[..parts].iter().enumerate() {
            let (branch, beside) = branch(at + 1 == parts && more.is_empty());
            let (first, below) = (format!("{below}{branch}"), format!("{below}{beside}"));
            self.add(lines, shown, *part, &first, &below);
        }
        let count = more.len();
        for (at, (label, bounds)) in more.into_iter().enumerate() {
            let (branch, _) = branch(at + 1 == count);
            lines.push(Line {
                label: format!("{below}{branch}{label}"),
                bounds,
                whole: node.bounds.lo,
            });
        }
    }

    /// The columns of all trees stand below each other.
    fn write(&self, sides: &[(Side, Vec<Line>)], width: Option<usize>) -> Vec<Drawn> {
        let all = || sides.iter().flat_map(|(_, lines)| lines);
        let bounds: Vec<Bounds> = all().map(|line| line.bounds).collect();
        let column = |title: &str, rank, cells: Vec<String>| {
            // Titles are cells: each tree has its own.
            let mut rest = cells.into_iter();
            let mut cells = Vec::new();
            for (_, lines) in sides {
                cells.push(title.to_owned());
                cells.extend(rest.by_ref().take(lines.len()));
            }
            Column {
                title: "",
                right: true,
                least: None,
                rank,
                cells,
            }
        };
        let mut networks = Column {
            right: false,
            least: Some(LEAST_NETWORK),
            ..column("", 0, all().map(|line| line.label.clone()).collect())
        };
        let share = |line: &Line| {
            let [part, whole] = [line.bounds.lo, line.whole].map(|count| size(self.sort, count));
            units::percent(part as f64 / whole.max(1) as f64)
        };
        let shares = column("SHARE", 2, all().map(share).collect());
        // What trees are sorted by goes last.
        let by_packets = self.sort == Sort::Packets;
        let packets = interval::cells(&bounds, |count| count.packets, units::count);
        let packets = column("PACKETS", u8::from(!by_packets), packets);
        let bytes = interval::cells(&bounds, |count| count.bytes, units::bytes);
        let bytes = column("BYTES", u8::from(by_packets), bytes);
        let mut at = 0;
        for (side, lines) in sides {
            networks.cells[at] = title(*side).to_owned();
            at += 1 + lines.len();
        }
        let mut columns = match self.sort {
            Sort::Packets => vec![networks, packets, shares, bytes],
            Sort::Bytes => vec![networks, packets, bytes, shares],
        };
        if let Some(width) = width {
            fit(&mut columns, width);
        }
        let mut rows = rows(&columns, at, width).into_iter().skip(1);
        let drawn = sides.iter().map(|(_, lines)| Drawn {
            title: rows.next().unwrap_or_default(),
            lines: rows.by_ref().take(lines.len()).collect(),
            has_intervals: lines.iter().any(|line| !line.bounds.is_exact()),
        });
        drawn.collect()
    }
}

/// What a line below a network begins with, and what those below that one do.
fn branch(is_last: bool) -> (&'static str, &'static str) {
    match is_last {
        false => ("├─ ", "│  "),
        true => ("└─ ", "   "),
    }
}

fn title(side: Side) -> &'static str {
    match side {
        Side::Src => "SOURCE NETWORK",
        Side::Dst => "DESTINATION NETWORK",
    }
}
