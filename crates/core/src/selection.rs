//! What is counted, and by what: fixed before the first packet, alike for every engine.

use crate::by::By;
use crate::filter::Filter;
use crate::spill_budget::SpillBudget;

/// Which packets, grouped by what, and how many rows for it; by default all of them, by their
/// 5-tuple.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// What packets are grouped by.
    pub by: By,
    /// Which are counted by their keys; the others are counted as filtered alone.
    pub filter: Option<Filter>,
    /// How many rows may be spilled where there is no room for all.
    pub spill_budget: SpillBudget,
}
