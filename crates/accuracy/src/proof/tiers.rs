//! Windows that are rolled up into longer ones, and those once more: all that is proven of each of any
//! length, beside the truth of its own packets.

mod came;
mod flows;

use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, Result};
use windrow_core::edges::{Span, WallNanos};
use windrow_core::filter::Filter;
use windrow_core::rollup::Rolled;
use windrow_core::selection::Selection;
use windrow_core::window::Window;
use windrow_datapath::{Rollup, Secret};

use self::came::{Came, Counting, FILTER, has_arp_before, time};
use super::{Checks, Proof, networks};
use crate::hash::Hash;
use crate::sums::Sums;
use crate::table::Table;
use crate::trace::Trace;
use crate::workload::{Packet, colliding};

/// Windows that one of the next length is made of.
const PARTS: usize = 6;
/// Lengths that windows are rolled up into.
const TIERS: usize = 2;
/// Windows of the shortest length: one of the longest.
const WINDOWS: usize = PARTS.pow(TIERS as u32);

/// Memory of each tier, in bytes: too little for the flows of most traffic, and much.
pub const MEMORY: [u64; 2] = [64 << 10, 16 << 20];

/// As in results, by whether windows folded anything, and whether their sums did.
pub const NAMES: [[&str; 2]; 2] = [
    ["rolled up, nothing folded", "rolled up, tiers fold"],
    ["rolled up, windows fold", "rolled up, both fold"],
];

/// Counts a trace in windows with tables of each of these memories, rolls them up with each of
/// [`MEMORY`], and compares.
///
/// # Errors
/// When a memory is too little for a table.
pub fn of(workload: &'static str, trace: &Trace, memory: &[u64]) -> Result<Vec<Proof>> {
    let length = trace.packets.len().div_ceil(WINDOWS).max(1);
    let mut runs = Vec::new();
    for memory_bytes in memory {
        for tier_memory_bytes in MEMORY {
            let run = Run::new(workload, trace, length, *memory_bytes, tier_memory_bytes)?;
            runs.push(run);
        }
    }
    let places = |windows: Range<usize>| {
        let end = |window: usize| (window * length).min(trace.packets.len());
        end(windows.start)..end(windows.end)
    };
    let mut counting = Counting::new(trace);
    for window in 0..WINDOWS {
        // All windows that end with this one.
        let lengths = (0..=TIERS as u32).map(|level| PARTS.pow(level));
        let ended = lengths.filter(|length| (window + 1).is_multiple_of(*length));
        let came: Vec<Came> = ended
            .map(|length| counting.part(places(window + 1 - length..window + 1)))
            .collect();
        let part = places(window..window + 1);
        for run in &mut runs {
            run.window(window, length, &trace.packets[part.clone()], &came);
        }
    }
    Ok(runs.into_iter().map(Run::finish).collect())
}

/// Windows in tables of one size, tiers of one size.
struct Run<'a> {
    table: Table<'a>,
    rollup: Rollup<()>,
    hash: Hash,
    /// What the windows of each length sum up to that are in no longer one yet.
    parts: [Sums; TIERS],
    windows_fold: bool,
    tiers_fold: bool,
    proof: Proof,
}

impl<'a> Run<'a> {
    fn new(
        workload: &'static str,
        trace: &'a Trace,
        length: usize,
        memory_bytes: u64,
        tier_memory_bytes: u64,
    ) -> Result<Run<'a>> {
        let selection = Selection {
            filter: Some(Filter::parse(FILTER).context("the filter is wrong")?),
            ..Selection::default()
        };
        let lengths =
            [PARTS, WINDOWS].map(|windows| Duration::from_nanos(time((windows * length) as u64).0));
        let secret = Secret::from_seed(colliding::SEED);
        Ok(Run {
            table: Table::of(memory_bytes, colliding::SEED, &selection, &trace.keys)?,
            rollup: Rollup::new(&lengths, tier_memory_bytes, secret, &selection)?,
            hash: Hash::from_seed(colliding::SEED),
            parts: Default::default(),
            windows_fold: false,
            tiers_fold: false,
            proof: Proof {
                workload,
                proof: NAMES[0][0],
                memory_bytes,
                tier_memory_bytes: Some(tier_memory_bytes),
                residue_packets: 0,
                residue_bytes: 0,
                checks: Checks::default(),
            },
        })
    }

    /// Counts the window of that number and compares it and all longer ones that it ends, for each of
    /// which it is known what came.
    fn window(&mut self, number: usize, length: usize, packets: &[Packet], came: &[Came]) {
        let first = (number * length) as u64;
        for (place, packet) in (first..).zip(packets) {
            if has_arp_before(place) {
                self.table.count_arp(time(place));
            }
            self.table.count_at(*packet, time(place));
        }
        let edges = [first, first + length as u64].map(|place| WallNanos(time(place).0 as i64));
        let span = Span::on_edges(number as u64, edges[0], edges[1]);
        let window = Window::merge(span, vec![self.table.drain()]);
        self.windows_fold |= !window.ledger.folded_sum().is_zero();
        let over = self.rollup.add(&window, &());
        let longer = over.iter().map(|(window, ())| window);
        self.proof.checks.expect(1 + over.len() == came.len());
        for (level, (window, came)) in [&window].into_iter().chain(longer).zip(came).enumerate() {
            self.check(level, window, came);
        }
    }

    fn check(&mut self, level: usize, window: &Window, came: &Came) {
        let checks = &mut self.proof.checks;
        let sums = Sums::of(&window.ledger);
        checks.expect(sums == came.sums);
        if let Some(parts) = self.parts.get_mut(level) {
            parts.add(&sums);
        }
        if let Some(below) = level.checked_sub(1) {
            checks.expect(sums == std::mem::take(&mut self.parts[below]));
            let whole = Rolled {
                windows: PARTS as u64,
                gap: Duration::ZERO,
            };
            checks.expect(window.rolled == Some(whole));
            self.tiers_fold |= !window.overflow().is_zero();
        }
        networks::check(&window.prefixes, &came.keys, &came.truth, checks);
        flows::check(window, came, &self.hash, checks);
        self.proof.add_residue(window, came.sums.seen);
    }

    fn finish(mut self) -> Proof {
        let rest = self.rollup.finish();
        self.proof.checks.expect(rest.is_empty());
        self.proof.proof = NAMES[usize::from(self.windows_fold)][usize::from(self.tiers_fold)];
        self.proof
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::TINY;
    use super::*;
    use crate::workload::Workload;

    #[test]
    fn all_that_is_proven_is_so_whoever_folds() {
        let mut names = BTreeSet::new();
        for name in ["syn-flood", "short-lived", "zipf-1.0-1k", "zipf-1.0-10k"] {
            let workload = Workload::named(name).expect("a workload");
            // The last window has fewer packets than others.
            let trace = Trace::of(&workload, 40_001, 3);
            for proof in of(name, &trace, &[TINY, 1 << 20]).expect("tables") {
                assert!(proof.holds(), "{proof:?}");
                // Four for each flow of each length.
                let flows = trace.truth.distinct();
                assert!(proof.checks.checks > 10 * flows, "{proof:?}");
                names.insert(proof.proof);
            }
        }
        let all = NAMES.into_iter().flatten();
        assert_eq!(names, all.collect());
    }

    #[test]
    fn fewer_packets_than_windows_are_enough() {
        let workload = Workload::named("zipf-1.0-1k").expect("a workload");
        let trace = Trace::of(&workload, 3, 1);
        for proof in of("zipf-1.0-1k", &trace, &[TINY]).expect("tables") {
            assert!(proof.holds(), "{proof:?}");
            assert_eq!(proof.proof, NAMES[0][0]);
        }
    }
}
