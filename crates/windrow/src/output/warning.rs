//! What a user should know of a window beyond its numbers: one sentence each.

use windrow_core::window::Window;
#[cfg(feature = "kernel")]
use windrow_datapath::kernel::Direction;

use crate::notes::Notes;
use crate::output::Conditions;
use crate::output::units;
#[cfg(feature = "kernel")]
use crate::output::{Change, HiddenBy};

/// The one warning that is an error: counts are unaccounted for.
const RESIDUE: &str = "residue";
/// What is so in one window is likely so in the next.
const TABLE_FULL: &str = "table_full";
const CPU_WITHOUT_TABLE: &str = "cpu_without_table";
/// So few events, or so many spilled rows, that `--reduce` is out of reach.
const UNREDUCED: &str = "unreduced";
/// What will be so again and again, and needs to be said once.
const UNKNOWN_LISTENER: &str = "unknown_listener";

/// A sentence with a code that programs can match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Stable.
    pub code: &'static str,
    /// For people.
    pub text: String,
}

impl Warning {
    /// Counts are unaccounted for.
    #[cfg(feature = "kernel")]
    pub const RESIDUE: &str = RESIDUE;
    /// There were more keys than rows.
    #[cfg(feature = "kernel")]
    pub const TABLE_FULL: &str = TABLE_FULL;
    /// A CPU came online after the start.
    #[cfg(feature = "kernel")]
    pub const CPU_WITHOUT_TABLE: &str = CPU_WITHOUT_TABLE;
    /// Connections were accepted by nobody knows whom.
    #[cfg(feature = "kernel")]
    pub const UNKNOWN_LISTENER: &str = UNKNOWN_LISTENER;

    /// Whether counts are wrong, rather than less detailed than they could be.
    pub fn is_error(&self) -> bool {
        self.code == RESIDUE
    }

    /// Whether it is of a state, which may last for many windows, rather than of something that happened.
    pub fn is_of_state(&self) -> bool {
        [TABLE_FULL, CPU_WITHOUT_TABLE, UNREDUCED].contains(&self.code)
    }

    /// Whether once is enough, however often it happens.
    pub fn is_said_once(&self) -> bool {
        self.code == UNKNOWN_LISTENER
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
                CPU_WITHOUT_TABLE,
                format!(
                    "{} packets came on a CPU that was not online at the start and has no table: they are in the total only, until windrow is started again",
                    without_table.packets
                ),
            );
        }
        let overflow = window.overflow();
        if !overflow.is_zero() {
            let memory = match window.rolled {
                Some(_) => "--rollup-memory",
                None => "--memory",
            };
            let share = overflow.packets as f64 / window.ledger.seen.packets.max(1) as f64;
            say(
                TABLE_FULL,
                format!(
                    "more flows than rows: {} of the window's packets are counted by network or in the total, not by flow; all sums are exact, rows give bounds; {memory} makes room for more",
                    units::percent(share)
                ),
            );
        }
        if let Some(asked) = conditions.unreduced {
            let (events, lines) = (window.ledger.events, window.summaries());
            say(
                UNREDUCED,
                format!(
                    "--reduce {asked} is out of reach: all flows are in the total, which leaves {} for {}",
                    units::counted(lines, "line"),
                    units::counted(events, "event"),
                ),
            );
        }
        // Of a longer window it has been said of the one that it was.
        if window.span.late && window.rolled.is_none() {
            say(
                "late",
                format!(
                    "the window was closed late and covers {}: no count is lost",
                    units::duration(window.span.length())
                ),
            );
        }
        if conditions.lost > 0 && window.rolled.is_none() {
            say(
                "lost",
                format!(
                    "{} events were not seen, because the kernel did not run the program for them",
                    conditions.lost
                ),
            );
        }
        #[cfg(feature = "kernel")]
        if let Some(hidden) = &conditions.hidden {
            say("hidden", hidden_by(hidden));
        }
        #[cfg(feature = "kernel")]
        for change in &conditions.changes {
            if let Some((code, text)) = of_interface(change) {
                say(code, text);
            }
        }
        if window.span.clock_step != 0 && window.rolled.is_none() {
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
                    "{} of {} captured with another length than on the wire: {} captured, {} on the wire; --bytes chooses",
                    units::count(notes.differing),
                    units::counted(notes.records, "record"),
                    units::counted(notes.captured_bytes, "byte"),
                    units::counted(notes.wire_bytes, "byte"),
                ),
            );
        }
        if notes.long > 0 {
            say(
                "super_frames",
                format!(
                    "{} longer than an Ethernet link's, up to {} bytes: where they were captured before the card cut them, nothing says into how many, and packets are a lower bound",
                    units::counted(notes.long, "frame"),
                    units::count(u64::from(notes.longest)),
                ),
            );
        }
        let odd = &notes.oddities;
        if odd.undated > 0 {
            say(
                "undated",
                format!(
                    "{} without a time, or of time zero: counted at the time of the record before, or at 1970",
                    units::counted(odd.undated, "record")
                ),
            );
        }
        if odd.early > 0 {
            say(
                "out_of_order",
                format!(
                    "{} out of order, by up to {}: counted in the window that was open",
                    units::counted(odd.early, "record"),
                    nanos(odd.earliest_ns)
                ),
            );
        }
        if odd.steps_back > 0 {
            say(
                "time_back",
                format!(
                    "{} back of more than a window in the records' time, up to {}: a window may come twice",
                    units::counted(odd.steps_back, "step"),
                    nanos(odd.longest_back_ns)
                ),
            );
        }
        if odd.steps_ahead > 0 {
            say(
                "time_ahead",
                format!(
                    "{} ahead of more than an hour in the records' time, up to {}",
                    units::counted(odd.steps_ahead, "step"),
                    nanos(odd.longest_ahead_ns)
                ),
            );
        }
        warnings
    }
}

/// What is to be said of an interface; that some come and go is the nature of a pattern.
#[cfg(feature = "kernel")]
fn of_interface(change: &Change) -> Option<(&'static str, String)> {
    match change {
        Change::Attached { .. } => None,
        Change::Gone {
            name, moved: true, ..
        } => Some((
            "iface_moved",
            format!(
                "{name} was moved to another network namespace: its packets are not seen any more"
            ),
        )),
        Change::Gone {
            name,
            asked_for: true,
            ..
        } => Some((
            "iface_gone",
            format!("{name} is gone; everything it counted until then is in the windows"),
        )),
        Change::Gone { .. } => None,
        Change::Renamed { from, to } => Some((
            "iface_renamed",
            format!(
                "{from} is called {to} now: it is the same interface, and its rows carry the new name"
            ),
        )),
        Change::LeftOut { name, why } => Some((
            "iface_left_out",
            format!("{name} is left out, and others like it: {why}"),
        )),
        Change::Removed { name, why: None } => Some((
            "iface_removed",
            format!(
                "somebody took windrow's programs off {name}: they are attached again, and packets in between were not seen"
            ),
        )),
        Change::Removed {
            name,
            why: Some(why),
        } => Some((
            "iface_removed",
            format!(
                "somebody took windrow's programs off {name}, and they cannot be attached again: {why}"
            ),
        )),
    }
}

#[cfg(feature = "kernel")]
fn hidden_by(hidden: &HiddenBy) -> String {
    let who = match &hidden.ahead[..] {
        [] => "something keeps the others from it: a program ahead of windrow, a socket that goes past traffic control, or the card".to_owned(),
        programs => format!(
            "ahead of it {} {}, which may keep packets from all that follow",
            if programs.len() == 1 { "runs" } else { "run" },
            programs.join(" and ")
        ),
    };
    format!(
        "{} counted {} {} and windrow saw {}; {who}",
        hidden.interface,
        units::counted(hidden.counted, "packet"),
        match hidden.direction {
            Direction::Out => "going out",
            _ => "coming in",
        },
        units::count(hidden.seen),
    )
}
