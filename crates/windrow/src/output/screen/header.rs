//! What stands above a window's table: when it was, and its sums.

use std::io::Write;

use windrow_core::lengths;
use windrow_core::rollup::Rolled;
use windrow_core::window::Window;

use super::{Screen, is_exact};
use crate::output::Conditions;
use crate::output::distinct::DistinctFields;
use crate::output::levels;
use crate::output::units;

impl<W: Write> Screen<W> {
    /// What the window was, in as many lines as the terminal's width takes.
    pub(super) fn header(&self, window: &Window, conditions: &Conditions) -> Vec<String> {
        let span = &window.span;
        let seen = window.ledger.seen;
        let (residue, residue_bytes) = window.ledger.residue();
        let residue = if residue == 0 && residue_bytes == 0 {
            "residue 0".to_owned()
        } else {
            self.look.terminal.paint(
                "1;31",
                &format!("RESIDUE {residue} packets {residue_bytes} bytes"),
            )
        };
        // A longer window is called by what it stands for, of which a part may be missing.
        let (start, end, length) = match window.rolled {
            Some(Rolled { gap, .. }) => {
                let length = span.window.unwrap_or_default().saturating_sub(gap);
                (span.slot.start, span.slot.end, length)
            }
            None => (span.start.wall, span.end.wall, span.length()),
        };
        // A capture is of any day, and a replay has all the time in the world.
        let of_capture = conditions.notes.records > 0;
        let time = format!(
            "{} – {}",
            match of_capture {
                false => units::time_of_day(start, &self.zone),
                true => units::date_and_time(start, &self.zone),
            },
            units::time_of_day(end, &self.zone)
        );
        let ledger = &window.ledger;
        let mut parts = Vec::new();
        let missing = match of_capture {
            true => "without a record",
            false => "missing",
        };
        parts.extend(match window.rolled {
            Some(rolled) => Some(units::of_windows(span.window, rolled, missing)),
            None if self.adaptive => span
                .window
                .map(|it| format!("window {}", lengths::text(it))),
            None => None,
        });
        parts.extend([
            format!("{} packets", units::count(seen.packets)),
            units::bytes(seen.bytes),
            units::packet_rate(seen.packets, length),
            units::bit_rate(seen.bytes, length),
        ]);
        if !ledger.filtered.is_zero() {
            parts.push(units::left_out(ledger.filtered));
        }
        parts.push(format!(
            "{}{} flows",
            if is_exact(window) { "" } else { "at least " },
            units::count(window.flows.len() as u64)
        ));
        parts.extend(DistinctFields::of(window.distinct.as_ref()).words());
        let other = ledger.other_sum();
        if !other.is_zero() {
            parts.push(format!("{} without a flow", units::count(other.packets)));
        }
        parts.push(format!("table {} full", units::percent(window.occupancy)));
        if window.spilled_rows > 0 {
            parts.push(units::left_early(window.spilled_rows));
        }
        parts.extend(levels::shares(ledger));
        parts.push(residue);
        if !of_capture && window.rolled.is_none() {
            parts.push(format!("drained in {}", units::duration(conditions.drain)));
        }
        // The two are read at slightly different moments; super-frames only make ours the larger.
        if let Some(theirs) = conditions.interface_packets
            && theirs > seen.packets + seen.packets / 50 + 100
        {
            parts.push(format!(
                "the interface counted {} packets",
                units::count(theirs)
            ));
        }
        self.look.terminal.header(&time, &parts)
    }
}
