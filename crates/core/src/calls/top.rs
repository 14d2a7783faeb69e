//! The rows that are shown, largest first.

use std::cmp::Reverse;

use crate::calls::window::Call;

/// What calls are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// How many.
    #[default]
    Count,
    /// The time of all.
    Time,
    /// The longest.
    Max,
    /// Errors.
    Errors,
}

impl Sort {
    /// As on the command line and in output.
    pub fn name(self) -> &'static str {
        match self {
            Sort::Count => "count",
            Sort::Time => "time",
            Sort::Max => "max",
            Sort::Errors => "errors",
        }
    }

    /// What is ranked by first.
    pub fn of(self, call: &Call) -> u64 {
        match self {
            Sort::Count => call.lo.calls,
            Sort::Time => call.lo.ns,
            Sort::Max => call.durations.max_ns,
            Sort::Errors => call.errors,
        }
    }
}

/// The `k` largest, or all there are, largest first; of equals those of more calls, and then by key, so
/// that the order is the same every time.
pub fn top(calls: &[Call], k: Option<usize>, sort: Sort) -> Vec<&Call> {
    let order = |call: &&Call| (Reverse((sort.of(call), call.lo.calls)), call.key);
    let mut ranked: Vec<&Call> = calls.iter().collect();
    if let Some(k) = k.filter(|k| *k < ranked.len()) {
        ranked.select_nth_unstable_by_key(k, order);
        ranked.truncate(k);
    }
    ranked.sort_unstable_by_key(order);
    ranked
}
