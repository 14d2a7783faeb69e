//! What a drain takes.

use windrow_figures::layout::{decimals, whole};

use super::Figure;
use crate::results::Cost;

/// What is counted of a drain.
#[derive(Clone, Copy)]
pub enum Measure {
    /// Nanoseconds a row.
    NsARow,
    /// Microseconds in all.
    Micros,
    /// Milliseconds in all.
    Millis,
    /// System calls in all.
    Syscalls,
}

impl Measure {
    /// As it is written.
    pub fn unit(self) -> &'static str {
        match self {
            Self::NsARow => "ns a row",
            Self::Micros => "µs",
            Self::Millis => "ms",
            Self::Syscalls => "system calls",
        }
    }

    /// Of a table that was drained; nothing, where this is not known of it.
    pub fn figure(self, cost: &Cost) -> Option<Figure> {
        let in_all = || Some(cost.ns * cost.rows? as f64);
        let (value, digits) = match self {
            Self::NsARow => (cost.ns, 2),
            Self::Micros => (in_all()? / 1e3, 1),
            Self::Millis => (in_all()? / 1e6, 2),
            Self::Syscalls => (cost.syscalls? as f64, 0),
        };
        let figure = decimals(value, digits);
        let rows = whole(cost.flows);
        Some(Figure {
            value: Some(value),
            text: format!(
                "export: windrow drains {rows} rows: {figure} {}",
                self.unit()
            ),
        })
    }
}
