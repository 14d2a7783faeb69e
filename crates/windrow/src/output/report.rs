//! The report at the end of a run, in the words of the classic flow report.

use jiff::tz::TimeZone;
use windrow_core::bounds::Bounds;
use windrow_core::flow::FlowKey;
use windrow_core::lengths;
use windrow_core::run::Run;
#[cfg(feature = "kernel")]
use windrow_core::tally::Tally;
use windrow_core::top::{Placed, Sort};

#[cfg(feature = "kernel")]
use crate::output::Sent;
use crate::output::distinct::DistinctFields;
use crate::output::key::Keys;
use crate::output::layout::{self, Line, Style};
use crate::output::levels;
use crate::output::units;
use crate::output::{ByteLength, Captured, LookedUp, Summary, Warning};

/// Bytes that one exported event would take, and that one summary takes, on the way to a reader.
pub(super) const RECORD_BYTES: u64 = 64;

/// The report, line by line; times are in `zone`.
pub fn lines(
    summary: &Summary<'_>,
    top: usize,
    sort: Sort,
    keys: &Keys,
    style: Style,
    zone: &TimeZone,
) -> Vec<String> {
    let run = summary.run;
    let seen = run.ledger.seen;
    // Means and shares are of what was to be counted.
    let passed = seen - run.ledger.filtered;
    let (flows, _) = run.flows();
    // Flows that were let go of, or never had a row, make means too large.
    let exact = run.is_exact();
    let at_most = if exact { "" } else { "at most " };
    let mean = |whole: u64| {
        if flows == 0 {
            0.0
        } else {
            whole as f64 / flows as f64
        }
    };
    let mut lines = vec![String::new()];
    if let Some(captured) = &summary.captured {
        lines.extend(records(captured, zone));
    }
    lines.extend([
        format!(
            "Total flows: {}{}",
            if exact { "" } else { "at least " },
            units::count(flows as u64)
        ),
        format!(
            "Total packets: {}{} (avg. {at_most}{:.1} per flow)",
            units::count(seen.packets),
            if keys.sights {
                " sights, one for every interface and direction"
            } else {
                ""
            },
            mean(passed.packets)
        ),
        format!(
            "Total bytes: {} (avg. {at_most}{} per flow)",
            units::count(seen.bytes),
            units::bytes(mean(passed.bytes) as u64)
        ),
    ]);
    if !run.ledger.filtered.is_zero() {
        lines.push(format!("  {}", units::left_out(run.ledger.filtered)));
    }
    let shares = levels::shares(&run.ledger);
    if !shares.is_empty() {
        lines.push(format!("  counted: {}", shares.join(", ")));
    }
    for (reason, tally) in &run.ledger.other {
        lines.push(format!(
            "  without a flow, {reason}: {}",
            units::counted(tally.packets, "packet")
        ));
    }
    let distinct = DistinctFields::of(run.distinct.as_ref()).words_with_error();
    lines.extend(distinct.map(|words| format!("Distinct: {words}")));
    lines.push(format!(
        "Windows: {}{}, residue {} packets and {} bytes, lost events {}",
        units::count(run.windows),
        if run.late_windows > 0 {
            format!(" ({} late)", run.late_windows)
        } else {
            String::new()
        },
        run.residue.0,
        run.residue.1,
        run.lost,
    ));
    lines.push(tables(run));
    if run.summaries > 0 {
        lines.push(format!(
            "Reduction: {} events in {} summaries, {:.0} to 1; {} instead of {}, {} of the bandwidth saved",
            units::count(run.ledger.events),
            units::count(run.summaries),
            run.reduction(),
            units::bytes(run.summaries * RECORD_BYTES),
            units::bytes(run.ledger.events * RECORD_BYTES),
            units::percent(1.0 - (run.summaries as f64 / run.ledger.events.max(1) as f64).min(1.0)),
        ));
    }
    let found = &summary.looked_up;
    let in_several = found.iter().any(|it| it.window != found[0].window);
    lines.extend(found.iter().map(|it| looked_up(it, in_several)));
    #[cfg(feature = "kernel")]
    if let Some(sent) = &summary.sent {
        lines.extend(proof(sent, summary));
    }
    let line = |placed: Placed<(FlowKey, Bounds)>| Line {
        key: placed.flow.0,
        bounds: placed.flow.1,
        proven: (!exact).then_some(placed.proven),
        tcp_flags: None,
    };
    let largest: Vec<Line> = run.top(top).into_iter().map(line).collect();
    if !largest.is_empty() {
        lines.push(String::new());
        lines.push(format!("Top {} flows by {}:", largest.len(), sort.name()));
        let table = layout::flows(&largest, passed, keys, style);
        lines.extend(table.lines);
        lines.extend(table.legend);
    }
    lines
}

/// How full tables were, and what had to leave them.
fn tables(run: &Run) -> String {
    let mut parts = vec![format!(
        "Tables: up to {} full",
        units::percent(run.occupancy)
    )];
    if run.full_windows > 0 {
        parts.push(format!(
            "more flows than rows in {} of {}",
            units::count(run.full_windows),
            units::counted(run.windows, "window")
        ));
    }
    if run.spilled_rows > 0 {
        parts.push(units::left_early(run.spilled_rows));
    }
    parts.join(", ")
}

/// What is known of a flow that was looked for.
fn looked_up(found: &LookedUp, in_several: bool) -> String {
    let LookedUp {
        key,
        window,
        bounds,
    } = found;
    let Bounds { lo, hi } = *bounds;
    let between = |lo, hi, unit| match lo == hi {
        true => units::counted(lo, unit),
        false => format!("{} to {}", units::count(lo), units::counted(hi, unit)),
    };
    format!(
        "Looked up {key}{}: {}, {}",
        match window.filter(|_| in_several) {
            Some(window) => format!(" in windows of {}", lengths::text(window)),
            None => String::new(),
        },
        between(lo.packets, hi.packets, "packet"),
        between(lo.bytes, hi.bytes, "byte"),
    )
}

/// What was read, and what was odd about it.
fn records(captured: &Captured, zone: &TimeZone) -> Vec<String> {
    let notes = &captured.notes;
    let mut lines = vec![format!(
        "Records: {}{}",
        units::count(notes.records),
        match captured.times {
            Some((start, end)) => format!(
                ", {} – {} ({})",
                units::date_and_time(start, zone),
                units::date_and_time(end, zone),
                units::duration(std::time::Duration::from_nanos((end.0 - start.0) as u64)),
            ),
            None => String::new(),
        },
    )];
    if notes.differing > 0 {
        lines.push(match captured.bytes {
            ByteLength::Captured => "Bytes are counted as captured, not as on the wire".to_owned(),
            ByteLength::Wire => "Bytes are counted as on the wire, not as captured".to_owned(),
        });
    }
    lines.extend(
        Warning::of_records(notes)
            .into_iter()
            .map(|warning| format!("  {}", warning.text)),
    );
    lines
}

/// What was sent beside what was counted.
#[cfg(feature = "kernel")]
fn proof(sent: &Sent, summary: &Summary<'_>) -> Vec<String> {
    let seen = summary.run.ledger.seen;
    let line = |who: &str, count: Tally| {
        format!(
            "  {who:<22}{:>16} packets {:>20} bytes",
            units::count(count.packets),
            units::count(count.bytes)
        )
    };
    let accounted = seen + sent.dropped;
    let verdict = if accounted != sent.made {
        format!(
            "DIFFERENCE: {} packets, {} bytes",
            sent.made.packets as i128 - accounted.packets as i128,
            sent.made.bytes as i128 - accounted.bytes as i128
        )
    } else if sent.dropped.is_zero() {
        "every packet sent was counted, and every byte".to_owned()
    } else {
        "every packet that the link did not drop was counted, and every byte".to_owned()
    };
    let mut lines = vec![String::new(), line("sent", sent.made)];
    if !sent.dropped.is_zero() {
        lines.push(line("dropped by the link", sent.dropped));
    }
    lines.extend([
        line("the interface's count", sent.interface),
        line("counted by windrow", seen),
        format!("  {verdict}"),
        format!(
            "  cost of a packet: {:.0} ns in all, by program test runs with the rows in the cache",
            sent.ns_per_packet
        ),
    ]);
    lines
}
