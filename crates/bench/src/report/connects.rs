//! What is added to connections, and how many are lost: their tables, and the ratios that promises are about.

use windrow_figures::layout::{Table, decimals, whole, whole_or_nothing};

use super::costs::ratio;
use crate::results::{Connection, ConnectionRate, Outcome};

/// A line for each design, in the order in which they were measured.
pub fn table(outcomes: &[Outcome]) -> Table {
    let title = "connect: ns a connection, both ends, in all, and what is added to a bare one";
    let head = ["design", "ns", "added", "made", "counted"];
    let mut table = Table::new(title, head);
    for it in costs(outcomes) {
        table.row(
            it.what,
            [
                decimals(it.ns, 0),
                decimals(it.added, 0),
                whole_or_nothing(it.made),
                whole_or_nothing(it.counted),
            ],
        );
    }
    table
}

/// A line for each program that runs where connections are made.
pub fn rate_table(outcomes: &[Outcome]) -> Table {
    let title = "connect: connections a second on all CPUs, what watches them there too";
    let mut table = Table::new(title, ["program", "a second", "lost, %"]);
    for it in rates(outcomes) {
        table.row(
            it.program,
            [whole(it.per_second as u64), decimals(it.lost * 100.0, 1)],
        );
    }
    table
}

/// What one design adds to a connection as a multiple of what another one adds, where both were measured: a
/// multiple of nothing is none.
pub fn added(outcomes: &[Outcome], what: &str, other: &str) -> Option<Option<f64>> {
    let added = |what| Some(costs(outcomes).find(|it| it.what == what)?.added);
    Some(ratio(added(what)?, added(other)?))
}

/// What is lost to one program as a multiple of what is lost to another one, where both were measured.
pub fn lost(outcomes: &[Outcome], what: &str, other: &str) -> Option<Option<f64>> {
    let lost = |what| Some(rates(outcomes).find(|it| it.program == what)?.lost);
    Some(ratio(lost(what)?, lost(other)?))
}

fn costs(outcomes: &[Outcome]) -> impl Iterator<Item = &Connection> {
    outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Connection(it) => Some(it),
        _ => None,
    })
}

fn rates(outcomes: &[Outcome]) -> impl Iterator<Item = &ConnectionRate> {
    outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::ConnectionRate(it) => Some(it),
        _ => None,
    })
}
