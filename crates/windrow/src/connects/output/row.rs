//! A row as programs read it: the fields of JSON lines and of CSV, names and order being the contract.

use std::net::IpAddr;

use serde::Serialize;
use windrow_core::by::Named;
use windrow_core::connects::by::{By, Key};
use windrow_core::connects::outcomes::{Failure, Health, Outcomes};
use windrow_core::connects::window::{Connect, Window};
use windrow_core::net::Side;
use windrow_core::slice::MonoNanos;

use crate::connects::config::How;
use crate::output::Address;
use crate::output::json::{nanos, rfc3339};
use crate::timed::cgroups::Cgroups;
use crate::timed::users;

/// Columns of a row that is grouped by those keys.
pub fn columns(by: &By, how: &How) -> Vec<&'static str> {
    let mut columns = vec!["seq", "window_ns"];
    for key in by.keys() {
        match key {
            Key::Pid => columns.extend(["pid", "ns_pid", "comm"]),
            // It comes with the pid as well.
            Key::Comm if by.has(Key::Pid) => {}
            Key::Cgroup => columns.extend(["cgroup", "cgroup_id"]),
            key => columns.push(key.name()),
        }
    }
    columns.extend([
        "dir",
        "events",
        "events_hi",
        "attempts",
        "established",
        "failed",
        "failed_by_refused",
        "failed_by_timed_out",
        "failed_by_reset",
        "failed_by_unreachable",
        "failed_by_abandoned",
        "failed_by_other",
        "handshakes",
        "handshake_total_ns",
        "handshake_total_ns_hi",
        "min_ns",
        "max_ns",
        "p50_ns",
        "p99_ns",
    ]);
    if how.health {
        columns.extend([
            "closed",
            "rtt_mean_ns",
            "retransmits",
            "bytes_sent",
            "bytes_received",
            "lifetime_mean_ns",
        ]);
    }
    columns.extend(["first", "last", "exact"]);
    columns
}

/// A row. What was not asked for is not there.
#[derive(Serialize)]
pub struct RowFields {
    seq: u64,
    window_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    /// In the process's own namespace, where it has another number there.
    #[serde(skip_serializing_if = "Option::is_none")]
    ns_pid: Option<Option<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comm: Option<String>,
    /// Whose it is, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<Option<u32>>,
    /// Its path, where that can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    cgroup: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cgroup_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    src: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dport: Option<u16>,
    dir: &'static str,
    events: u64,
    events_hi: u64,
    attempts: u64,
    established: u64,
    failed: u64,
    failed_by: FailedBy,
    handshakes: u64,
    handshake_total_ns: u64,
    handshake_total_ns_hi: u64,
    min_ns: Option<u64>,
    max_ns: Option<u64>,
    p50_ns: Option<u64>,
    p99_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtt_mean_ns: Option<Option<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retransmits: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_sent: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_received: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifetime_mean_ns: Option<Option<u64>>,
    first: String,
    last: String,
    exact: bool,
}

/// Attempts that failed, by the reason.
#[derive(Serialize)]
pub struct FailedBy {
    refused: u64,
    timed_out: u64,
    reset: u64,
    unreachable: u64,
    abandoned: u64,
    other: u64,
}

impl FailedBy {
    /// Of those.
    pub fn of(outcomes: &Outcomes) -> FailedBy {
        FailedBy {
            refused: outcomes.failed_by(Failure::Refused),
            timed_out: outcomes.failed_by(Failure::TimedOut),
            reset: outcomes.failed_by(Failure::Reset),
            unreachable: outcomes.failed_by(Failure::Unreachable),
            abandoned: outcomes.failed_by(Failure::Abandoned),
            other: outcomes.failed_by(Failure::Other),
        }
    }
}

impl RowFields {
    /// A row of a window.
    pub fn of(
        window: &Window,
        connect: &Connect,
        by: &By,
        how: &How,
        cgroups: &mut Cgroups,
    ) -> RowFields {
        let (key, outcome) = (&connect.key, &connect.outcome);
        let asked = |key| by.has(key);
        let timed = connect.durations.timed > 0;
        let health: Option<&Health> = how.health.then_some(&outcome.health);
        let at = |time: MonoNanos| rfc3339(window.span.wall(time));
        let pid = key.process.pid;
        RowFields {
            seq: window.span.seq,
            window_ns: nanos(window.span.window),
            pid: asked(Key::Pid).then_some(pid),
            ns_pid: asked(Key::Pid)
                .then_some((connect.inner_pid != pid).then_some(connect.inner_pid)),
            comm: (asked(Key::Pid) || asked(Key::Comm)).then(|| comm_of(connect, by)),
            uid: asked(Key::Uid).then_some((key.uid != users::UNKNOWN).then_some(key.uid)),
            cgroup: asked(Key::Cgroup).then(|| cgroups.path(key.cgroup)),
            cgroup_id: asked(Key::Cgroup).then_some(key.cgroup),
            src: src_of(connect, by),
            dst: dst_of(connect, by),
            dport: asked(Key::Dport).then_some(key.dport),
            dir: key.dir.name(),
            events: connect.lo.calls,
            events_hi: connect.hi.calls,
            attempts: outcome.attempts,
            established: outcome.established,
            failed: outcome.failed(),
            failed_by: FailedBy::of(outcome),
            handshakes: connect.durations.timed,
            handshake_total_ns: connect.lo.ns,
            handshake_total_ns_hi: connect.hi.ns,
            min_ns: timed.then_some(connect.durations.min_ns),
            max_ns: timed.then_some(connect.durations.max_ns),
            p50_ns: connect.durations.quantile(0.5),
            p99_ns: connect.durations.quantile(0.99),
            closed: health.map(|it| it.closed),
            rtt_mean_ns: health.map(Health::mean_rtt_ns),
            retransmits: health.map(|it| it.retransmits),
            bytes_sent: health.map(|it| it.bytes_sent),
            bytes_received: health.map(|it| it.bytes_received),
            lifetime_mean_ns: health.map(Health::mean_lifetime_ns),
            first: at(connect.first),
            last: at(connect.last),
            exact: connect.is_exact(),
        }
    }
}

/// The address that a row's source was, or is in, where it is asked for.
pub fn src_of(connect: &Connect, by: &By) -> Option<Address> {
    let ip = connect.key.src;
    let prefix = by.prefix(Key::Src).filter(|_| !was_not_chosen(ip, by));
    by.has(Key::Src).then(|| Address::kept(ip, prefix))
}

/// The address that a row's destination was, or is in, where it is asked for.
pub fn dst_of(connect: &Connect, by: &By) -> Option<Address> {
    let prefix = by.prefix(Key::Dst);
    by.has(Key::Dst)
        .then(|| Address::kept(connect.key.dst, prefix))
}

/// Whether no source had been chosen: that is in no network. Of IPv4 nobody has an address that begins with
/// eight zeros; of IPv6 `::1` differs from it in the last bit alone.
fn was_not_chosen(src: IpAddr, by: &By) -> bool {
    let kept = by.kept(Side::Src);
    src.is_unspecified()
        && match src {
            IpAddr::V4(_) => kept.ipv4 >= 8,
            IpAddr::V6(_) => kept.ipv6 == 128,
        }
}

/// The name that a row carries: of its key, or that its process had last.
pub fn comm_of(connect: &Connect, by: &By) -> String {
    match by.has(Key::Comm) {
        true => connect.key.comm.text(),
        false => connect.comm.text(),
    }
}
