//! What is counted, and by what: fixed before the first packet, alike for every engine.

use crate::by::By;

/// Which packets, grouped by what; by default all of them, by their 5-tuple.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// What packets are grouped by.
    pub by: By,
}
