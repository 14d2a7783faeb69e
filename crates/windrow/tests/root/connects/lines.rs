//! The lines of `windrow connects --json`, as the contract has them, and what holds of each by itself.

// Of some fields the tests ask no more than that a line has them.
#![allow(dead_code)]

use std::net::IpAddr;

use serde::Deserialize;

use super::report::Sum;

#[derive(Debug, Clone, Deserialize)]
pub struct Start {
    pub source: String,
    pub by: Vec<String>,
    pub window_ns: u64,
    pub pid: u32,
    pub of_command: bool,
}

/// Why attempts failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Failures {
    pub refused: u64,
    pub timed_out: u64,
    pub reset: u64,
    pub unreachable: u64,
    pub abandoned: u64,
    pub other: u64,
}

impl Failures {
    pub fn sum(&self) -> u64 {
        self.refused + self.timed_out + self.reset + self.unreachable + self.abandoned + self.other
    }

    pub fn add(&mut self, it: &Failures) {
        self.refused += it.refused;
        self.timed_out += it.timed_out;
        self.reset += it.reset;
        self.unreachable += it.unreachable;
        self.abandoned += it.abandoned;
        self.other += it.other;
    }
}

/// Where events are, of a window or of a run.
#[derive(Debug, Clone, Deserialize)]
pub struct Sums {
    pub events: u64,
    pub folded_events: u64,
    pub other_events: u64,
    pub filtered_events: u64,
    pub attempts: u64,
    /// Of attempts; accepted connections are `accepted`.
    pub established: u64,
    pub failed: u64,
    pub failed_by: Failures,
    pub accepted: u64,
    pub handshake_total_ns: u64,
    pub folded_ns: u64,
    pub folded_attempts: u64,
    /// Accepted ones as well.
    pub folded_established: u64,
    pub folded_failed: u64,
    pub begun_before: u64,
    pub unkept: u64,
    pub overtaken: u64,
    pub unknown_listener: u64,
    pub in_flight: i64,
    // With --health.
    pub closed: Option<u64>,
    pub folded_closed: Option<u64>,
}

/// What is nowhere.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Residues {
    pub residue_events: i64,
    pub residue_ns: i64,
    pub residue_attempts: i64,
    pub residue_established: i64,
    pub residue_failed: i64,
    pub residue_closed: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Window {
    pub seq: u64,
    pub start: String,
    pub end: String,
    pub window_ns: u64,
    #[serde(flatten)]
    pub sums: Sums,
    pub rows: u64,
    pub capacity_rows: u64,
    #[serde(flatten)]
    pub residues: Residues,
    pub late: bool,
    pub lost: u64,
    /// Of longer windows only.
    pub windows: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    pub seq: u64,
    pub window_ns: u64,
    // What was not asked for is not there.
    pub pid: Option<u32>,
    pub ns_pid: Option<u32>,
    pub comm: Option<String>,
    pub uid: Option<u32>,
    pub cgroup: Option<String>,
    pub src: Option<String>,
    pub dst: Option<String>,
    pub dport: Option<u16>,
    pub dir: String,
    pub events: u64,
    pub events_hi: u64,
    pub attempts: u64,
    pub established: u64,
    pub failed: u64,
    pub failed_by: Failures,
    /// Of events that have a duration.
    pub handshakes: u64,
    pub handshake_total_ns: u64,
    pub handshake_total_ns_hi: u64,
    pub min_ns: Option<u64>,
    pub max_ns: Option<u64>,
    pub p50_ns: Option<u64>,
    pub p99_ns: Option<u64>,
    pub first: String,
    pub last: String,
    pub exact: bool,
    // With --health.
    pub closed: Option<u64>,
    pub retransmits: Option<u64>,
    pub bytes_sent: Option<u64>,
    pub bytes_received: Option<u64>,
    pub rtt_mean_ns: Option<u64>,
    pub lifetime_mean_ns: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Summary {
    pub windows: u64,
    #[serde(flatten)]
    pub sums: Sums,
    pub rows: u64,
    #[serde(flatten)]
    pub residues: Residues,
    /// Attempts in flight at the end, by what is kept of each socket.
    pub in_flight_sockets: Option<u64>,
    pub residue_in_flight: Option<i64>,
    pub lost: u64,
    pub exit_code: Option<i32>,
}

impl Sums {
    pub fn check(&self, rows: &[&Row]) {
        assert_eq!(self.failed, self.failed_by.sum(), "{self:?}");
        let of = |dir: &str| Sum::of(rows.iter().copied().filter(|row| row.dir == dir));
        let (out, accepted) = (of("out"), of("in"));
        let sum = |of: fn(&Row) -> u64| rows.iter().map(|row| of(row)).sum::<u64>();
        let beside = self.folded_events + self.other_events + self.filtered_events;
        assert_eq!(self.events, sum(|row| row.events) + beside, "{self:?}");
        let ns = sum(|row| row.handshake_total_ns) + self.folded_ns;
        assert_eq!(self.handshake_total_ns, ns, "{self:?}");
        // Each kind of event is in rows or folded.
        let attempts = out.attempts + self.folded_attempts;
        assert_eq!(self.attempts, attempts, "{self:?}");
        let established = out.established + accepted.established + self.folded_established;
        assert_eq!(self.established + self.accepted, established, "{self:?}");
        let failed = out.failed_by.sum() + self.folded_failed;
        assert_eq!(self.failed, failed, "{self:?}");
        if self.folded_events == 0 {
            assert_eq!(self.accepted, accepted.established, "{self:?}");
            assert_eq!(self.failed_by, out.failed_by, "{self:?}");
        }
        if let (Some(closed), Some(folded)) = (self.closed, self.folded_closed) {
            assert_eq!(
                closed,
                sum(|row| row.closed.unwrap_or(0)) + folded,
                "{self:?}"
            );
        }
    }

    /// Attempts that began, less those whose end was seen, or missed.
    pub fn opened(&self) -> i64 {
        self.attempts as i64 - (self.established + self.failed + self.overtaken) as i64
    }
}

impl Row {
    pub fn is(&self, dir: &str, comm: &str) -> bool {
        self.dir == dir && self.comm.as_deref() == Some(comm)
    }

    /// Source and destination.
    pub fn between(&self, src: &str, dst: &str) -> bool {
        self.src.as_deref() == Some(src) && self.dst.as_deref() == Some(dst)
    }

    pub fn check(&self) {
        assert!(["in", "out"].contains(&self.dir.as_str()), "{self:?}");
        assert_eq!(self.failed, self.failed_by.sum(), "{self:?}");
        let events = self.attempts + self.established + self.failed + self.closed.unwrap_or(0);
        assert!(events > 0 && events == self.events, "{self:?}");
        assert!(self.events <= self.events_hi, "{self:?}");
        let total = (self.handshake_total_ns, self.handshake_total_ns_hi);
        assert!(total.0 <= total.1, "{self:?}");
        let exact = self.events == self.events_hi && total.0 == total.1;
        assert_eq!(self.exact, exact, "{self:?}");
        if self.dir == "in" {
            assert_eq!((self.attempts, self.failed), (0, 0), "{self:?}");
        }
        // What is IPv4 is written as IPv4.
        for address in [&self.src, &self.dst].into_iter().flatten() {
            let address: Option<IpAddr> = address.parse().ok();
            if let Some(IpAddr::V6(six)) = address {
                assert_eq!(six.to_ipv4_mapped(), None, "{self:?}");
            }
        }
        // No duration is made up.
        assert!(self.handshakes <= self.established, "{self:?}");
        let some = self.handshakes > 0;
        assert_eq!(
            (self.min_ns.is_some(), self.max_ns.is_some()),
            (some, some),
            "{self:?}"
        );
        if let (Some(min), Some(max)) = (self.min_ns, self.max_ns) {
            assert!(min <= max && max <= self.handshake_total_ns, "{self:?}");
        }
        if let (Some(p50), Some(p99)) = (self.p50_ns, self.p99_ns) {
            let all = [self.min_ns, Some(p50), Some(p99), self.max_ns];
            assert!(all.is_sorted(), "{self:?}");
        }
    }
}
