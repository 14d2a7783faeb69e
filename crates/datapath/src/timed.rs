//! What sources have in common that count events with durations, at tracepoints: rows with a line beside each,
//! histograms, counters beside the ledgers, and how all that is drained.

#![allow(unsafe_code)] // the libbpf and kernel calls that libbpf-rs does not wrap

mod attach;
mod drained;
pub(crate) mod filter;
mod geometry;
mod iterate;
pub(crate) mod load;
mod source;
mod tables;

use std::fmt::Debug;
use std::os::fd::OwnedFd;

use windrow_core::process::Comm;
use windrow_core::slice::MonoNanos;
use windrow_core::timed::Subject;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::abi::{Extremes, FlowKey, HistogramPool, SliceEpoch};

pub use attach::Tracepoints;
pub(crate) use attach::{LeftOut, Program, is_preemptible};
pub(crate) use drained::Drained;
pub(crate) use geometry::Shape;
pub(crate) use iterate::iterate;
pub use source::{Counts, Loaded, Source};
pub(crate) use source::{OfParts, Parts};
pub(crate) use tables::Tables;

/// Programs that are attached; they are detached when it is dropped.
#[derive(Debug)]
pub struct Attached {
    #[allow(dead_code)] // held, not used
    links: Vec<OwnedFd>,
}

/// Memory that the programs write and the drain copies.
pub(crate) trait Line: FromBytes + IntoBytes + Immutable + Copy + Debug {}

impl<T: FromBytes + IntoBytes + Immutable + Copy + Debug> Line for T {}

/// What a source has beside packets' tables, and what that means.
pub(crate) trait Beside: Debug {
    /// What is counted.
    type Subject: Subject;
    /// The line beside a row.
    type Row: Line;
    /// Counters beside a ledger.
    type Epoch: Line;
    /// What the programs call all that.
    const NAMES: Names;

    /// What tells a row apart.
    fn key(&self, key: FlowKey, row: &Self::Row) -> <Self::Subject as Subject>::Key;
    /// How long its events took.
    fn spread(&self, row: &Self::Row, events: u64) -> Spread;
    /// What came of them.
    fn outcome(&self, row: &Self::Row) -> <Self::Subject as Subject>::Outcome;
    /// The name of their process, and its number in its own pid namespace.
    fn process(&self, row: &Self::Row) -> (Comm, u32);
    /// When the last of them was, if that is known better than by the row itself.
    fn last(&self, row: &Self::Row) -> Option<MonoNanos>;
    /// The histograms that rows may take.
    fn pool<'a>(&self, epoch: &'a Self::Epoch) -> &'a HistogramPool;
    /// What was folded.
    fn folded<'a>(&self, epoch: &'a Self::Epoch) -> &'a Self::Row;
    /// Nothing counted yet, with those histograms.
    fn empty(&self, pool: HistogramPool) -> Self::Epoch;
    /// What is counted beside the rows.
    fn counters(
        &self,
        ledger: &SliceEpoch,
        epoch: &Self::Epoch,
    ) -> <Self::Subject as Subject>::Counters;
}

/// What lies beside the tables of packets, by the names of its maps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    /// Lines beside rows.
    pub(crate) rows: &'static str,
    /// Counters beside ledgers.
    pub(crate) epochs: &'static str,
}

/// How long a row's events took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    /// How many have a duration.
    pub(crate) timed: u64,
    /// The least and the most of these.
    pub(crate) took: Extremes,
    /// Which of the pool's histograms has them, from 1; 0: none.
    pub(crate) histogram: u32,
}
