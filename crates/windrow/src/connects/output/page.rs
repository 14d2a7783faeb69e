//! Windows and reports of connections for people.

use std::time::Duration;

use windrow_core::connects::Connects;
use windrow_core::connects::top::top;
use windrow_core::connects::window::Window;

use crate::connects::output::line::Line;
use crate::connects::output::report;
use crate::output::units;
use crate::timed::output::{Conditions, Page, Style, Summary, View, times};

impl Page for Connects {
    fn parts(window: &Window, conditions: &Conditions, length: Duration) -> Vec<String> {
        let it = &window.ledger.counters;
        let mut parts = vec![
            units::counted(it.attempts, "attempt"),
            units::event_rate(it.attempts, length),
        ];
        let mut add = |connections, what| {
            if connections > 0 {
                parts.push(format!("{} {what}", units::count(connections)));
            }
        };
        add(it.failed, "failed");
        add(it.accepted, "accepted");
        parts.push(units::counted(window.rows.len() as u64, "row"));
        if it.filtered > 0 {
            parts.push(format!("{} filtered", units::counted(it.filtered, "event")));
        }
        let in_flight = conditions.in_flight.max(0) as u64;
        parts.push(format!("{} in flight", units::count(in_flight)));
        parts
    }

    fn rows(window: &Window, view: &View<Connects>, style: &mut Style) -> Vec<String> {
        let (start, end) = times(window);
        let when = format!(
            "[{}-{}]",
            units::time_of_day(start, &view.zone),
            units::time_of_day(end, &view.zone)
        );
        let mut lines = Vec::new();
        let mut room = view.room;
        for connect in top(&window.rows, view.top, view.sort) {
            let line = Line::of(connect, Some(&when), &view.by, &view.how, style);
            let mut more = line.lines(style.width);
            let taken = more.iter().map(|it| view.terminal.height(it)).sum();
            match room.checked_sub(taken) {
                Some(left) => room = left,
                // The first is shown in any case.
                None if lines.is_empty() => room = 0,
                None => break,
            }
            lines.append(&mut more);
        }
        lines
    }

    fn report(
        summary: &Summary<'_, Connects>,
        view: &View<Connects>,
        style: &mut Style,
    ) -> Vec<String> {
        report::lines(summary, view, style)
    }
}
