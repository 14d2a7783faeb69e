//! A copy of one epoch of calls, and what its bytes mean.

use std::slice::Iter;

use windrow_core::calls::slice::{Counters, Outcome, Row, Slice};
use windrow_core::histogram::Histogram;
use windrow_core::process::Comm;
use windrow_core::slice::{self, MonoNanos};
use windrow_core::timed::durations::Durations;
use windrow_core::timed::spent::Spent;

use crate::abi::{self, CallEpoch, CallRow, OTHER_CHILD, OTHER_OWN, SliceEpoch};
use crate::calls::grouping;
use crate::drained::{self, Rows};

/// What was copied; the next epoch is copied into the same memory.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    /// Calls are counted where they begin.
    at_beginnings: bool,
    /// Rows and ledgers.
    pub(crate) shared: drained::Drained,
    /// Lines beside all rows, in their order.
    pub(crate) rows: Vec<CallRow>,
    shares: Vec<Share>,
}

/// What one CPU has beside its rows.
#[derive(Debug)]
struct Share {
    at_beginnings: bool,
    counted: CallEpoch,
    histograms: Vec<abi::Histogram>,
}

impl Drained {
    /// Of calls that are counted where they begin, or where they end.
    pub(crate) fn new(at_beginnings: bool) -> Drained {
        Drained {
            at_beginnings,
            ..Drained::default()
        }
    }

    /// Forgets the epoch before.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.shares.clear();
    }

    /// Goes on to the next CPU.
    pub(crate) fn begin_slice(&mut self, counted: CallEpoch, histograms: Vec<abi::Histogram>) {
        self.shares.push(Share {
            at_beginnings: self.at_beginnings,
            counted,
            histograms,
        });
    }

    /// What each possible CPU counted.
    pub(crate) fn slices(&self) -> Vec<Slice> {
        let mut beside = self.rows.iter();
        let slices = self.shared.slices().into_iter();
        let shares = slices.zip(self.shared.ledgers()).zip(&self.shares);
        shares
            .map(|((slice, ledger), share)| share.slice(slice, ledger, &mut beside))
            .collect()
    }
}

impl Share {
    fn slice(
        &self,
        slice: slice::Slice<Rows<'_>>,
        ledger: &SliceEpoch,
        beside: &mut Iter<'_, CallRow>,
    ) -> Slice {
        let folded: Spent = slice.folded_sum().into();
        let counted = &self.counted;
        // Those without a duration are among what was folded.
        let timed = self.timed(folded.calls, &counted.folded);
        Slice {
            counters: self.counters(ledger),
            folded,
            folded_durations: self.durations(timed, &counted.folded),
            folded_outcome: outcome(&counted.folded),
            sketch: slice.sketch,
            capacity_rows: slice.capacity_rows,
            rows: slice
                .rows
                .and_lines()
                .zip(beside)
                .map(|((line, row), beside)| self.row(line, &row, beside))
                .collect(),
        }
    }

    fn row(&self, line: &abi::Row, row: &slice::Row, beside: &CallRow) -> Row {
        let spent: Spent = row.count.into();
        let timed = self.timed(spent.calls, beside);
        Row {
            key: grouping::decode(line.key),
            spent,
            durations: self.durations(timed, beside),
            outcome: outcome(beside),
            comm: Comm(beside.comm),
            inner_pid: beside.inner_pid,
            base: row.base.into(),
            hash: row.hash,
            first: row.first,
            // A row's own is coarse, and by how much differs from CPU to CPU.
            last: match beside.last_ns {
                0 => row.last,
                exact => MonoNanos(exact),
            },
        }
    }

    /// How many of a row's calls have a duration: none where it is not seen how they end.
    fn timed(&self, calls: u64, row: &CallRow) -> u64 {
        match self.at_beginnings {
            true => 0,
            false => calls.saturating_sub(row.untimed),
        }
    }

    fn durations(&self, timed: u64, row: &CallRow) -> Durations {
        let number = (row.histogram as usize).checked_sub(1);
        let histogram = number.and_then(|number| self.histograms.get(number));
        let histogram = histogram.map(|it| Histogram::from_counts(&it.counts));
        Durations::new(timed, row.min_ns, row.max_ns, histogram)
    }

    fn counters(&self, ledger: &SliceEpoch) -> Counters {
        let it = &self.counted;
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
            without_histogram: u64::from(it.without_histogram),
        }
    }
}

fn outcome(row: &CallRow) -> Outcome {
    Outcome { errors: row.errors }
}
