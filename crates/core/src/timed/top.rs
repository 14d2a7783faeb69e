//! The rows that are shown, largest first.

use std::cmp::Reverse;

use crate::timed::Subject;
use crate::timed::window::Row;

/// The `k` rows, or all there are, of which `size` is most, largest first; of equals those of more events,
/// and then by key, so that the order is the same every time.
pub fn largest<S: Subject, Size: Ord>(
    rows: &[Row<S>],
    k: Option<usize>,
    size: impl Fn(&Row<S>) -> Size,
) -> Vec<&Row<S>> {
    let order = |row: &&Row<S>| (Reverse((size(row), row.lo.calls)), row.key);
    let mut ranked: Vec<&Row<S>> = rows.iter().collect();
    if let Some(k) = k.filter(|k| *k < ranked.len()) {
        ranked.select_nth_unstable_by_key(k, order);
        ranked.truncate(k);
    }
    ranked.sort_unstable_by_key(order);
    ranked
}
