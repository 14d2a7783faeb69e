//! The lines themselves: their names and the order of these are the contract.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use windrow_core::adaptive;
use windrow_core::edges::{Span, WallNanos};
use windrow_core::tally::Tally;
use windrow_core::window::Ledger;

#[cfg(feature = "kernel")]
use crate::output::Change;
use crate::output::distinct::DistinctFields;

#[derive(Serialize)]
pub(super) struct StartLine<'a> {
    pub(super) r#type: &'static str,
    pub(super) version: &'static str,
    pub(super) source: &'static str,
    pub(super) ifaces: &'a [String],
    pub(super) hook: Option<&'static str>,
    pub(super) direction: Option<&'static str>,
    pub(super) by: &'a [String],
    pub(super) counts: &'static str,
    pub(super) window_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) adaptive: Option<AdaptiveFields>,
    pub(super) memory_bytes: u64,
    pub(super) rows_per_cpu: u64,
    pub(super) pid: u32,
    #[serde(flatten)]
    pub(super) replay: Option<ReplayFields<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rollup: Vec<TierFields>,
}

/// Windows that are made of shorter ones.
#[derive(Serialize)]
pub(super) struct TierFields {
    pub(super) window_ns: u64,
    pub(super) memory_bytes: u64,
    pub(super) rows: u64,
}

/// Between what lengths windows follow the load.
#[derive(Serialize)]
pub(super) struct AdaptiveFields {
    pub(super) min_ns: u64,
    pub(super) max_ns: u64,
}

#[derive(Serialize)]
pub(super) struct ReplayFields<'a> {
    pub(super) files: &'a [String],
    pub(super) engine: &'static str,
    pub(super) length: &'static str,
}

/// Packets or bytes a level of the ladder.
#[derive(Serialize)]
pub(super) struct Levels {
    #[serde(rename = "24")]
    pub(super) level_24: u64,
    #[serde(rename = "16")]
    pub(super) level_16: u64,
    #[serde(rename = "8")]
    pub(super) level_8: u64,
    pub(super) total: u64,
}

impl Levels {
    /// The finest first.
    fn of([level_24, level_16, level_8, total]: [u64; 4]) -> Self {
        Levels {
            level_24,
            level_16,
            level_8,
            total,
        }
    }
}

/// Where the packets are that have no row of their own.
#[derive(Serialize)]
pub(super) struct Unplaced {
    pub(super) folded_packets: Levels,
    pub(super) folded_bytes: Levels,
    pub(super) other_packets: u64,
    pub(super) other_bytes: u64,
    pub(super) filtered_packets: u64,
    pub(super) filtered_bytes: u64,
    pub(super) absent_packets_hi: u64,
    pub(super) absent_bytes_hi: u64,
}

impl Unplaced {
    /// Of a window or of a run; `absent` is what a flow without a row may have had at most.
    pub(super) fn of(ledger: &Ledger, absent: Tally) -> Self {
        let (other, filtered) = (ledger.other_sum(), ledger.filtered);
        Unplaced {
            folded_packets: Levels::of(ledger.folded.map(|folded| folded.packets)),
            folded_bytes: Levels::of(ledger.folded.map(|folded| folded.bytes)),
            other_packets: other.packets,
            other_bytes: other.bytes,
            filtered_packets: filtered.packets,
            filtered_bytes: filtered.bytes,
            absent_packets_hi: absent.packets,
            absent_bytes_hi: absent.bytes,
        }
    }
}

#[derive(Serialize)]
pub(super) struct WindowLine {
    pub(super) r#type: &'static str,
    pub(super) seq: u64,
    pub(super) start: String,
    pub(super) end: String,
    pub(super) source: &'static str,
    pub(super) window_ns: u64,
    pub(super) events: u64,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) rows: usize,
    pub(super) spilled_rows: u64,
    #[serde(flatten)]
    pub(super) unplaced: Unplaced,
    pub(super) capacity_rows: u64,
    pub(super) reduction: f64,
    pub(super) residue_packets: i64,
    pub(super) residue_bytes: i64,
    pub(super) late: bool,
    pub(super) occupancy: f64,
    pub(super) lost: u64,
    pub(super) iface_packets: Option<u64>,
    pub(super) drain_ns: u64,
    pub(super) deep_chains: u64,
    #[serde(flatten)]
    pub(super) distinct: DistinctFields,
    #[serde(flatten)]
    pub(super) rolled: Option<RolledFields>,
}

/// What a window was made of.
#[derive(Serialize)]
pub(super) struct RolledFields {
    pub(super) windows: u64,
    pub(super) gap_ns: u64,
}

/// The length of windows in nanoseconds, which names the level that one belongs to; 0 is one over
/// everything.
pub fn nanos(window: Option<Duration>) -> u64 {
    window.map_or(0, |window| window.as_nanos() as u64)
}

/// RFC 3339 with nanoseconds, UTC.
pub fn rfc3339(wall: WallNanos) -> String {
    match Timestamp::from_nanosecond(i128::from(wall.0)) {
        Ok(time) => format!("{time:.9}"),
        Err(_) => String::new(),
    }
}

#[derive(Serialize)]
pub(super) struct PrefixLine {
    pub(super) r#type: &'static str,
    pub(super) seq: u64,
    pub(super) window_ns: u64,
    pub(super) side: &'static str,
    pub(super) level: u8,
    pub(super) prefix: String,
    pub(super) packets: u64,
    pub(super) packets_hi: u64,
    pub(super) bytes: u64,
    pub(super) bytes_hi: u64,
}

#[derive(Serialize)]
pub(super) struct LookupLine<'a> {
    pub(super) r#type: &'static str,
    pub(super) key: &'a str,
    pub(super) window_ns: u64,
    pub(super) packets: u64,
    pub(super) packets_hi: u64,
    pub(super) bytes: u64,
    pub(super) bytes_hi: u64,
    pub(super) exact: bool,
}

#[derive(Serialize)]
pub(super) struct OtherLine {
    pub(super) r#type: &'static str,
    pub(super) seq: u64,
    pub(super) window_ns: u64,
    pub(super) reason: String,
    pub(super) packets: u64,
    pub(super) bytes: u64,
}

/// Windows are to have another length.
#[derive(Serialize)]
pub(super) struct LengthLine {
    r#type: &'static str,
    seq: u64,
    window_ns: u64,
    from_ns: u64,
    to_ns: u64,
    reason: &'static str,
    text: String,
}

impl LengthLine {
    /// As it was decided in a window.
    pub(super) fn of(span: &Span, change: &adaptive::Change) -> Self {
        LengthLine {
            r#type: "length",
            seq: span.seq,
            window_ns: nanos(span.window),
            from_ns: nanos(Some(change.from)),
            to_ns: nanos(Some(change.to)),
            reason: change.why.name(),
            text: change.to_string(),
        }
    }
}

/// An interface that appeared, or went.
#[cfg(feature = "kernel")]
#[derive(Serialize)]
pub(super) struct InterfaceLine<'a> {
    r#type: &'static str,
    seq: u64,
    window_ns: u64,
    event: &'static str,
    iface: &'a str,
}

#[cfg(feature = "kernel")]
impl<'a> InterfaceLine<'a> {
    /// What else becomes of interfaces is a warning.
    pub(super) fn of(span: &Span, change: &'a Change) -> Option<Self> {
        let (event, iface) = match change {
            Change::Attached { name } => ("attached", name),
            Change::Gone { name, .. } => ("gone", name),
            _ => return None,
        };
        Some(InterfaceLine {
            r#type: "iface",
            seq: span.seq,
            window_ns: nanos(span.window),
            event,
            iface,
        })
    }
}

#[derive(Serialize)]
pub(super) struct WarningLine<'a> {
    pub(super) r#type: &'static str,
    pub(super) seq: u64,
    pub(super) window_ns: u64,
    pub(super) code: &'static str,
    pub(super) text: &'a str,
}

#[derive(Serialize)]
pub(super) struct SummaryLine {
    pub(super) r#type: &'static str,
    pub(super) source: &'static str,
    pub(super) windows: u64,
    pub(super) late_windows: u64,
    pub(super) events: u64,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) rows: u64,
    pub(super) flows: usize,
    pub(super) flows_exact: bool,
    pub(super) spilled_rows: u64,
    #[serde(flatten)]
    pub(super) unplaced: Unplaced,
    pub(super) reduction: f64,
    pub(super) residue_packets: u64,
    pub(super) residue_bytes: u64,
    pub(super) lost: u64,
    pub(super) drain_ns: u64,
    pub(super) deep_chains: u64,
    #[serde(flatten)]
    pub(super) distinct: DistinctFields,
    #[cfg(feature = "kernel")]
    #[serde(flatten)]
    pub(super) sent: Option<SentFields>,
    #[serde(flatten)]
    pub(super) captured: Option<CapturedFields>,
}

#[derive(Serialize)]
pub(super) struct CapturedFields {
    pub(super) records: u64,
    pub(super) captured_bytes: u64,
    pub(super) wire_bytes: u64,
    pub(super) complete: bool,
}

#[cfg(feature = "kernel")]
#[derive(Serialize)]
pub(super) struct SentFields {
    pub(super) sent_packets: u64,
    pub(super) sent_bytes: u64,
    pub(super) dropped_packets: u64,
    pub(super) dropped_bytes: u64,
    pub(super) iface_packets: u64,
    pub(super) iface_bytes: u64,
    pub(super) ns_per_packet: f64,
    pub(super) connects_attempts: Option<u64>,
}
