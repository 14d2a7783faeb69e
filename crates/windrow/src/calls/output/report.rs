//! The report at the end of a run.

use std::time::Duration;

use windrow_core::calls::Calls;
use windrow_core::calls::by::By;
use windrow_core::calls::top::{Sort, top};
use windrow_core::calls::window::Call;

use crate::calls::output::table::{self, Shown};
use crate::output::terminal::folded;
use crate::output::units;
use crate::timed::output::{Style, Summary};

/// The report, line by line: of the `k` largest, or of all.
pub fn lines(
    summary: &Summary<'_, Calls>,
    by: &By,
    k: Option<usize>,
    sort: Sort,
    style: &mut Style,
) -> Vec<String> {
    let run = summary.run;
    let calls = run.rows_by(by);
    let counts = run.ledger.counters.counted_at_beginnings > 0;
    let mut lines = vec![total(summary, &calls, counts), ends(summary, counts)];
    if !counts {
        lines.extend(beginnings(summary));
    }
    if !run.is_whole() {
        let outside = run.outside().calls;
        lines.push(format!(
            "Not told apart below: {}, of which each row may have some (+n: at most n more)",
            units::counted(outside, "call")
        ));
    }
    if let Some(width) = style.width {
        lines = lines.iter().flat_map(|line| folded(line, width)).collect();
    }
    let shown = top(&calls, k, sort);
    if shown.is_empty() {
        return lines;
    }
    lines.push(String::new());
    if shown.len() < calls.len() {
        lines.push(format!("Top {} by {}:", shown.len(), sort.name()));
    }
    let ns = run.ledger.counters.seen.ns;
    let how = Shown {
        by: *by,
        sort,
        counts,
    };
    lines.extend(table::lines(&shown, &how, summary.length, ns, style));
    lines
}

/// How many there were, and what is known of all.
fn total(summary: &Summary<'_, Calls>, calls: &[Call], counts: bool) -> String {
    let run = summary.run;
    let passed = run.ledger.rows.calls + run.ledger.folded.calls;
    let mut total = format!(
        "Total calls: {} in {} ({})",
        units::count(passed),
        units::duration(summary.length),
        units::event_rate(passed, summary.length),
    );
    if !counts {
        let errors: u64 = calls.iter().map(|call| call.outcome.errors).sum();
        total.push_str(&format!(
            ", {} in them; {}{}",
            units::duration(Duration::from_nanos(run.ledger.counters.seen.ns)),
            if run.is_whole() { "" } else { "at least " },
            units::counted(errors, "error"),
        ));
    }
    total
}

/// Where all that was counted went.
fn ends(summary: &Summary<'_, Calls>, counts: bool) -> String {
    let run = summary.run;
    let it = &run.ledger.counters;
    let parts = [
        (run.ledger.rows.calls, "in rows"),
        (run.ledger.folded.calls, "in sums only"),
        (it.children, "children's ways out of fork"),
        (it.own, "windrow's own"),
        (it.filtered, others(summary, "filtered")),
    ];
    format!(
        "{}: {} = {}, residue {}",
        if counts { "Counted" } else { "Ended" },
        units::count(it.events),
        units::sum(&parts),
        run.residue.0,
    )
}

/// What became of all calls that began, and of those whose beginning was not seen.
fn beginnings(summary: &Summary<'_, Calls>) -> Vec<String> {
    let run = summary.run;
    let it = &run.ledger.counters;
    let unfollowed = it.untracked_enters + it.unkept + it.overtaken;
    let parts = [
        (it.matched, "ended"),
        (it.never_returned, "never returned"),
        (run.in_flight.max(0) as u64, "in flight"),
        (unfollowed, others(summary, "not followed")),
    ];
    let residue = summary.residue_of_beginnings();
    let mut lines = vec![format!(
        "Begun: {} = {}, residue {}",
        units::count(it.enters),
        units::sum(&parts),
        residue.map_or_else(|| "not known".to_owned(), |residue| residue.to_string()),
    )];
    let unseen = [
        (it.unentered, "refused or answered before they began"),
        (it.begun_before, "begun before the start"),
    ];
    if unseen.iter().any(|(calls, _)| *calls > 0) {
        lines.push(format!(
            "Ended without a beginning: {}",
            units::sum(&unseen)
        ));
    }
    lines
}

/// What of a command's run is in none of its rows is nearly all of other processes.
fn others(summary: &Summary<'_, Calls>, what: &'static str) -> &'static str {
    match summary.exit_code {
        Some(_) => "of others",
        None => what,
    }
}
