//! What is added to connections, and how many are lost to what watches them.

use windrow_figures::layout::decimals;

use super::super::connects;
use super::Figure;
use crate::results::Outcome;

/// What one design adds to a connection, beside another one.
pub fn added(outcomes: &[Outcome], what: &str, other: &str) -> Option<Figure> {
    let value = connects::added(outcomes, what, other)?;
    let times = decimals(value, 3);
    Some(Figure {
        value,
        text: format!("connect: {what} adds {times} × what {other} adds"),
    })
}

/// Connections that are lost to one program, beside another one.
pub fn lost(outcomes: &[Outcome], what: &str, other: &str) -> Option<Figure> {
    let value = connects::lost(outcomes, what, other)?;
    let times = decimals(value, 3);
    Some(Figure {
        value,
        text: format!("connect: {what} takes {times} × the connections that {other} takes"),
    })
}
