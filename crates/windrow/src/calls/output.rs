//! What is shown of system calls.

mod page;
mod records;
mod report;
mod row;
mod table;
mod warning;

use windrow_core::calls::Calls;
use windrow_core::calls::top::{Sort, top};
use windrow_core::calls::window::{Call, Ledger, Window};

use crate::calls::config::How;
use crate::timed::output::{Conditions, Face, Warning};

impl Face for Calls {
    const SOURCE: &'static str = "syscalls";
    const WHAT: &'static str = "system calls";
    const UNIT: &'static str = "call";
    const TIMED: &'static str = "call";
    type How = How;
    type Sort = Sort;

    fn top(calls: &[Call], k: Option<usize>, sort: Sort) -> Vec<&Call> {
        top(calls, k, sort)
    }

    fn residue(ledger: &Ledger) -> Option<String> {
        match ledger.residue() {
            (0, 0) => None,
            (calls, ns) => Some(format!("{calls} calls {ns} ns")),
        }
    }

    fn warnings(window: &Window, conditions: &Conditions) -> Vec<Warning> {
        Warning::of_calls(window, conditions)
    }
}

#[cfg(test)]
mod tests;
