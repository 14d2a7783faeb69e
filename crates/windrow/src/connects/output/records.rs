//! What programs are told of connections alone.

use serde::Serialize;
use windrow_core::connects::Connects;
use windrow_core::connects::by::By;
use windrow_core::connects::outcomes::Health;
use windrow_core::connects::window::{Connect, Ledger, Window};

use crate::connects::config::How;
use crate::connects::output::row::{self, FailedBy, RowFields};
use crate::timed::cgroups::Cgroups;
use crate::timed::output::{Records, Summary};

#[derive(Serialize)]
struct HowFields {
    health: bool,
}

/// Where connections are, of a window or of a run.
#[derive(Serialize)]
struct Sums {
    events: u64,
    handshake_total_ns: u64,
    folded_events: u64,
    folded_ns: u64,
    other_events: u64,
    filtered_events: u64,
    attempts: u64,
    established: u64,
    failed: u64,
    failed_by: FailedBy,
    accepted: u64,
    folded_attempts: u64,
    folded_established: u64,
    folded_failed: u64,
    in_flight: i64,
    begun_before: u64,
    unkept: u64,
    overtaken: u64,
    unknown_listener: u64,
    #[serde(flatten)]
    health: Option<HealthFields>,
}

/// Of connections that were closed.
#[derive(Serialize)]
struct HealthFields {
    closed: u64,
    folded_closed: u64,
    rtt_mean_ns: Option<u64>,
    retransmits: u64,
    bytes_sent: u64,
    bytes_received: u64,
    lifetime_mean_ns: Option<u64>,
}

impl HealthFields {
    fn of(ledger: &Ledger) -> HealthFields {
        let health: Health = ledger.outcomes().health;
        HealthFields {
            closed: ledger.counters.closed,
            folded_closed: ledger.folded_outcome.health.closed,
            rtt_mean_ns: health.mean_rtt_ns(),
            retransmits: health.retransmits,
            bytes_sent: health.bytes_sent,
            bytes_received: health.bytes_received,
            lifetime_mean_ns: health.mean_lifetime_ns(),
        }
    }
}

#[derive(Serialize)]
struct Residues {
    residue_attempts: i64,
    residue_established: i64,
    residue_failed: i64,
    residue_closed: i64,
}

#[derive(Serialize)]
struct Ends {
    /// Attempts in flight at the end, by what is kept of each socket.
    in_flight_sockets: Option<u64>,
    /// Attempts that are nowhere; what was lost may be among them.
    residue_in_flight: Option<i64>,
}

impl Records for Connects {
    const ROW: &'static str = "connect";

    fn words(by: &By) -> Vec<String> {
        by.words()
    }

    fn start(how: &How) -> impl Serialize {
        HowFields { health: how.health }
    }

    fn sums(ledger: &Ledger, how: &How, in_flight: i64) -> impl Serialize {
        let (it, folded) = (&ledger.counters, &ledger.folded_outcome);
        Sums {
            events: it.events,
            handshake_total_ns: it.seen.ns,
            folded_events: ledger.folded.calls,
            folded_ns: ledger.folded.ns,
            other_events: ledger.other(),
            filtered_events: it.filtered,
            attempts: it.attempts,
            established: it.established,
            failed: it.failed,
            failed_by: FailedBy::of(&ledger.outcomes()),
            accepted: it.accepted,
            folded_attempts: folded.attempts,
            folded_established: folded.established,
            folded_failed: folded.failed(),
            in_flight,
            begun_before: it.begun_before,
            unkept: it.unkept,
            overtaken: it.overtaken,
            unknown_listener: it.unknown_listener,
            health: how.health.then(|| HealthFields::of(ledger)),
        }
    }

    fn residues(ledger: &Ledger) -> impl Serialize {
        let residue = ledger.residue_of_outcomes();
        Residues {
            residue_attempts: residue.attempts,
            residue_established: residue.established,
            residue_failed: residue.failed,
            residue_closed: residue.closed,
        }
    }

    fn ends(summary: &Summary<'_, Connects>) -> impl Serialize {
        Ends {
            in_flight_sockets: summary.in_flight,
            residue_in_flight: summary.residue_of_beginnings(),
        }
    }

    fn others(ledger: &Ledger) -> Vec<(&'static str, u64)> {
        vec![("begun_before", ledger.counters.begun_before)]
    }

    fn without_quantiles(ledger: &Ledger) -> u64 {
        ledger.counters.without_histogram
    }

    fn columns(by: &By, how: &How) -> Vec<&'static str> {
        row::columns(by, how)
    }

    fn row(
        window: &Window,
        connect: &Connect,
        by: &By,
        how: &How,
        cgroups: &mut Cgroups,
    ) -> impl Serialize {
        RowFields::of(window, connect, by, how, cgroups)
    }
}
