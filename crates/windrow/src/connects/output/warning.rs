//! What a user should know of a window of connections beyond its numbers: one sentence each.

use windrow_core::connects::window::Window;

use crate::output::units;
use crate::timed::output::{Conditions, Warning};

impl Warning {
    /// All that is to be said of a window of connections, each at most once.
    pub fn of_connects(window: &Window, conditions: &Conditions) -> Vec<Warning> {
        let ledger = &window.ledger;
        let it = &ledger.counters;
        let mut warnings = Vec::new();
        let mut say = |code, text| warnings.push(Warning { code, text });
        let (events, ns) = ledger.residue();
        let outcomes = ledger.residue_of_outcomes().sum();
        if (events, ns, outcomes) != (0, 0, 0) {
            say(
                Warning::RESIDUE,
                format!(
                    "{events} events, {ns} ns of handshakes and {outcomes} outcomes of connections are unaccounted for: this is a bug in windrow, please report it"
                ),
            );
        }
        warnings.extend(Warning::of_tables(window, it.without_histogram));
        let mut say = |code, text| warnings.push(Warning { code, text });
        if conditions.lost > 0 {
            say(
                "lost",
                format!(
                    "the kernel could not run windrow's programs for {}: what became of these connections is in no row",
                    units::counted(conditions.lost, "event")
                ),
            );
        }
        if it.unkept > 0 {
            say(
                "not_followed",
                format!(
                    "the kernel had no memory to follow {}: they have no process and no handshake time",
                    units::counted(it.unkept, "attempt")
                ),
            );
        }
        if it.unknown_listener > 0 {
            say(
                Warning::UNKNOWN_LISTENER,
                format!(
                    "it is not known whose listener accepted {}: they have rows without a process",
                    units::counted(it.unknown_listener, "connection")
                ),
            );
        }
        warnings.extend(Warning::of_length(window));
        warnings
    }
}
