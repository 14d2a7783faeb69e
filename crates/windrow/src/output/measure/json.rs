//! One JSON object, whose names are stable. What sources have in common has the same names.

use std::time::Duration;

use serde::Serialize;
use windrow_core::calls::{self, Calls};
use windrow_core::connects::{self, Connects};

use super::sent::{Sent, per_second};
use crate::measure::{Cost, Counted, Expense, Measured, Packets};
use crate::output::names;
use crate::timed::output::Face;

#[derive(Serialize)]
struct PacketsLine<'a> {
    r#type: &'static str,
    source: &'static str,
    ifaces: &'a [String],
    hook: Option<&'static str>,
    direction: &'static str,
    counts: &'static str,
    #[serde(flatten)]
    length: LengthFields,
    packets: u64,
    bytes: u64,
    #[serde(flatten)]
    sent: SentFields,
    ns_per_packet: Option<f64>,
    ns_per_packet_reason: Option<&'a str>,
    ns_per_packet_runs: u64,
    #[serde(flatten)]
    expense: ExpenseFields,
    residue_packets: u64,
    residue_bytes: u64,
    lost: u64,
}

#[derive(Serialize)]
struct TimedLine<'a> {
    r#type: &'static str,
    source: &'static str,
    #[serde(flatten)]
    length: LengthFields,
    #[serde(flatten)]
    sent: SentFields,
    ns_per_event: Option<f64>,
    ns_per_event_reason: Option<&'a str>,
    ns_per_event_runs: u64,
    #[serde(flatten)]
    expense: ExpenseFields,
    residue_events: u64,
    lost: u64,
}

#[derive(Serialize)]
struct LengthFields {
    duration_ns: u64,
    windows: u64,
    events: u64,
}

#[derive(Serialize)]
struct SentFields {
    summaries: u64,
    rows: u64,
    reduction: f64,
    raw_bytes: u64,
    summary_bytes: u64,
    raw_bytes_per_second: f64,
    summary_bytes_per_second: f64,
    saved: f64,
}

impl SentFields {
    fn of(sent: &Sent, rows: u64, span: Duration) -> SentFields {
        let (raw_bytes, summary_bytes) = (sent.raw_bytes(), sent.summary_bytes());
        SentFields {
            summaries: sent.summaries,
            rows,
            reduction: sent.reduction(),
            raw_bytes,
            summary_bytes,
            raw_bytes_per_second: per_second(raw_bytes as f64, span),
            summary_bytes_per_second: per_second(summary_bytes as f64, span),
            saved: sent.saved(),
        }
    }
}

#[derive(Serialize)]
struct ExpenseFields {
    empty_program_ns: Option<f64>,
    statistics_ns: u64,
    agent_cpu_ns: u64,
    agent_cpu_share: f64,
    agent_memory_bytes: u64,
    kernel_memory_bytes: u64,
}

impl ExpenseFields {
    fn of(expense: &Expense, span: Duration) -> ExpenseFields {
        ExpenseFields {
            empty_program_ns: expense.cost.empty_nanos,
            statistics_ns: nanos(expense.cost.on),
            agent_cpu_ns: nanos(expense.agent_cpu),
            agent_cpu_share: per_second(expense.agent_cpu.as_secs_f64(), span),
            agent_memory_bytes: expense.agent_memory_bytes,
            kernel_memory_bytes: expense.kernel_memory_bytes,
        }
    }
}

/// One JSON object.
pub fn json(measured: &Measured<'_>) -> serde_json::Result<String> {
    const TYPE: &str = "measure";
    let span = measured.span;
    let sums = measured.counted.sums();
    let length = LengthFields {
        duration_ns: nanos(span),
        windows: sums.windows,
        events: sums.events,
    };
    let sent = SentFields::of(&Sent::of(&measured.counted), sums.rows, span);
    let Cost { nanos, runs, .. } = &measured.expense.cost;
    let (ns, reason) = (nanos.as_ref().ok().copied(), nanos.as_ref().err());
    let expense = ExpenseFields::of(&measured.expense, span);
    match &measured.counted {
        Counted::Packets(Packets {
            interfaces,
            hook,
            direction,
            sights,
            run,
        }) => serde_json::to_string(&PacketsLine {
            r#type: TYPE,
            source: "net",
            ifaces: interfaces,
            hook: *hook,
            direction: direction.name(),
            counts: names::counts(*sights),
            length,
            packets: run.ledger.seen.packets,
            bytes: run.ledger.seen.bytes,
            sent,
            ns_per_packet: ns,
            ns_per_packet_reason: reason.map(String::as_str),
            ns_per_packet_runs: *runs,
            expense,
            residue_packets: run.residue.0,
            residue_bytes: run.residue.1,
            lost: sums.lost,
        }),
        Counted::Calls(calls::run::Run { residue, .. })
        | Counted::Connects(connects::run::Run { residue, .. }) => {
            serde_json::to_string(&TimedLine {
                r#type: TYPE,
                source: match &measured.counted {
                    Counted::Connects(_) => Connects::SOURCE,
                    _ => Calls::SOURCE,
                },
                length,
                sent,
                ns_per_event: ns,
                ns_per_event_reason: reason.map(String::as_str),
                ns_per_event_runs: *runs,
                expense,
                residue_events: residue.0,
                lost: sums.lost,
            })
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
