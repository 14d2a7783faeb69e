//! What a user should know of a window of calls beyond its numbers: one sentence each.

use windrow_core::calls::window::Window;
use windrow_core::timed::spent::Spent;

use crate::calls::output::Conditions;
use crate::output::units;

pub use crate::output::Warning;

impl Warning {
    /// All that is to be said of a window of calls, each at most once.
    pub fn of_calls(window: &Window, conditions: &Conditions) -> Vec<Warning> {
        let ledger = &window.ledger;
        let mut warnings = Vec::new();
        let mut say = |code, text| warnings.push(Warning { code, text });
        let (calls, ns) = ledger.residue();
        let ends = ledger.counters.residue_of_ends();
        if (calls, ns, ends) != (0, 0, 0) {
            say(
                Warning::RESIDUE,
                format!(
                    "{calls} calls, {ns} ns of calls and {ends} ends of calls are unaccounted for: this is a bug in windrow, please report it"
                ),
            );
        }
        if window.without_table != Spent::ZERO {
            say(
                Warning::CPU_WITHOUT_TABLE,
                format!(
                    "{} ended on a CPU that was not online at the start and has no table: they are in the sums only, until windrow is started again",
                    units::counted(window.without_table.calls, "call")
                ),
            );
        }
        let overflow = ledger.folded - window.without_table;
        if overflow != Spent::ZERO {
            let share = overflow.calls as f64 / ledger.counters.seen.calls.max(1) as f64;
            say(
                Warning::TABLE_FULL,
                format!(
                    "more keys than rows: {} of the window's calls are in its sums only; all sums are exact, rows give bounds; --rows makes room for more",
                    units::percent(share)
                ),
            );
        }
        if ledger.counters.without_histogram > 0 {
            say(
                "without_quantiles",
                format!(
                    "{} found no histogram and have no quantiles: there is one for every fourth row, and rows take them with their third call; --rows makes room for more",
                    units::counted(ledger.counters.without_histogram, "row")
                ),
            );
        }
        if conditions.lost > 0 {
            say(
                "lost",
                format!(
                    "the kernel could not run windrow's programs for {}: these calls, or their durations, are in no row",
                    units::counted(conditions.lost, "event")
                ),
            );
        }
        let unkept = ledger.counters.unkept + ledger.counters.forks_unkept;
        if unkept > 0 {
            say(
                "not_followed",
                format!(
                    "the kernel had no memory to follow {}: these calls have no duration, or are taken for others'",
                    units::counted(unkept, "task")
                ),
            );
        }
        if window.span.late {
            say(
                "late",
                "this window was closed late and is longer than asked for".to_owned(),
            );
        }
        warnings
    }
}
