//! JSON lines: one object a line, names stable, times RFC 3339 with nanoseconds.

use std::io::Write;

use serde::Serialize;
use windrow_core::run::reduction;
use windrow_core::timed::Counters;
use windrow_core::timed::spent::Spent;
use windrow_core::timed::window::{Ledger, Row, Window};

use crate::output::json::{nanos, rfc3339};
use crate::timed::cgroups::Cgroups;
use crate::timed::output::{Conditions, Face, Sink, Start, Summary, Warning};

/// What programs are told of one subject alone, names and order being the contract.
pub trait Records: Face {
    /// The type of a row's line.
    const ROW: &'static str;

    /// Names of what it is grouped by.
    fn words(by: &Self::By) -> Vec<String>;

    /// Of the line at the start: how it is counted.
    fn start(how: &Self::How) -> impl Serialize;

    /// Where all that was counted is, of a window or of a run.
    fn sums(ledger: &Ledger<Self>, how: &Self::How, in_flight: i64) -> impl Serialize;

    /// What is unaccounted for beside events and nanoseconds.
    fn residues(ledger: &Ledger<Self>) -> impl Serialize;

    /// What a run came to beside its sums.
    fn ends(summary: &Summary<'_, Self>) -> impl Serialize;

    /// Events in no row, by the reason.
    fn others(ledger: &Ledger<Self>) -> Vec<(&'static str, u64)>;

    /// Rows whose durations found no histogram.
    fn without_quantiles(ledger: &Ledger<Self>) -> u64;

    /// Columns of a row.
    fn columns(by: &Self::By, how: &Self::How) -> Vec<&'static str>;

    /// A row. What was not asked for is not there.
    fn row(
        window: &Window<Self>,
        row: &Row<Self>,
        by: &Self::By,
        how: &Self::How,
        cgroups: &mut Cgroups,
    ) -> impl Serialize;
}

/// Writes JSON lines.
pub struct Json<W, S: Records> {
    out: W,
    /// Rows a window; `None` = all.
    top: Option<usize>,
    sort: S::Sort,
    by: S::By,
    how: S::How,
    cgroups: Cgroups,
    /// Time that drains took so far.
    drain_ns: u64,
}

#[derive(Serialize)]
struct StartLine<T> {
    r#type: &'static str,
    version: &'static str,
    source: &'static str,
    by: Vec<String>,
    window_ns: u64,
    memory_bytes: u64,
    rows_per_cpu: u64,
    pid: u32,
    of_command: bool,
    #[serde(flatten)]
    how: T,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rollup: Vec<TierFields>,
}

#[derive(Serialize)]
struct TierFields {
    window_ns: u64,
    rows: u64,
}

#[derive(Serialize)]
struct WindowLine<T, R> {
    r#type: &'static str,
    seq: u64,
    start: String,
    end: String,
    source: &'static str,
    window_ns: u64,
    #[serde(flatten)]
    sums: T,
    rows: usize,
    absent_events_hi: u64,
    absent_ns_hi: u64,
    without_quantiles: u64,
    capacity_rows: u64,
    reduction: f64,
    residue_events: i64,
    residue_ns: i64,
    #[serde(flatten)]
    residues: R,
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
struct RowLine<T> {
    r#type: &'static str,
    #[serde(flatten)]
    fields: T,
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
struct SummaryLine<T, R, E> {
    r#type: &'static str,
    source: &'static str,
    windows: u64,
    late_windows: u64,
    #[serde(flatten)]
    sums: T,
    rows: u64,
    reduction: f64,
    residue_events: u64,
    residue_ns: u64,
    #[serde(flatten)]
    residues: R,
    #[serde(flatten)]
    ends: E,
    lost: u64,
    drain_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
}

impl<W: Write, S: Records> Json<W, S> {
    /// Lines go to `out`, flushed after every window.
    pub fn new(out: W, top: Option<usize>, sort: S::Sort) -> Self {
        Json {
            out,
            top,
            sort,
            by: S::By::default(),
            how: S::How::default(),
            cgroups: Cgroups::new(),
            drain_ns: 0,
        }
    }
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, line).map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(())
}

impl<W: Write, S: Records> Sink<S> for Json<W, S> {
    fn start(&mut self, start: &Start<S>) -> anyhow::Result<()> {
        (self.by, self.how) = (start.by, start.how.clone());
        let tier = |(length, rows): &(_, u64)| TierFields {
            window_ns: nanos(Some(*length)),
            rows: *rows,
        };
        write_line(
            &mut self.out,
            &StartLine {
                r#type: "start",
                version: env!("CARGO_PKG_VERSION"),
                source: S::SOURCE,
                by: S::words(&start.by),
                window_ns: nanos(Some(start.window)),
                memory_bytes: start.memory_bytes,
                rows_per_cpu: start.rows_per_cpu,
                pid: std::process::id(),
                of_command: start.of_command,
                how: S::start(&start.how),
                rollup: start.tiers.iter().map(tier).collect(),
            },
        )?;
        self.out.flush()?;
        Ok(())
    }

    fn window(
        &mut self,
        window: &Window<S>,
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
        write_line(
            &mut self.out,
            &WindowLine {
                r#type: "window",
                seq,
                start: rfc3339(window.span.start.wall),
                end: rfc3339(window.span.end.wall),
                source: S::SOURCE,
                window_ns,
                sums: S::sums(ledger, &self.how, conditions.in_flight),
                rows: window.rows.len(),
                absent_events_hi: calls,
                absent_ns_hi: ns,
                without_quantiles: S::without_quantiles(ledger),
                capacity_rows: window.capacity_rows,
                reduction: reduction(ledger.counters.events(), window.summaries()),
                residue_events,
                residue_ns,
                residues: S::residues(ledger),
                late: window.span.late,
                occupancy: window.occupancy,
                lost: conditions.lost,
                drain_ns: conditions.drain.as_nanos() as u64,
                windows: window.rolled.map(|rolled| rolled.windows),
                gap_ns: window.rolled.map(|rolled| rolled.gap.as_nanos() as u64),
            },
        )?;
        for row in S::top(&window.rows, self.top, self.sort) {
            let fields = S::row(window, row, &self.by, &self.how, &mut self.cgroups);
            let r#type = S::ROW;
            write_line(&mut self.out, &RowLine { r#type, fields })?;
        }
        for (reason, events) in S::others(ledger) {
            if events > 0 {
                write_line(
                    &mut self.out,
                    &OtherLine {
                        r#type: "other",
                        seq,
                        window_ns,
                        reason,
                        events,
                    },
                )?;
            }
        }
        for warning in warnings {
            write_line(
                &mut self.out,
                &WarningLine {
                    r#type: "warning",
                    seq,
                    window_ns,
                    code: warning.code,
                    text: &warning.text,
                },
            )?;
        }
        self.out.flush()?;
        Ok(())
    }

    fn summary(&mut self, summary: &Summary<'_, S>) -> anyhow::Result<()> {
        let run = summary.run;
        write_line(
            &mut self.out,
            &SummaryLine {
                r#type: "summary",
                source: S::SOURCE,
                windows: run.windows,
                late_windows: run.late_windows,
                sums: S::sums(&run.ledger, &self.how, run.in_flight),
                rows: run.rows,
                reduction: run.reduction(),
                residue_events: run.residue.0,
                residue_ns: run.residue.1,
                residues: S::residues(&run.ledger),
                ends: S::ends(summary),
                lost: run.lost,
                drain_ns: self.drain_ns,
                exit_code: summary.exit_code,
            },
        )?;
        self.out.flush()?;
        Ok(())
    }
}
