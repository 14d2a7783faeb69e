//! What lies beside rows and ledgers of connections, and what it means.

use windrow_core::connects::Connects;
use windrow_core::connects::by::By;
use windrow_core::connects::key::ConnectKey;
use windrow_core::connects::outcomes::{Health, Outcomes};
use windrow_core::connects::slice::Counters;
use windrow_core::process::Comm;
use windrow_core::slice::MonoNanos;
use windrow_core::timed::spent::Spent;

use crate::abi::{
    ConnectEpoch, ConnectRow, Extremes, FlowKey, HistogramPool, OTHER_BEGUN_BEFORE, SliceEpoch,
};
use crate::connects::grouping;
use crate::timed::{Beside, Names, Spread};

/// Lines of connections that are grouped so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectRows {
    pub(crate) by: By,
}

impl Beside for ConnectRows {
    type Subject = Connects;
    type Row = ConnectRow;
    type Epoch = ConnectEpoch;
    const NAMES: Names = Names {
        rows: "connect_rows",
        epochs: "connect_epochs",
    };

    fn key(&self, key: FlowKey, row: &ConnectRow) -> ConnectKey {
        grouping::decode(key, &row.owner, &self.by)
    }

    fn spread(&self, row: &ConnectRow, _: u64) -> Spread {
        Spread {
            timed: row.timed,
            took: row.took,
            histogram: row.histogram,
        }
    }

    fn outcome(&self, row: &ConnectRow) -> Outcomes {
        let health = &row.health;
        Outcomes {
            attempts: row.attempts,
            established: row.established,
            failures: row.failed,
            health: Health {
                closed: health.closed,
                rtt_ns: health.rtt_us * 1000,
                retransmits: health.retransmits,
                bytes_sent: health.bytes_sent,
                bytes_received: health.bytes_received,
                lifetime_ns: health.lifetime_ns,
            },
        }
    }

    fn process(&self, row: &ConnectRow) -> (Comm, u32) {
        (Comm(row.owner.comm), row.owner.inner_pid)
    }

    fn last(&self, row: &ConnectRow) -> Option<MonoNanos> {
        Some(MonoNanos(row.last_ns))
    }

    fn pool<'a>(&self, epoch: &'a ConnectEpoch) -> &'a HistogramPool {
        &epoch.histograms
    }

    fn folded<'a>(&self, epoch: &'a ConnectEpoch) -> &'a ConnectRow {
        &epoch.folded
    }

    fn empty(&self, pool: HistogramPool) -> ConnectEpoch {
        let mut epoch: ConnectEpoch = zerocopy::FromZeros::new_zeroed();
        epoch.folded.took = Extremes::NONE;
        epoch.histograms = pool;
        epoch
    }

    fn counters(&self, ledger: &SliceEpoch, it: &ConnectEpoch) -> Counters {
        Counters {
            events: ledger.events,
            seen: Spent::new(ledger.seen.packets, ledger.seen.bytes),
            attempts: it.attempts,
            established: it.established,
            failed: it.failed,
            accepted: it.accepted,
            closed: it.closed,
            filtered: ledger.filtered.packets,
            begun_before: ledger.other[OTHER_BEGUN_BEFORE].packets,
            unkept: it.unkept,
            overtaken: it.overtaken,
            unknown_listener: it.unknown_listener,
            without_histogram: u64::from(it.histograms.refused),
        }
    }
}
