//! What `measure` found: a report for people, one JSON object for programs.

mod json;
mod sent;

use std::time::Duration;

use crate::measure::{Counted, Measured, Packets};
use crate::output::names;
use crate::output::units;

pub use json::json;
use sent::{Sent, per_second};

/// The report, line by line; none is wider than 80 columns, long names of interfaces aside.
pub fn lines(measured: &Measured<'_>) -> Vec<String> {
    let (sums, span) = (measured.counted.sums(), measured.span);
    let sent = Sent::of(&measured.counted);
    let expense = &measured.expense;
    let mut lines = head(measured);
    lines.extend([
        match sums.events {
            0 => format!("Reduction: none, since no {} came", noun(&measured.counted)),
            _ => format!(
                "Reduction: {:.0} to 1, {} of the bandwidth saved",
                sent.reduction(),
                units::percent(sent.saved()),
            ),
        },
        String::new(),
        records("raw events", sent.events, Sent::EVENT_BYTES, span),
        records("summaries", sent.summaries, sent.a_summary_bytes, span),
        String::new(),
    ]);
    lines.extend(cost(measured));
    lines.extend([
        entry(
            "windrow's own CPU",
            &format!(
                "{} of a core ({})",
                units::percent(per_second(expense.agent_cpu.as_secs_f64(), span)),
                units::duration(expense.agent_cpu)
            ),
        ),
        entry(
            "windrow's own memory",
            &format!("{} at most", units::bytes(expense.agent_memory_bytes)),
        ),
        entry(
            "memory in the kernel",
            &format!(
                "{} of tables and programs",
                units::bytes(expense.kernel_memory_bytes)
            ),
        ),
    ]);
    lines
}

/// What an event is called.
fn noun(counted: &Counted<'_>) -> &'static str {
    match counted {
        Counted::Packets(_) => "packet",
        Counted::Calls(_) => "call",
        Counted::Connects(_) => "event",
    }
}

/// What was counted, and that it is all.
fn head(measured: &Measured<'_>) -> Vec<String> {
    let span = units::duration(measured.span);
    let sums = measured.counted.sums();
    let windows = units::count(sums.windows);
    match &measured.counted {
        Counted::Packets(Packets {
            interfaces,
            hook,
            direction,
            sights,
            run,
        }) => [
            Some(format!(
                "Measured: {} at {}, {}, for {span}",
                names::interfaces(interfaces),
                hook.unwrap_or("no hook"),
                names::direction(*direction),
            )),
            Some(format!(
                "Total packets: {}{}, {}; {} in the kernel",
                units::count(run.ledger.seen.packets),
                if *sights { " sights" } else { "" },
                units::bytes(run.ledger.seen.bytes),
                units::counted(sums.events, "event"),
            )),
            sights.then(|| {
                "  a packet counts once on every interface that it passes, in each direction"
                    .to_owned()
            }),
            Some(format!(
                "Windows: {windows}, residue {} packets and {} bytes, lost events {}",
                run.residue.0, run.residue.1, sums.lost
            )),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Counted::Calls(run) => vec![
            format!("Measured: system calls of the whole host, for {span}"),
            format!(
                "Total calls: {}; {} in the kernel",
                units::count((run.ledger.rows + run.ledger.folded).calls),
                units::counted(sums.events, "event"),
            ),
            format!(
                "Windows: {windows}, residue {} calls, lost events {}",
                run.residue.0, sums.lost
            ),
        ],
        Counted::Connects(run) => {
            let it = &run.ledger.counters;
            vec![
                format!("Measured: TCP connections of the whole host, for {span}"),
                format!(
                    "Total attempts: {}, {} accepted; {} in the kernel",
                    units::count(it.attempts),
                    units::count(it.accepted),
                    units::counted(sums.events, "event"),
                ),
                format!(
                    "Windows: {windows}, residue {} events, lost events {}",
                    run.residue.0, sums.lost
                ),
            ]
        }
    }
}

fn entry(what: &str, found: &str) -> String {
    format!("  {what:<22}{found}")
}

/// So many records on their way to a reader.
fn records(what: &str, records: u64, bytes_each: u64, span: Duration) -> String {
    let (of, bytes) = (format!("of {bytes_each} B"), records * bytes_each);
    entry(
        what,
        &format!(
            "{:>15} {of:<8}{:>10} {:>14}",
            units::count(records),
            units::bytes(bytes),
            units::bit_rate(bytes, span)
        ),
    )
}

fn cost(measured: &Measured<'_>) -> Vec<String> {
    let what = match &measured.counted {
        Counted::Connects(_) => "cost of a change".to_owned(),
        counted => format!("cost of a {}", noun(counted)),
    };
    let cost = &measured.expense.cost;
    let nanos = match &cost.nanos {
        Ok(nanos) => nanos,
        Err(why) => return vec![entry(&what, "not known:"), format!("    {why}")],
    };
    let of = match measured.counted {
        Counted::Packets(_) => "run",
        Counted::Calls(_) => "call",
        Counted::Connects(_) => "change",
    };
    let mut lines = vec![entry(
        &what,
        &format!(
            "≈ {nanos:.0} ns, the mean of {} in {}",
            units::counted(cost.runs, of),
            units::duration(cost.on)
        ),
    )];
    let empty = cost.empty_nanos.unwrap_or(0.0);
    match &measured.counted {
        Counted::Packets(Packets { run, .. }) => {
            lines.push(entry(
                "",
                &format!("beyond the {empty:.0} ns of an empty program"),
            ));
            if run.ledger.seen.packets > run.ledger.events {
                lines.push(entry("", "(a super-frame of many packets is one run)"));
            }
        }
        Counted::Calls(_) => lines.extend([
            entry("", "of both programs, at its beginning and its end, each"),
            entry("", &format!("beyond the {empty:.0} ns of an empty program")),
        ]),
        Counted::Connects(_) => lines.extend([
            entry("", "of a socket's state: a connection has several"),
            entry("", &format!("beyond the {empty:.0} ns of an empty program")),
        ]),
    }
    lines
}
