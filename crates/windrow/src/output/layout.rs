//! A table of flows, fitted to a width: columns that do not fit go, addresses shrink last.

use windrow_core::bounds::Bounds;
use windrow_core::by::Key;
use windrow_core::flow::{Dir, FlowKey};
use windrow_core::net::Side;
use windrow_core::tally::Tally;

use crate::output::key::Keys;
use crate::output::names;
use crate::output::units;

/// One line of a table.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Which flow.
    pub key: FlowKey,
    /// What it carried.
    pub bounds: Bounds,
    /// Whether it is one of the largest for certain; `None` where all are, because all is exact.
    pub proven: Option<bool>,
    /// TCP flags; `None` where they are not known.
    pub tcp_flags: Option<u8>,
}

/// How cells are written.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Ports and protocols as numbers.
    pub numeric: bool,
    /// Columns of the terminal; `None` = as wide as needed.
    pub width: Option<usize>,
}

/// What stands below each other.
pub struct Column {
    /// Above its cells.
    pub title: &'static str,
    /// Cells are aligned to the right.
    pub right: bool,
    /// Its cells may be shortened to so many letters.
    pub least: Option<usize>,
    /// Columns of a lower rank go first where the width is too small; 0 stays.
    pub rank: u8,
    /// One a row.
    pub cells: Vec<String>,
}

impl Column {
    fn width(&self) -> usize {
        let widest = self
            .cells
            .iter()
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0);
        widest.max(self.title.chars().count())
    }

    fn is_of_marks(&self) -> bool {
        self.title == UNTITLED
    }

    /// How much narrower it can be, and not below `wanted`. Titles are not shortened.
    fn spare(&self, wanted: usize) -> usize {
        let title = self.title.chars().count();
        let least = self.least.map(|least| least.max(wanted).max(title));
        least.map_or(0, |least| self.width().saturating_sub(least))
    }
}

/// What an interval means.
pub(super) const MORE: &str = "+n: at most n more";
const GAP: usize = 2;
/// Marks flows that are among the largest for certain. Every terminal and every font has it.
const MARK: &str = "*";
/// Of the column of marks alone.
const UNTITLED: &str = "";
/// An address is never made shorter than this, nor the name of an interface than that.
const LEAST_ADDRESS: usize = 10;
const LEAST_NAME: usize = 6;
/// So much of an address tells it from most others: for that, columns of counts go.
const TELLING: usize = 24;
/// The last column of counts to go; those of a higher rank are keys, of which each tells rows apart.
const LAST_COUNT: u8 = 4;
/// The last key to go.
const LAST_KEY: u8 = 8;

/// A table as text.
#[derive(Clone, Debug)]
pub struct Table {
    /// Titles, then the rows.
    pub lines: Vec<String>,
    /// What marks and intervals in it mean, where there are any.
    pub legend: Option<String>,
}

/// The table of flows. Shares are of `total`.
pub fn flows(lines: &[Line], total: Tally, keys: &Keys, style: Style) -> Table {
    let mut columns = columns(lines, total, keys, style);
    if let Some(width) = style.width {
        fit(&mut columns, width);
    }
    let mut meanings = Vec::new();
    if columns.iter().any(Column::is_of_marks) {
        meanings.push(format!("{MARK} certainly in the top {}", lines.len()));
    }
    if lines.iter().any(|line| !line.bounds.is_exact()) {
        meanings.push(MORE.to_owned());
    }
    Table {
        lines: rows(&columns, lines.len(), style.width),
        legend: (!meanings.is_empty()).then(|| meanings.join(" · ")),
    }
}

/// Titles, then so many rows, none wider than `width`.
pub fn rows(columns: &[Column], count: usize, width: Option<usize>) -> Vec<String> {
    let widths: Vec<usize> = columns.iter().map(Column::width).collect();
    let render = |cell: &dyn Fn(&Column) -> String| {
        let cells: Vec<String> = columns
            .iter()
            .zip(&widths)
            .map(|(column, &width)| {
                let cell = cell(column);
                if column.right {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                }
            })
            .collect();
        let row = cells.join(&" ".repeat(GAP));
        let row = row.trim_end();
        // A terminal of a few columns: what is cut is seen to be.
        match width {
            Some(width) if row.chars().count() > width => cut(row, width),
            _ => row.to_owned(),
        }
    };
    let mut rows = vec![render(&|column| column.title.to_owned())];
    rows.extend((0..count).map(|row| render(&|column| column.cells[row].clone())));
    rows
}

fn columns(lines: &[Line], total: Tally, keys: &Keys, style: Style) -> Vec<Column> {
    let column = |title, right, rank, cell: &dyn Fn(&Line) -> String| Column {
        title,
        right,
        least: None,
        rank,
        cells: lines.iter().map(cell).collect(),
    };
    let share = |part: u64, whole: u64| units::percent(part as f64 / whole.max(1) as f64);
    let mut columns = Vec::new();
    if lines.iter().any(|line| line.proven == Some(true)) {
        let mark = |line: &Line| match line.proven {
            Some(true) => MARK.to_owned(),
            _ => String::new(),
        };
        columns.push(column(UNTITLED, false, LAST_KEY, &mark));
    }
    for (side, port, title) in [
        (Side::Src, Key::Sport, "SOURCE"),
        (Side::Dst, Key::Dport, "DESTINATION"),
    ] {
        let address = Key::address(side);
        if keys.by.has(address) {
            let cell = |line: &Line| endpoint(&line.key, address, port, keys, style);
            columns.push(Column {
                least: Some(LEAST_ADDRESS),
                ..column(title, false, 0, &cell)
            });
        }
        if keys.by.has(Key::network(side)) {
            columns.push(networks(lines, side, keys));
        }
        if keys.by.has(port) && !keys.by.has(address) {
            let title = if port == Key::Sport { "SPORT" } else { "DPORT" };
            columns.push(column(title, true, 0, &|line| {
                port_text(of(&line.key, port), style)
            }));
        }
    }
    if keys.by.has(Key::Proto) {
        columns.push(column("PROTO", false, 3, &|line| {
            if style.numeric {
                line.key.proto.to_string()
            } else {
                names::protocol(line.key.proto)
            }
        }));
    }
    if keys.by.has(Key::Iface) {
        let name = |line: &Line| keys.iface(&line.key).map(|name| name.to_string());
        let cell = |line: &Line| name(line).unwrap_or_else(|| "-".to_owned());
        columns.push(Column {
            least: Some(LEAST_NAME),
            ..column("IFACE", false, LAST_KEY, &cell)
        });
    }
    if keys.by.has(Key::Dir) {
        let name = |line: &Line| line.key.dir.map_or("-", Dir::name).to_owned();
        columns.push(column("DIR", false, 7, &name));
    }
    if keys.by.has(Key::Vlan) {
        columns.push(column("VLAN", true, 6, &|line| line.key.vlan.to_string()));
    }
    if keys.by.has(Key::Tos) {
        columns.push(column("TOS", true, 5, &|line| {
            format!("{:#04x}", line.key.tos)
        }));
    }
    let bounds: Vec<Bounds> = lines.iter().map(|line| line.bounds).collect();
    columns.extend([
        Column {
            cells: interval::cells(&bounds, |count| count.packets, units::count),
            ..column("PACKETS", true, 0, &|_| String::new())
        },
        column("SHARE", true, 2, &|line| {
            share(line.bounds.lo.packets, total.packets)
        }),
        Column {
            cells: interval::cells(&bounds, |count| count.bytes, units::bytes),
            ..column("BYTES", true, 4, &|_| String::new())
        },
        column("SHARE", true, 2, &|line| {
            share(line.bounds.lo.bytes, total.bytes)
        }),
    ]);
    if lines.iter().any(|line| line.tcp_flags.is_some()) {
        columns.push(column("FLAGS", false, 1, &|line| {
            line.tcp_flags.map_or_else(String::new, names::tcp_flags)
        }));
    }
    columns
}

/// Names of networks: in place of addresses, or behind them. Those of whole addresses tell nothing that
/// these do not.
fn networks(lines: &[Line], side: Side, keys: &Keys) -> Column {
    let address = Key::address(side);
    let rank = match (keys.by.has(address), keys.by.prefix(address)) {
        (false, _) => 0,
        (true, Some(_)) => LAST_KEY,
        (true, None) => 3,
    };
    let name = |line: &Line| keys.network(side, &line.key);
    let cell = |line: &Line| name(line).map_or_else(|| "-".to_owned(), |name| name.to_string());
    Column {
        title: match side {
            Side::Src => "SOURCE NET",
            Side::Dst => "DEST NET",
        },
        right: false,
        least: Some(LEAST_NAME),
        rank,
        cells: lines.iter().map(cell).collect(),
    }
}

fn of(flow: &FlowKey, port: Key) -> u16 {
    match port {
        Key::Sport => flow.sport,
        _ => flow.dport,
    }
}

fn port_text(port: u16, style: Style) -> String {
    if style.numeric {
        port.to_string()
    } else {
        names::port(port)
    }
}

fn endpoint(flow: &FlowKey, address: Key, port: Key, keys: &Keys, style: Style) -> String {
    const WITH_PORTS: [u8; 5] = [6, 17, 33, 132, 136];
    let address = keys.address(address, flow);
    // Where the protocol is not asked for, a port may be of any that has some.
    let portless = keys.by.has(Key::Proto) && !WITH_PORTS.contains(&flow.proto);
    if !keys.by.has(port) || portless {
        return address.to_string();
    }
    address.with_port(port_text(of(flow, port), style))
}

/// Takes away columns, then the middles of addresses and names, until the table is no wider than
/// `width`.
pub fn fit(columns: &mut Vec<Column>, width: usize) {
    let total = |columns: &[Column]| {
        columns.iter().map(Column::width).sum::<usize>() + GAP * columns.len().saturating_sub(1)
    };
    for rank in 1..=LAST_KEY {
        // Counts go before addresses are so short that they tell nothing, keys only after that.
        let wanted = if rank > LAST_COUNT { 0 } else { TELLING };
        let spare: usize = columns.iter().map(|column| column.spare(wanted)).sum();
        if total(columns) - spare <= width {
            break;
        }
        columns.retain(|column| column.rank != rank);
    }
    // The longest one gives first, then all give alike.
    while total(columns) > width {
        let shrinkable = columns.iter_mut().filter(|column| column.spare(0) > 0);
        let Some(column) = shrinkable.max_by_key(|column| column.width()) else {
            return;
        };
        let most = (column.width() - 1).min(width);
        for cell in &mut column.cells {
            *cell = shorten(cell, most);
        }
    }
}

/// The beginning of a text that is longer than `most`.
fn cut(text: &str, most: usize) -> String {
    let start: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{start}…")
}

/// `2001:db8:…:1]:443`: the middle goes, the ends tell most.
fn shorten(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let (head, tail) = (most / 2, most - most / 2 - 1);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

pub(super) mod interval;
#[cfg(test)]
mod tests;
