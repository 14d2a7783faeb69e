//! What a user should know of any window beyond its numbers: one sentence each.

use windrow_core::timed::Counters;
use windrow_core::timed::spent::Spent;
use windrow_core::timed::window::Window;

use crate::output::{Warning, units};
use crate::timed::output::Face;

impl Warning {
    /// That there was no room for all rows, nor for their histograms.
    pub fn of_tables<S: Face>(window: &Window<S>, without_histogram: u64) -> Vec<Warning> {
        let ledger = &window.ledger;
        let mut warnings = Vec::new();
        let mut say = |code, text| warnings.push(Warning { code, text });
        if window.without_table != Spent::ZERO {
            say(
                Warning::CPU_WITHOUT_TABLE,
                format!(
                    "{} came on a CPU that was not online at the start and has no table: they are in the sums only, until windrow is started again",
                    units::counted(window.without_table.calls, S::UNIT)
                ),
            );
        }
        let overflow = ledger.folded - window.without_table;
        if overflow != Spent::ZERO {
            let seen = ledger.counters.seen();
            let share = overflow.calls as f64 / seen.calls.max(1) as f64;
            say(
                Warning::TABLE_FULL,
                format!(
                    "more keys than rows: {} of the window's {}s are in its sums only; all sums are exact, rows give bounds; windrow {} --rows makes room for more",
                    units::percent(share),
                    S::UNIT,
                    S::SOURCE
                ),
            );
        }
        if without_histogram > 0 {
            say(
                "without_quantiles",
                format!(
                    "{} found no histogram and have no quantiles: there is one for every fourth row, and rows take them with their third {}; windrow {} --rows makes room for more",
                    units::counted(without_histogram, "row"),
                    S::TIMED,
                    S::SOURCE
                ),
            );
        }
        warnings
    }

    /// That a window is longer than it was to be.
    pub fn of_length<S: Face>(window: &Window<S>) -> Option<Warning> {
        window.span.late.then(|| Warning {
            code: "late",
            text: "this window was closed late and is longer than asked for".to_owned(),
        })
    }
}
