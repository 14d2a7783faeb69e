//! What a user should know of a window beyond its numbers: one sentence each.

use windrow_core::window::Window;

use crate::output::Conditions;
use crate::output::units;

/// The one warning that is an error: counts are unaccounted for.
const RESIDUE: &str = "residue";

/// A sentence with a code that programs can match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Stable.
    pub code: &'static str,
    /// For people.
    pub text: String,
}

impl Warning {
    /// Whether counts are wrong, rather than less detailed than they could be.
    pub fn is_error(&self) -> bool {
        self.code == RESIDUE
    }

    /// All that is to be said of a window, each at most once.
    pub fn of(window: &Window, conditions: &Conditions) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut say = |code, text| warnings.push(Warning { code, text });
        let (packets, bytes) = window.ledger.residue();
        if (packets, bytes) != (0, 0) {
            say(
                RESIDUE,
                format!(
                    "{packets} packets and {bytes} bytes are unaccounted for: this is a bug in windrow, please report it"
                ),
            );
        }
        let without_table = window.without_table;
        if !without_table.is_zero() {
            say(
                "cpu_without_table",
                format!(
                    "{} packets came on a CPU that was not online at the start and has no table: they are in the total only, until windrow is started again",
                    without_table.packets
                ),
            );
        }
        // Packets of such CPUs are folded too, but no memory would have helped them.
        let folded = window.ledger.folded() - without_table;
        if !folded.is_zero() {
            let share = folded.packets as f64 / window.ledger.seen.packets.max(1) as f64;
            say(
                "table_full",
                format!(
                    "the table is full: {} of the packets are in the total only, rows give bounds; --memory makes room for more flows",
                    units::percent(share)
                ),
            );
        }
        if window.span.late {
            say(
                "late",
                format!(
                    "the window was closed late and covers {}: no count is lost",
                    units::duration(window.span.length())
                ),
            );
        }
        if conditions.lost > 0 {
            say(
                "lost",
                format!(
                    "{} events were not seen, because the kernel did not run the program for them",
                    conditions.lost
                ),
            );
        }
        if window.span.clock_step != 0 {
            let step = std::time::Duration::from_nanos(window.span.clock_step.unsigned_abs());
            say(
                "clock_set",
                format!(
                    "the system clock was set {} by {}: windows are labelled by the new time from here on",
                    if window.span.clock_step > 0 {
                        "forward"
                    } else {
                        "back"
                    },
                    units::duration(step)
                ),
            );
        }
        warnings
    }
}
