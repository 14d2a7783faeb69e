//! Counts with their bounds, in one column.

use windrow_core::tally::Tally;

use super::Line;

/// `1,204`, or `1,204 +106` where it is at least so much and at most 106 more. Cells are to be aligned to
/// the right: then what was counted stands below each other, too.
pub(super) fn cells(
    lines: &[Line],
    of: impl Fn(Tally) -> u64,
    write: impl Fn(u64) -> String,
) -> Vec<String> {
    let more = |line: &Line| match of(line.bounds.hi) - of(line.bounds.lo) {
        0 => String::new(),
        more => format!(" +{}", write(more)),
    };
    let width = |line| more(line).chars().count();
    let widest = lines.iter().map(width).max().unwrap_or(0);
    let cell = |line: &Line| format!("{}{:<widest$}", write(of(line.bounds.lo)), more(line));
    lines.iter().map(cell).collect()
}
