//! What `measure` found: a report for people, one JSON object for programs.

use std::time::Duration;

use serde::Serialize;

use crate::measure::Measured;
use crate::output::names;
use crate::output::report::RECORD_BYTES;
use crate::output::units;

/// The report, line by line; none is wider than 80 columns, long names of interfaces aside.
pub fn lines(measured: &Measured<'_>) -> Vec<String> {
    let run = measured.run;
    let seen = run.ledger.seen;
    let mut lines = vec![
        format!(
            "Measured: {} at {}, {}, for {}",
            names::interfaces(measured.interfaces),
            measured.hook.unwrap_or("no hook"),
            names::direction(measured.direction),
            units::duration(measured.span),
        ),
        format!(
            "Total packets: {}, {}; {} in the kernel",
            units::count(seen.packets),
            units::bytes(seen.bytes),
            units::counted(run.ledger.events, "event"),
        ),
        format!(
            "Windows: {}, residue {} packets and {} bytes, lost events {}",
            units::count(run.windows),
            run.residue.0,
            run.residue.1,
            run.lost
        ),
        match run.ledger.events {
            0 => "Reduction: none, since no packet came".to_owned(),
            _ => format!(
                "Reduction: {:.0} to 1, {} of the bandwidth saved",
                run.reduction(),
                units::percent(saved(measured)),
            ),
        },
        String::new(),
        records("raw events", run.ledger.events, measured.span),
        records("summaries", run.summaries, measured.span),
        String::new(),
    ];
    lines.extend(cost(measured));
    lines.extend([
        entry(
            "windrow's own CPU",
            &format!(
                "{} of a core ({})",
                units::percent(per_second(measured.agent_cpu.as_secs_f64(), measured.span)),
                units::duration(measured.agent_cpu)
            ),
        ),
        entry(
            "windrow's own memory",
            &format!("{} at most", units::bytes(measured.agent_memory_bytes)),
        ),
        entry(
            "memory in the kernel",
            &format!(
                "{} of tables and programs",
                units::bytes(measured.kernel_memory_bytes)
            ),
        ),
    ]);
    lines
}

fn entry(what: &str, found: &str) -> String {
    format!("  {what:<22}{found}")
}

/// So many records on their way to a reader.
fn records(what: &str, records: u64, span: Duration) -> String {
    let bytes = records * RECORD_BYTES;
    entry(
        what,
        &format!(
            "{:>15} of {RECORD_BYTES} B {:>10} {:>14}",
            units::count(records),
            units::bytes(bytes),
            units::bit_rate(bytes, span)
        ),
    )
}

fn cost(measured: &Measured<'_>) -> Vec<String> {
    let what = "cost of a packet";
    let cost = &measured.cost;
    let nanos = match &cost.nanos {
        Ok(nanos) => nanos,
        Err(why) => return vec![entry(what, "not known:"), format!("    {why}")],
    };
    let empty = cost.empty_nanos.unwrap_or(0.0);
    let mut lines = vec![
        entry(
            what,
            &format!(
                "≈ {nanos:.0} ns, the mean of {} in {}",
                units::counted(cost.runs, "run"),
                units::duration(cost.on)
            ),
        ),
        entry("", &format!("beyond the {empty:.0} ns of an empty program")),
    ];
    if measured.run.ledger.seen.packets > measured.run.ledger.events {
        lines.push(entry("", "(a super-frame of many packets is one run)"));
    }
    lines
}

/// The share of the bandwidth that summaries save; 0 where there are more of them than events.
fn saved(measured: &Measured<'_>) -> f64 {
    match measured.run.ledger.events {
        0 => 0.0,
        events => (1.0 - measured.run.summaries as f64 / events as f64).max(0.0),
    }
}

fn per_second(amount: f64, span: Duration) -> f64 {
    if span.is_zero() {
        0.0
    } else {
        amount / span.as_secs_f64()
    }
}

/// Names are stable.
#[derive(Serialize)]
struct MeasureLine<'a> {
    r#type: &'static str,
    source: &'static str,
    ifaces: &'a [String],
    hook: Option<&'static str>,
    direction: &'static str,
    duration_ns: u64,
    windows: u64,
    events: u64,
    packets: u64,
    bytes: u64,
    summaries: u64,
    rows: u64,
    reduction: f64,
    raw_bytes: u64,
    summary_bytes: u64,
    raw_bytes_per_second: f64,
    summary_bytes_per_second: f64,
    saved: f64,
    ns_per_packet: Option<f64>,
    ns_per_packet_reason: Option<&'a str>,
    ns_per_packet_runs: u64,
    empty_program_ns: Option<f64>,
    statistics_ns: u64,
    agent_cpu_ns: u64,
    agent_cpu_share: f64,
    agent_memory_bytes: u64,
    kernel_memory_bytes: u64,
    residue_packets: u64,
    residue_bytes: u64,
    lost: u64,
}

/// One JSON object.
pub fn json(measured: &Measured<'_>) -> serde_json::Result<String> {
    let (run, cost) = (measured.run, &measured.cost);
    let raw_bytes = run.ledger.events * RECORD_BYTES;
    let summary_bytes = run.summaries * RECORD_BYTES;
    serde_json::to_string(&MeasureLine {
        r#type: "measure",
        source: "net",
        ifaces: measured.interfaces,
        hook: measured.hook,
        direction: measured.direction.name(),
        duration_ns: nanos(measured.span),
        windows: run.windows,
        events: run.ledger.events,
        packets: run.ledger.seen.packets,
        bytes: run.ledger.seen.bytes,
        summaries: run.summaries,
        rows: run.rows,
        reduction: run.reduction(),
        raw_bytes,
        summary_bytes,
        raw_bytes_per_second: per_second(raw_bytes as f64, measured.span),
        summary_bytes_per_second: per_second(summary_bytes as f64, measured.span),
        saved: saved(measured),
        ns_per_packet: cost.nanos.as_ref().ok().copied(),
        ns_per_packet_reason: cost.nanos.as_ref().err().map(String::as_str),
        ns_per_packet_runs: cost.runs,
        empty_program_ns: cost.empty_nanos,
        statistics_ns: nanos(cost.on),
        agent_cpu_ns: nanos(measured.agent_cpu),
        agent_cpu_share: per_second(measured.agent_cpu.as_secs_f64(), measured.span),
        agent_memory_bytes: measured.agent_memory_bytes,
        kernel_memory_bytes: measured.kernel_memory_bytes,
        residue_packets: run.residue.0,
        residue_bytes: run.residue.1,
        lost: run.lost,
    })
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
