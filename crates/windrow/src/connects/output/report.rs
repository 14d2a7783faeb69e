//! The report at the end of a run.

use std::time::Duration;

use windrow_core::connects::Connects;
use windrow_core::connects::key::Dir;
use windrow_core::connects::outcomes::{Failure, Health};
use windrow_core::connects::top::top;
use windrow_core::connects::window::Connect;

use crate::connects::output::line::{self, Line};
use crate::output::terminal::folded;
use crate::output::units;
use crate::timed::output::{Style, Summary, View};

/// The report, line by line.
pub fn lines(
    summary: &Summary<'_, Connects>,
    view: &View<Connects>,
    style: &mut Style,
) -> Vec<String> {
    let run = summary.run;
    let connects = run.rows_by(&view.by);
    let mut lines = sums(summary);
    if view.how.health {
        lines.extend(health(&connects, run.ledger.outcomes().health));
    }
    if !run.is_whole() {
        let outside = run.outside().calls;
        lines.push(format!(
            "Not told apart below: {}, of which each row may have some (+n: at most n more)",
            units::counted(outside, "event")
        ));
    }
    if let Some(width) = style.width {
        lines = lines.iter().flat_map(|line| folded(line, width)).collect();
    }
    let shown = top(&connects, view.top, view.sort);
    if shown.is_empty() {
        return lines;
    }
    lines.push(String::new());
    if shown.len() < connects.len() {
        lines.push(format!("Top {} by {}:", shown.len(), view.sort.name()));
    }
    for connect in shown {
        let line = Line::of(connect, None, &view.by, &view.how, style);
        lines.extend(line.lines(style.width));
    }
    lines
}

/// How many there were, and where each of them is.
fn sums(summary: &Summary<'_, Connects>) -> Vec<String> {
    let run = summary.run;
    let found = run.ledger.rows + run.ledger.folded;
    let residues = (run.residue, summary.residue_of_beginnings().unwrap_or(0));
    if found.calls == 0 && residues == ((0, 0), 0) {
        let mut lines = vec!["No TCP connections".to_owned()];
        if run.ledger.counters.events > 0 {
            lines.push(events(summary));
        }
        return lines;
    }
    let mut lines = vec![total(summary), attempts(summary)];
    lines.extend(beside(summary));
    lines.push(events(summary));
    lines
}

/// How many there were, and how long they took.
fn total(summary: &Summary<'_, Connects>) -> String {
    let it = &summary.run.ledger.counters;
    let mut total = format!(
        "Total attempts: {} in {} ({})",
        units::count(it.attempts),
        units::duration(summary.length),
        units::event_rate(it.attempts, summary.length),
    );
    if it.accepted > 0 {
        total.push_str(&format!(", {} accepted", units::count(it.accepted)));
    }
    if it.seen.ns > 0 {
        let handshakes = units::duration(Duration::from_nanos(it.seen.ns));
        total.push_str(&format!("; handshakes took {handshakes} in all"));
    }
    total
}

/// How connections had been when they were closed, each way, and in all where not all rows are known.
fn health(connects: &[Connect], all: Health) -> Vec<String> {
    let of = |dir| {
        let mut sum = Health::default();
        for connect in connects.iter().filter(|it| it.key.dir == dir) {
            sum += connect.outcome.health;
        }
        sum
    };
    let (out, accepted) = (of(Dir::Out), of(Dir::In));
    let mut known = out;
    known += accepted;
    let rest = (known != all).then_some((all, "all"));
    [(out, "what went out"), (accepted, "what came in")]
        .into_iter()
        .chain(rest)
        .filter(|(health, _)| *health != Health::default())
        .map(|(health, what)| {
            let mut parts = vec![units::count(health.closed)];
            parts.extend(line::health(&health));
            format!("Closed, of {what}: {}", parts.join(", "))
        })
        .collect()
}

/// What became of all attempts.
pub fn attempts(summary: &Summary<'_, Connects>) -> String {
    let run = summary.run;
    let it = &run.ledger.counters;
    let parts = [
        (it.established, "established"),
        (it.failed, "failed"),
        (run.in_flight.max(0) as u64, "in flight"),
        (it.overtaken, "whose end was missed"),
    ];
    let residue = summary.residue_of_beginnings();
    format!(
        "Attempts: {} = {}, residue {}",
        units::count(it.attempts),
        units::sum(&parts),
        residue.map_or_else(|| "not known".to_owned(), |residue| residue.to_string()),
    )
}

/// Why attempts failed, and what is no attempt.
fn beside(summary: &Summary<'_, Connects>) -> Vec<String> {
    let ledger = &summary.run.ledger;
    let (it, outcomes) = (&ledger.counters, ledger.outcomes());
    let mut lines = Vec::new();
    if outcomes.failed() > 0 {
        let names = Failure::ALL.map(|failure| failure.name().replace('_', " "));
        let failures = Failure::ALL.map(|failure| outcomes.failed_by(failure));
        let parts: Vec<(u64, &str)> = failures
            .into_iter()
            .zip(names.iter().map(String::as_str))
            .collect();
        lines.push(format!(
            "Failed: {} = {}",
            units::count(it.failed),
            units::sum(&parts)
        ));
    }
    if it.unknown_listener > 0 {
        lines.push(format!(
            "Accepted: {}, {} of them by listeners that are not known",
            units::count(it.accepted),
            units::count(it.unknown_listener)
        ));
    }
    if it.unkept > 0 {
        lines.push(format!(
            "Not followed: {}, which have no process and no handshake time",
            units::counted(it.unkept, "attempt")
        ));
    }
    lines
}

/// Where all that was counted went.
pub fn events(summary: &Summary<'_, Connects>) -> String {
    let run = summary.run;
    let it = &run.ledger.counters;
    let parts = [
        (run.ledger.rows.calls, "in rows"),
        (run.ledger.folded.calls, "in sums only"),
        (it.begun_before, "of what had begun before the start"),
        (
            it.filtered,
            match summary.exit_code {
                Some(_) => "of others",
                None => "filtered",
            },
        ),
    ];
    format!(
        "Events: {} = {}, residue {}",
        units::count(it.events),
        units::sum(&parts),
        run.residue.0 + run.ledger.residue_of_outcomes().sum(),
    )
}
