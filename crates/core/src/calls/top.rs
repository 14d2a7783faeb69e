//! The rows that are shown, largest first.

use crate::calls::window::Call;
use crate::timed::top::largest;

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
            Sort::Errors => call.outcome.errors,
        }
    }
}

/// The `k` largest, or all there are, largest first.
pub fn top(calls: &[Call], k: Option<usize>, sort: Sort) -> Vec<&Call> {
    largest(calls, k, |call| sort.of(call))
}
