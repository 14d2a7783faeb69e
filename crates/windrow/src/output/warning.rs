//! What a user should know of a window beyond its numbers: one sentence each.

use windrow_core::window::Window;

use crate::notes::Notes;
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

    /// All that is to be said of the records of a capture, each at most once.
    pub fn of_records(notes: &Notes) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut say = |code, text| warnings.push(Warning { code, text });
        let nanos = |ns: i64| units::duration(std::time::Duration::from_nanos(ns as u64));
        if notes.differing > 0 {
            say(
                "lengths_differ",
                format!(
                    "{} of {} records were captured with another length than they had: {} bytes captured, {} on the wire; --bytes says which are counted",
                    units::count(notes.differing),
                    units::count(notes.records),
                    units::count(notes.captured_bytes),
                    units::count(notes.wire_bytes),
                ),
            );
        }
        if notes.long > 0 {
            say(
                "super_frames",
                format!(
                    "{} frames are longer than an Ethernet link's, up to {} bytes: where they were captured before the card cut them, the capture does not say into how many, and packets are a lower bound",
                    units::count(notes.long),
                    units::count(u64::from(notes.longest)),
                ),
            );
        }
        let odd = &notes.oddities;
        if odd.undated > 0 {
            say(
                "undated",
                format!(
                    "{} records have no time, or time zero: they are counted at the time of the record before them",
                    units::count(odd.undated)
                ),
            );
        }
        if odd.early > 0 {
            say(
                "out_of_order",
                format!(
                    "{} records come after later ones, by up to {}: they are counted in the window that was open",
                    units::count(odd.early),
                    nanos(odd.earliest_ns)
                ),
            );
        }
        if odd.steps_back > 0 {
            say(
                "time_back",
                format!(
                    "the time of records steps back by more than a window {} times, by up to {}: windows are labelled by the records, and one may come twice",
                    units::count(odd.steps_back),
                    nanos(odd.longest_back_ns)
                ),
            );
        }
        if odd.steps_ahead > 0 {
            say(
                "time_ahead",
                format!(
                    "the time of records steps ahead by more than an hour {} times, by up to {}",
                    units::count(odd.steps_ahead),
                    nanos(odd.longest_ahead_ns)
                ),
            );
        }
        warnings
    }
}
