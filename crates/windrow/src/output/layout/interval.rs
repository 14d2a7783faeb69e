//! Counts with their bounds, in one column.

use windrow_core::bounds::Bounds;
use windrow_core::tally::Tally;

/// `1,204`, or `1,204 +106` where it is at least so much and at most 106 more. Cells are to be aligned to
/// the right: then what was counted stands below each other, too.
pub(in crate::output) fn cells(
    bounds: &[Bounds],
    of: impl Fn(Tally) -> u64,
    write: impl Fn(u64) -> String,
) -> Vec<String> {
    let more = |it: &Bounds| match of(it.hi) - of(it.lo) {
        0 => String::new(),
        more => format!(" +{}", write(more)),
    };
    let width = |it| more(it).chars().count();
    let widest = bounds.iter().map(width).max().unwrap_or(0);
    let cell = |it: &Bounds| format!("{}{:<widest$}", write(of(it.lo)), more(it));
    bounds.iter().map(cell).collect()
}
