//! What a user should know of a window of calls beyond its numbers: one sentence each.

use windrow_core::calls::window::Window;

use crate::output::units;
use crate::timed::output::{Conditions, Warning};

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
        let without_histogram = ledger.counters.without_histogram;
        warnings.extend(Warning::of_tables(window, without_histogram));
        let mut say = |code, text| warnings.push(Warning { code, text });
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
        warnings.extend(Warning::of_length(window));
        warnings
    }
}
