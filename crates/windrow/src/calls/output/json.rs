//! JSON lines: one object a line, names stable, times RFC 3339 with nanoseconds.

use std::io::Write;

use serde::Serialize;
use windrow_core::calls::by::{By, Key};
use windrow_core::calls::slice::Counters;
use windrow_core::calls::top::{Sort, top};
use windrow_core::calls::window::{Ledger, Window};
use windrow_core::run::reduction;
use windrow_core::timed::spent::Spent;

use crate::calls::cgroups::Cgroups;
use crate::calls::output::row::RowFields;
use crate::calls::output::{Conditions, Sink, Start, Summary, Warning};
use crate::output::json::{nanos, rfc3339};

const SOURCE: &str = "syscalls";

/// Writes JSON lines.
pub struct Json<W> {
    out: W,
    /// Rows a window; `None` = all.
    top: Option<usize>,
    sort: Sort,
    by: By,
    cgroups: Cgroups,
    /// Time that drains took so far.
    drain_ns: u64,
}

#[derive(Serialize)]
struct StartLine {
    r#type: &'static str,
    version: &'static str,
    source: &'static str,
    by: Vec<&'static str>,
    window_ns: u64,
    memory_bytes: u64,
    rows_per_cpu: u64,
    pid: u32,
    of_command: bool,
    counts: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rollup: Vec<TierFields>,
}

#[derive(Serialize)]
struct TierFields {
    window_ns: u64,
    rows: u64,
}

/// Where calls are, of a window or of a run.
#[derive(Serialize)]
struct Sums {
    events: u64,
    total_ns: u64,
    folded_events: u64,
    folded_ns: u64,
    other_events: u64,
    filtered_events: u64,
    #[serde(flatten)]
    beginnings: Option<Beginnings>,
}

/// What became of calls that began, where that is seen.
#[derive(Serialize)]
struct Beginnings {
    enters: u64,
    matched: u64,
    never_returned: u64,
    without_enter: WithoutEnter,
    unfollowed_enters: u64,
    in_flight: i64,
}

/// Ends of calls whose beginning was not seen.
#[derive(Serialize)]
struct WithoutEnter {
    child: u64,
    refused: u64,
    begun_before: u64,
    untracked: u64,
}

impl Sums {
    fn of(ledger: &Ledger, in_flight: i64) -> Sums {
        let it: &Counters = &ledger.counters;
        let beginnings = Beginnings {
            enters: it.enters,
            matched: it.matched,
            never_returned: it.never_returned,
            without_enter: WithoutEnter {
                child: it.children,
                refused: it.unentered,
                begun_before: it.begun_before,
                untracked: it.untracked,
            },
            unfollowed_enters: it.untracked_enters + it.unkept + it.overtaken,
            in_flight,
        };
        Sums {
            events: it.events,
            total_ns: it.seen.ns,
            folded_events: ledger.folded.calls,
            folded_ns: ledger.folded.ns,
            other_events: ledger.other(),
            filtered_events: it.filtered,
            beginnings: (it.counted_at_beginnings == 0).then_some(beginnings),
        }
    }
}

#[derive(Serialize)]
struct WindowLine {
    r#type: &'static str,
    seq: u64,
    start: String,
    end: String,
    source: &'static str,
    window_ns: u64,
    #[serde(flatten)]
    sums: Sums,
    rows: usize,
    absent_events_hi: u64,
    absent_ns_hi: u64,
    without_quantiles: u64,
    capacity_rows: u64,
    reduction: f64,
    residue_events: i64,
    residue_ns: i64,
    residue_exits: i64,
    late: bool,
    occupancy: f64,
    lost: u64,
    drain_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    windows: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_ns: Option<u64>,
}

#[derive(Serialize)]
struct RowLine {
    r#type: &'static str,
    #[serde(flatten)]
    fields: RowFields,
}

#[derive(Serialize)]
struct OtherLine {
    r#type: &'static str,
    seq: u64,
    window_ns: u64,
    reason: &'static str,
    events: u64,
}

#[derive(Serialize)]
struct WarningLine<'a> {
    r#type: &'static str,
    seq: u64,
    window_ns: u64,
    code: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct SummaryLine {
    r#type: &'static str,
    source: &'static str,
    windows: u64,
    late_windows: u64,
    #[serde(flatten)]
    sums: Sums,
    rows: u64,
    reduction: f64,
    residue_events: u64,
    residue_ns: u64,
    residue_exits: i64,
    /// Tasks in a call at the end, by looking at each.
    in_calls: Option<u64>,
    /// Beginnings that are nowhere; what was lost may be among them.
    residue_enters: Option<i64>,
    lost: u64,
    drain_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
}

impl<W: Write> Json<W> {
    /// Lines go to `out`, flushed after every window.
    pub fn new(out: W, top: Option<usize>, sort: Sort) -> Self {
        Json {
            out,
            top,
            sort,
            by: By::default(),
            cgroups: Cgroups::new(),
            drain_ns: 0,
        }
    }

    fn line(&mut self, line: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.out, line).map_err(std::io::Error::from)?;
        self.out.write_all(b"\n")?;
        Ok(())
    }
}

impl<W: Write> Sink for Json<W> {
    fn start(&mut self, start: &Start) -> anyhow::Result<()> {
        self.by = start.by;
        let tier = |(length, rows): &(_, u64)| TierFields {
            window_ns: nanos(Some(*length)),
            rows: *rows,
        };
        self.line(&StartLine {
            r#type: "start",
            version: env!("CARGO_PKG_VERSION"),
            source: SOURCE,
            by: start.by.keys().map(Key::name).collect(),
            window_ns: nanos(Some(start.window)),
            memory_bytes: start.memory_bytes,
            rows_per_cpu: start.rows_per_cpu,
            pid: std::process::id(),
            of_command: start.of_command,
            counts: start.counts,
            rollup: start.tiers.iter().map(tier).collect(),
        })?;
        self.out.flush()?;
        Ok(())
    }

    fn window(
        &mut self,
        window: &Window,
        conditions: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()> {
        let (ledger, seq) = (&window.ledger, window.span.seq);
        let window_ns = nanos(window.span.window);
        if window.rolled.is_none() {
            self.drain_ns += conditions.drain.as_nanos() as u64;
        }
        let (residue_events, residue_ns) = ledger.residue();
        let Spent { calls, ns } = window.absent_hi;
        self.line(&WindowLine {
            r#type: "window",
            seq,
            start: rfc3339(window.span.start.wall),
            end: rfc3339(window.span.end.wall),
            source: SOURCE,
            window_ns,
            sums: Sums::of(ledger, conditions.in_flight),
            rows: window.rows.len(),
            absent_events_hi: calls,
            absent_ns_hi: ns,
            without_quantiles: ledger.counters.without_histogram,
            capacity_rows: window.capacity_rows,
            reduction: reduction(ledger.counters.events, window.summaries()),
            residue_events,
            residue_ns,
            residue_exits: ledger.counters.residue_of_ends(),
            late: window.span.late,
            occupancy: window.occupancy,
            lost: conditions.lost,
            drain_ns: conditions.drain.as_nanos() as u64,
            windows: window.rolled.map(|rolled| rolled.windows),
            gap_ns: window.rolled.map(|rolled| rolled.gap.as_nanos() as u64),
        })?;
        for call in top(&window.rows, self.top, self.sort) {
            let fields = RowFields::of(window, call, &self.by, &mut self.cgroups);
            self.line(&RowLine {
                r#type: "syscall",
                fields,
            })?;
        }
        let it = &ledger.counters;
        for (reason, events) in [("child_return", it.children), ("own", it.own)] {
            if events > 0 {
                self.line(&OtherLine {
                    r#type: "other",
                    seq,
                    window_ns,
                    reason,
                    events,
                })?;
            }
        }
        for warning in warnings {
            self.line(&WarningLine {
                r#type: "warning",
                seq,
                window_ns,
                code: warning.code,
                text: &warning.text,
            })?;
        }
        self.out.flush()?;
        Ok(())
    }

    fn summary(&mut self, summary: &Summary<'_>) -> anyhow::Result<()> {
        let run = summary.run;
        self.line(&SummaryLine {
            r#type: "summary",
            source: SOURCE,
            windows: run.windows,
            late_windows: run.late_windows,
            sums: Sums::of(&run.ledger, run.in_flight),
            rows: run.rows,
            reduction: run.reduction(),
            residue_events: run.residue.0,
            residue_ns: run.residue.1,
            residue_exits: run.ledger.counters.residue_of_ends(),
            in_calls: summary.in_calls,
            residue_enters: summary.residue_of_beginnings(),
            lost: run.lost,
            drain_ns: self.drain_ns,
            exit_code: summary.exit_code,
        })?;
        self.out.flush()?;
        Ok(())
    }
}
