//! A copy of one epoch, and what its bytes mean.

use std::slice::Iter;

use windrow_core::histogram::Histogram;
use windrow_core::slice;
use windrow_core::timed::durations::Durations;
use windrow_core::timed::slice::{Row, Slice};
use windrow_core::timed::spent::Spent;

use crate::abi::{self, SliceEpoch};
use crate::drained::{self, Rows};
use crate::timed::{Beside, Spread};

/// What was copied; the next epoch is copied into the same memory.
#[derive(Debug)]
pub(crate) struct Drained<B: Beside> {
    /// Rows and ledgers.
    pub(crate) shared: drained::Drained,
    /// Lines beside all rows, in their order.
    pub(crate) rows: Vec<B::Row>,
    shares: Vec<Share<B>>,
}

/// What one CPU has beside its rows.
#[derive(Debug)]
struct Share<B: Beside> {
    counted: B::Epoch,
    histograms: Vec<abi::Histogram>,
}

impl<B: Beside> Default for Drained<B> {
    fn default() -> Self {
        Drained {
            shared: drained::Drained::default(),
            rows: Vec::new(),
            shares: Vec::new(),
        }
    }
}

impl<B: Beside> Drained<B> {
    /// Forgets the epoch before.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.shares.clear();
    }

    /// Goes on to the next CPU.
    pub(crate) fn begin_slice(&mut self, counted: B::Epoch, histograms: Vec<abi::Histogram>) {
        self.shares.push(Share {
            counted,
            histograms,
        });
    }

    /// What each possible CPU counted.
    pub(crate) fn slices(&self, meaning: &B) -> Vec<Slice<B::Subject>> {
        let mut beside = self.rows.iter();
        let slices = self.shared.slices().into_iter();
        let shares = slices.zip(self.shared.ledgers()).zip(&self.shares);
        shares
            .map(|((slice, ledger), share)| share.slice(meaning, slice, ledger, &mut beside))
            .collect()
    }
}

impl<B: Beside> Share<B> {
    fn slice(
        &self,
        meaning: &B,
        slice: slice::Slice<Rows<'_>>,
        ledger: &SliceEpoch,
        beside: &mut Iter<'_, B::Row>,
    ) -> Slice<B::Subject> {
        let folded: Spent = slice.folded_sum().into();
        let beside_folded = meaning.folded(&self.counted);
        // Those without a duration are among what was folded.
        let spread = meaning.spread(beside_folded, folded.calls);
        Slice {
            counters: meaning.counters(ledger, &self.counted),
            folded,
            folded_durations: self.durations(spread),
            folded_outcome: meaning.outcome(beside_folded),
            sketch: slice.sketch,
            capacity_rows: slice.capacity_rows,
            rows: slice
                .rows
                .and_lines()
                .zip(beside)
                .map(|((line, row), beside)| self.row(meaning, line, &row, beside))
                .collect(),
        }
    }

    fn row(
        &self,
        meaning: &B,
        line: &abi::Row,
        row: &slice::Row,
        beside: &B::Row,
    ) -> Row<B::Subject> {
        let spent: Spent = row.count.into();
        let (comm, inner_pid) = meaning.process(beside);
        Row {
            key: meaning.key(line.key, beside),
            spent,
            durations: self.durations(meaning.spread(beside, spent.calls)),
            outcome: meaning.outcome(beside),
            comm,
            inner_pid,
            base: row.base.into(),
            hash: row.hash,
            first: row.first,
            // A row's own is coarse, and by how much differs from CPU to CPU.
            last: meaning.last(beside).unwrap_or(row.last),
        }
    }

    fn durations(&self, spread: Spread) -> Durations {
        let number = (spread.histogram as usize).checked_sub(1);
        let histogram = number.and_then(|number| self.histograms.get(number));
        let histogram = histogram.map(|it| Histogram::from_counts(&it.counts));
        let took = spread.took;
        Durations::new(spread.timed, took.min_ns, took.max_ns, histogram)
    }
}
