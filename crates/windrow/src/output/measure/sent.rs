//! What a reader would be sent: every event, or summaries in place of them. Nothing is sent: it is
//! what records would take.

use std::time::Duration;

use windrow_core::run::reduction;

use crate::measure::Counted;
use crate::output::report::RECORD_BYTES;

/// A summary of calls: key and name of the process, how many, how long in all, at least, at most and by
/// quantiles, how many failed, first and last.
const CALL_SUMMARY_BYTES: u64 = 128;

/// A summary of connections: addresses, key and name of the process, how many of each class, handshakes as of
/// calls.
const CONNECT_SUMMARY_BYTES: u64 = 192;

/// Records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) events: u64,
    pub(super) summaries: u64,
    /// What one of these takes, bytes.
    pub(super) a_summary_bytes: u64,
}

impl Sent {
    /// What an event takes, bytes.
    pub(super) const EVENT_BYTES: u64 = RECORD_BYTES;

    pub(super) fn of(counted: &Counted<'_>) -> Sent {
        let sums = counted.sums();
        Sent {
            events: sums.events,
            summaries: sums.summaries,
            a_summary_bytes: match counted {
                Counted::Packets(_) => RECORD_BYTES,
                Counted::Calls(_) => CALL_SUMMARY_BYTES,
                Counted::Connects(_) => CONNECT_SUMMARY_BYTES,
            },
        }
    }

    /// Events for one summary; 0 without any.
    pub(super) fn reduction(&self) -> f64 {
        reduction(self.events, self.summaries)
    }

    /// Bytes of all events.
    pub(super) fn raw_bytes(&self) -> u64 {
        self.events * Self::EVENT_BYTES
    }

    /// Bytes of all summaries.
    pub(super) fn summary_bytes(&self) -> u64 {
        self.summaries * self.a_summary_bytes
    }

    /// The share of the bandwidth that summaries save; 0 where they take more than events.
    pub(super) fn saved(&self) -> f64 {
        match self.raw_bytes() {
            0 => 0.0,
            raw => (1.0 - self.summary_bytes() as f64 / raw as f64).max(0.0),
        }
    }
}

/// By the time that it took; 0 without any.
pub(super) fn per_second(amount: f64, span: Duration) -> f64 {
    if span.is_zero() {
        0.0
    } else {
        amount / span.as_secs_f64()
    }
}
