//! What was measured, for people: tables, the promises and whether they held, and a picture. Text
//! made of outcomes, no more: whoever calls prints it.

mod calls;
mod connects;
mod costs;
mod goals;
mod levels;
mod plot;
#[cfg(test)]
mod sample;
mod table;

use crate::results::{Conservation, Outcome};

pub use plot::svg;

/// All tables, then a line a promise of the groups that were asked for, by name.
pub fn text(outcomes: &[Outcome], asked: impl Fn(&str) -> bool) -> String {
    let mut text = table::tables(outcomes);
    if !text.is_empty() {
        text.push('\n');
    }
    text + &goals::lines(outcomes, asked)
}

/// Whether a packet was lost, or counted twice: the one thing that may never be.
pub fn lost(outcomes: &[Outcome]) -> bool {
    outcomes
        .iter()
        .any(|it| matches!(it, Outcome::Conservation(it) if !it.holds()))
}

/// Packets that came to the hook and were not counted; below 0, so many were counted twice.
fn missing(it: &Conservation) -> i128 {
    i128::from(it.sent) - i128::from(it.dropped) - i128::from(it.counted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_too_few_or_too_many_is_a_loss() {
        let counted = |counted| sample::conservation("xdp", 1_000, 10, counted);
        assert!(!lost(&[counted(990)]));
        assert!(lost(&[counted(990), counted(989)]));
        assert!(lost(&[counted(991)]));
        assert!(!lost(&[]));
    }

    #[test]
    fn tables_come_before_promises() {
        let text = text(&sample::outcomes(), |_| true);
        let table = text.find("ns a packet in all");
        assert!(table.is_some() && table < text.find("pass  "));
    }
}
