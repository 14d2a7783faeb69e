//! What is shown of TCP connections.

mod line;
mod page;
mod records;
pub mod report;
mod row;
mod warning;

use windrow_core::connects::Connects;
use windrow_core::connects::top::{Sort, top};
use windrow_core::connects::window::{Connect, Ledger, Window};

use crate::connects::config::How;
use crate::timed::output::{Conditions, Face, Warning};

impl Face for Connects {
    const SOURCE: &'static str = "connects";
    const WHAT: &'static str = "TCP connections";
    const UNIT: &'static str = "event";
    const TIMED: &'static str = "handshake";
    type How = How;
    type Sort = Sort;

    fn top(connects: &[Connect], k: Option<usize>, sort: Sort) -> Vec<&Connect> {
        top(connects, k, sort)
    }

    fn residue(ledger: &Ledger) -> Option<String> {
        match (ledger.residue(), ledger.residue_of_outcomes().sum()) {
            ((0, 0), 0) => None,
            ((events, ns), outcomes) => {
                Some(format!("{events} events {ns} ns {outcomes} outcomes"))
            }
        }
    }

    fn warnings(window: &Window, conditions: &Conditions) -> Vec<Warning> {
        Warning::of_connects(window, conditions)
    }
}

#[cfg(test)]
mod tests;
