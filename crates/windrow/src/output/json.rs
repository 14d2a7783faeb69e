//! JSON lines: one object a line, names stable, times RFC 3339 with nanoseconds.

pub(super) mod flow;
mod lines;

pub use lines::{nanos, rfc3339};

use std::io::Write;

use serde::Serialize;
use windrow_core::prefix::Prefix;
use windrow_core::run::reduction;
use windrow_core::top::{Sort, shown};
use windrow_core::window::{Flow, Window};

use flow::FlowFields;
use lines::{
    AdaptiveFields, CapturedFields, LengthLine, LookupLine, OtherLine, PrefixLine, ReplayFields,
    RolledFields, StartLine, SummaryLine, TierFields, Unplaced, WarningLine, WindowLine,
};
#[cfg(feature = "kernel")]
use lines::{InterfaceLine, SentFields};

use crate::output::distinct::DistinctFields;
use crate::output::key::Keys;
use crate::output::names;
use crate::output::{Conditions, LookedUp, Sink, Source, Start, Summary, Tier, Warning};

/// Writes JSON lines.
#[derive(Debug)]
pub struct Json<W> {
    out: W,
    /// Flow lines a window; `None` = all.
    top: Option<usize>,
    sort: Sort,
    /// Where events come from.
    source: &'static str,
    /// Time that drains took so far.
    drain_ns: u64,
    keys: Keys,
}

impl<W: Write> Json<W> {
    /// Lines go to `out`, flushed after every window.
    pub fn new(out: W, top: Option<usize>, sort: Sort) -> Self {
        Json {
            out,
            top,
            sort,
            source: "net",
            drain_ns: 0,
            keys: Keys::default(),
        }
    }

    fn line(&mut self, line: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.out, line).map_err(std::io::Error::from)?;
        self.out.write_all(b"\n")?;
        Ok(())
    }

    fn flow(&mut self, window: &Window, flow: &Flow) -> anyhow::Result<()> {
        self.line(&FlowFields::of(window, flow, &self.keys).line())
    }

    /// The networks of what was folded; without an address or a name of one among the keys there are
    /// none.
    fn prefixes(&mut self, window: &Window) -> anyhow::Result<()> {
        let by = &self.keys.by;
        if !by.has_address() && !by.has_network() {
            return Ok(());
        }
        for Prefix { side, net, bounds } in &window.prefixes {
            self.line(&PrefixLine {
                r#type: "prefix",
                seq: window.span.seq,
                window_ns: nanos(window.span.window),
                side: side.name(),
                level: net.bits(),
                prefix: net.to_string(),
                packets: bounds.lo.packets,
                packets_hi: bounds.hi.packets,
                bytes: bounds.lo.bytes,
                bytes_hi: bounds.hi.bytes,
            })?;
        }
        Ok(())
    }
}

impl<W: Write> Sink for Json<W> {
    fn start(&mut self, start: &Start) -> anyhow::Result<()> {
        self.keys = start.keys.clone();
        let (ifaces, hook, direction, replay) = match &start.source {
            #[cfg(feature = "kernel")]
            Source::Net {
                interfaces,
                hook,
                direction,
                ..
            } => (&interfaces[..], *hook, Some(direction.name()), None),
            Source::Replay {
                files,
                engine,
                bytes,
            } => {
                self.source = "replay";
                let fields = ReplayFields {
                    files,
                    engine,
                    length: bytes.name(),
                };
                (&[][..], None, None, Some(fields))
            }
        };
        let tier = |tier: &Tier| TierFields {
            window_ns: nanos(Some(tier.window)),
            memory_bytes: tier.memory_bytes,
            rows: tier.rows,
        };
        self.line(&StartLine {
            r#type: "start",
            version: env!("CARGO_PKG_VERSION"),
            source: self.source,
            ifaces,
            hook,
            direction,
            by: &start.keys.by.words(),
            counts: names::counts(start.keys.sights),
            window_ns: nanos(start.window),
            adaptive: start.adaptive.map(|(min, max)| AdaptiveFields {
                min_ns: nanos(Some(min)),
                max_ns: nanos(Some(max)),
            }),
            memory_bytes: start.memory_bytes,
            rows_per_cpu: start.rows_per_cpu,
            pid: std::process::id(),
            replay,
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
        let ledger = &window.ledger;
        if window.rolled.is_none() {
            self.drain_ns += conditions.drain.as_nanos() as u64;
        }
        let (residue_packets, residue_bytes) = ledger.residue();
        self.line(&WindowLine {
            r#type: "window",
            seq: window.span.seq,
            start: rfc3339(window.span.start.wall),
            end: rfc3339(window.span.end.wall),
            source: self.source,
            window_ns: nanos(window.span.window),
            events: ledger.events,
            packets: ledger.seen.packets,
            bytes: ledger.seen.bytes,
            rows: window.flows.len(),
            spilled_rows: window.spilled_rows,
            unplaced: Unplaced::of(ledger, window.absent_hi),
            capacity_rows: window.capacity_rows,
            reduction: reduction(ledger.events, window.summaries()),
            residue_packets,
            residue_bytes,
            late: window.span.late,
            occupancy: window.occupancy,
            lost: conditions.lost,
            iface_packets: conditions.interface_packets,
            drain_ns: conditions.drain.as_nanos() as u64,
            deep_chains: ledger.deep_chains,
            distinct: DistinctFields::of(window.distinct.as_ref()),
            rolled: window.rolled.map(|rolled| RolledFields {
                windows: rolled.windows,
                gap_ns: rolled.gap.as_nanos() as u64,
            }),
        })?;
        if let Some(change) = &conditions.length {
            self.line(&LengthLine::of(&window.span, change))?;
        }
        #[cfg(feature = "kernel")]
        for change in &conditions.changes {
            if let Some(line) = InterfaceLine::of(&window.span, change) {
                self.line(&line)?;
            }
        }
        for flow in shown(&window.flows, self.top, self.sort) {
            self.flow(window, flow)?;
        }
        self.prefixes(window)?;
        for (reason, tally) in &ledger.other {
            self.line(&OtherLine {
                r#type: "other",
                seq: window.span.seq,
                window_ns: nanos(window.span.window),
                reason: reason.to_string(),
                packets: tally.packets,
                bytes: tally.bytes,
            })?;
        }
        let of_records = Warning::of_records(&conditions.notes);
        for warning in warnings.iter().chain(&of_records) {
            self.line(&WarningLine {
                r#type: "warning",
                seq: window.span.seq,
                window_ns: nanos(window.span.window),
                code: warning.code,
                text: &warning.text,
            })?;
        }
        self.out.flush()?;
        Ok(())
    }

    fn summary(&mut self, summary: &Summary<'_>) -> anyhow::Result<()> {
        let run = summary.run;
        for LookedUp {
            key,
            window,
            bounds,
        } in &summary.looked_up
        {
            self.line(&LookupLine {
                r#type: "lookup",
                key,
                window_ns: nanos(*window),
                packets: bounds.lo.packets,
                packets_hi: bounds.hi.packets,
                bytes: bounds.lo.bytes,
                bytes_hi: bounds.hi.bytes,
                exact: bounds.is_exact(),
            })?;
        }
        self.line(&SummaryLine {
            r#type: "summary",
            source: self.source,
            windows: run.windows,
            late_windows: run.late_windows,
            events: run.ledger.events,
            packets: run.ledger.seen.packets,
            bytes: run.ledger.seen.bytes,
            rows: run.rows,
            flows: run.flows().0,
            flows_exact: run.is_exact(),
            spilled_rows: run.spilled_rows,
            unplaced: Unplaced::of(&run.ledger, run.absent_hi),
            reduction: run.reduction(),
            residue_packets: run.residue.0,
            residue_bytes: run.residue.1,
            lost: run.lost,
            drain_ns: self.drain_ns,
            deep_chains: run.ledger.deep_chains,
            distinct: DistinctFields::of(run.distinct.as_ref()),
            captured: summary.captured.map(|captured| CapturedFields {
                records: captured.notes.records,
                captured_bytes: captured.notes.captured_bytes,
                wire_bytes: captured.notes.wire_bytes,
                complete: captured.complete,
            }),
            #[cfg(feature = "kernel")]
            sent: summary.sent.map(|sent| SentFields {
                sent_packets: sent.made.packets,
                sent_bytes: sent.made.bytes,
                dropped_packets: sent.dropped.packets,
                dropped_bytes: sent.dropped.bytes,
                iface_packets: sent.interface.packets,
                iface_bytes: sent.interface.bytes,
                ns_per_packet: sent.ns_per_packet,
                connects_attempts: sent.connects,
            }),
        })?;
        self.out.flush()?;
        Ok(())
    }
}
