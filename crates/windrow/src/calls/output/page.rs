//! Windows and reports of calls for people.

use std::time::Duration;

use windrow_core::calls::Calls;
use windrow_core::calls::top::top;
use windrow_core::calls::window::Window;

use crate::calls::output::{report, table};
use crate::output::units;
use crate::timed::output::{Conditions, Page, Style, Summary, View};

impl Page for Calls {
    fn parts(window: &Window, conditions: &Conditions, length: Duration) -> Vec<String> {
        let ledger = &window.ledger;
        let it = &ledger.counters;
        let passed = ledger.rows.calls + ledger.folded.calls;
        let mut parts = vec![
            units::counted(passed, "call"),
            units::event_rate(passed, length),
            units::counted(window.rows.len() as u64, "row"),
        ];
        for (calls, what) in [
            (it.filtered, "filtered"),
            (it.own, "windrow's own"),
            (it.never_returned, "never returned"),
        ] {
            if calls > 0 {
                parts.push(format!("{} {what}", units::count(calls)));
            }
        }
        if it.counted_at_beginnings == 0 {
            let in_flight = conditions.in_flight.max(0) as u64;
            parts.push(format!("{} in flight", units::count(in_flight)));
        }
        parts
    }

    fn rows(window: &Window, view: &View<Calls>, style: &mut Style) -> Vec<String> {
        // The titles take a line.
        let room = view.room.saturating_sub(1).max(1);
        let k = view.top.unwrap_or(usize::MAX).min(room);
        let calls = top(&window.rows, Some(k), view.sort);
        let it = &window.ledger.counters;
        let shown = table::Shown {
            by: view.by,
            sort: view.sort,
            counts: it.counted_at_beginnings > 0,
        };
        let mut lines = table::lines(&calls, &shown, view.length, it.seen.ns, style);
        lines[0] = view.terminal.paint("2", &lines[0]);
        lines
    }

    fn report(summary: &Summary<'_, Calls>, view: &View<Calls>, style: &mut Style) -> Vec<String> {
        report::lines(summary, &view.by, view.top, view.sort, style)
    }
}
