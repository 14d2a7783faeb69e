//! What lies beside rows and ledgers of calls, and what it means.

use windrow_core::calls::Calls;
use windrow_core::calls::key::CallKey;
use windrow_core::calls::slice::{Counters, Outcome};
use windrow_core::process::Comm;
use windrow_core::slice::MonoNanos;
use windrow_core::timed::spent::Spent;

use crate::abi::{
    CallEpoch, CallRow, Extremes, FlowKey, HistogramPool, OTHER_CHILD, OTHER_OWN, SliceEpoch,
};
use crate::calls::grouping;
use crate::timed::{Beside, Names, Spread};

/// Lines of calls that are counted where they begin, or where they end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallRows {
    pub(crate) at_beginnings: bool,
}

impl Beside for CallRows {
    type Subject = Calls;
    type Row = CallRow;
    type Epoch = CallEpoch;
    const NAMES: Names = Names {
        rows: "call_rows",
        epochs: "call_epochs",
    };

    fn key(&self, key: FlowKey, _: &CallRow) -> CallKey {
        grouping::decode(key)
    }

    /// None has a duration where it is not seen how they end.
    fn spread(&self, row: &CallRow, calls: u64) -> Spread {
        let timed = calls.saturating_sub(row.untimed);
        Spread {
            timed: timed * u64::from(!self.at_beginnings),
            took: row.took,
            histogram: row.histogram,
        }
    }

    fn outcome(&self, row: &CallRow) -> Outcome {
        Outcome { errors: row.errors }
    }

    fn process(&self, row: &CallRow) -> (Comm, u32) {
        (Comm(row.comm), row.inner_pid)
    }

    fn last(&self, row: &CallRow) -> Option<MonoNanos> {
        (row.last_ns != 0).then_some(MonoNanos(row.last_ns))
    }

    fn pool<'a>(&self, epoch: &'a CallEpoch) -> &'a HistogramPool {
        &epoch.histograms
    }

    fn folded<'a>(&self, epoch: &'a CallEpoch) -> &'a CallRow {
        &epoch.folded
    }

    fn empty(&self, pool: HistogramPool) -> CallEpoch {
        let mut epoch: CallEpoch = zerocopy::FromZeros::new_zeroed();
        epoch.folded.took = Extremes::NONE;
        epoch.histograms = pool;
        epoch
    }

    fn counters(&self, ledger: &SliceEpoch, it: &CallEpoch) -> Counters {
        Counters {
            events: ledger.events,
            counted_at_beginnings: ledger.events * u64::from(self.at_beginnings),
            seen: Spent::new(ledger.seen.packets, ledger.seen.bytes),
            filtered: ledger.filtered.packets,
            children: ledger.other[OTHER_CHILD].packets,
            own: ledger.other[OTHER_OWN].packets,
            enters: it.enters,
            untracked_enters: it.untracked_enters,
            unkept: it.unkept,
            overtaken: it.overtaken,
            matched: it.matched,
            unentered: it.unentered,
            begun_before: it.begun_before,
            untracked: it.untracked,
            never_returned: it.never_returned + it.killed,
            forks_unkept: it.forks_unkept,
            without_histogram: u64::from(it.histograms.refused),
        }
    }
}
