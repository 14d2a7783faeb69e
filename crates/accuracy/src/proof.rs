//! Whether what windrow proves is so, however its tables come to hold what they hold: every interval of
//! every row, of every flow without one, and of every network, beside the truth.

mod networks;
pub mod tiers;
mod window;

use anyhow::Result;
use serde::Serialize;
use windrow_core::bounds::Bounds;
use windrow_core::spill_budget::SpillBudget;
use windrow_core::tally::Tally;
use windrow_core::window::Window;

use crate::hash::Hash;
use crate::random::Random;
use crate::table::{self, Table};
use crate::trace::{Trace, Truth};
use crate::workload::colliding;

/// Memory of the smallest tables, in bytes: some sixty rows.
pub const TINY: u64 = 40 << 10;

/// How packets come to tables, and tables to windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrangement {
    /// As in results.
    pub name: &'static str,
    /// Seeds of the secrets of tables that share the packets by lot.
    seeds: &'static [u64],
    /// Windows that follow each other, of as many packets each.
    windows: usize,
    spills: bool,
}

const OTHER_SEED: u64 = colliding::SEED + 1;

/// All there are.
pub const ARRANGEMENTS: [Arrangement; 5] = [
    Arrangement {
        name: "one table",
        seeds: &[colliding::SEED],
        windows: 1,
        spills: true,
    },
    Arrangement {
        name: "one table, nothing spilled",
        seeds: &[colliding::SEED],
        windows: 1,
        spills: false,
    },
    Arrangement {
        name: "two CPUs",
        seeds: &[colliding::SEED, colliding::SEED],
        windows: 1,
        spills: true,
    },
    Arrangement {
        name: "two hosts",
        seeds: &[colliding::SEED, OTHER_SEED],
        windows: 1,
        spills: true,
    },
    Arrangement {
        name: "four windows, added",
        seeds: &[colliding::SEED],
        windows: 4,
        spills: true,
    },
];

/// How often something that was proven was compared with the truth, and how often it was not so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checks {
    /// Comparisons.
    pub checks: u64,
    /// Those that failed.
    pub violations: u64,
}

impl Checks {
    fn expect(&mut self, holds: bool) {
        self.checks += 1;
        self.violations += u64::from(!holds);
    }

    /// Two comparisons: packets and bytes.
    fn contains(&mut self, bounds: Bounds, truth: Tally) {
        let Bounds { lo, hi } = bounds;
        self.expect((lo.packets..=hi.packets).contains(&truth.packets));
        self.expect((lo.bytes..=hi.bytes).contains(&truth.bytes));
    }

    fn at_most(&mut self, hi: Tally, truth: Tally) {
        let lo = Tally::ZERO;
        self.contains(Bounds { lo, hi }, truth);
    }
}

/// What came of one arrangement on one workload. An object of `--json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// Name of the workload.
    pub workload: &'static str,
    /// Name of the arrangement.
    pub proof: &'static str,
    /// Of each table.
    pub memory_bytes: u64,
    /// Of each tier's table; null where nothing is rolled up.
    pub tier_memory_bytes: Option<u64>,
    /// Packets that were sent and are nowhere, over all windows.
    pub residue_packets: u64,
    /// The same in bytes.
    pub residue_bytes: u64,
    /// What was compared.
    #[serde(flatten)]
    pub checks: Checks,
}

impl Proof {
    /// Whether nothing is missing and nothing that was proven is wrong.
    pub fn holds(&self) -> bool {
        self.checks.violations == 0 && (self.residue_packets, self.residue_bytes) == (0, 0)
    }

    /// Adds what is missing from a window for which so much was sent.
    fn add_residue(&mut self, window: &Window, sent: Tally) {
        let (packets, bytes) = window.ledger.residue();
        let seen = window.ledger.seen;
        self.residue_packets += packets.unsigned_abs() + sent.packets.abs_diff(seen.packets);
        self.residue_bytes += bytes.unsigned_abs() + sent.bytes.abs_diff(seen.bytes);
    }
}

/// Counts a trace in tables of so much memory each, and compares.
///
/// # Errors
/// When the memory is too little for a table.
pub fn of(
    workload: &'static str,
    trace: &Trace,
    memory_bytes: u64,
    arrangement: &Arrangement,
) -> Result<Proof> {
    let budget = match arrangement.spills {
        true => SpillBudget::default(),
        false => SpillBudget::NONE,
    };
    let table = |seed: &u64| Table::new(memory_bytes, *seed, budget, &trace.keys);
    let mut tables = (arrangement.seeds.iter().map(table)).collect::<Result<Vec<Table<'_>>>>()?;
    let hashes: Vec<Hash> = (arrangement.seeds.iter())
        .map(|seed| Hash::from_seed(*seed))
        .collect();
    let mut random = Random::new(0);
    let mut proof = Proof {
        workload,
        proof: arrangement.name,
        memory_bytes,
        tier_memory_bytes: None,
        residue_packets: 0,
        residue_bytes: 0,
        checks: Checks::default(),
    };
    // What a roll-up knows of each flow: a window without its row adds what such a flow had at most.
    let mut added = vec![Bounds::default(); trace.keys.len()];
    let length = trace.packets.len().div_ceil(arrangement.windows).max(1);
    for packets in trace.packets.chunks(length) {
        for (place, packet) in (0..).zip(packets) {
            let table = random.below(tables.len() as u32) as usize;
            tables[table].count(*packet, place);
        }
        let slices: Vec<_> = tables.iter_mut().map(Table::drain).collect();
        let merged = Window::merge(table::span(packets.len() as u64), slices.clone());
        let truth = Truth::of(packets);
        proof.add_residue(&merged, truth.sum);
        networks::check(&merged.prefixes, &trace.keys, &truth, &mut proof.checks);
        let known: Vec<_> = slices.iter().zip(&hashes).collect();
        window::check(
            &merged,
            &known,
            &trace.keys,
            &truth,
            &mut added,
            &mut proof.checks,
        );
    }
    if arrangement.windows > 1 {
        for (bounds, truth) in added.into_iter().zip(&trace.truth.flows) {
            proof.checks.contains(bounds, *truth);
        }
    }
    Ok(proof)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Workload;

    #[test]
    fn all_that_is_proven_is_so_in_every_arrangement_under_pressure() {
        for name in ["syn-flood", "short-lived", "zipf-1.0-10k"] {
            let workload = Workload::named(name).expect("a workload");
            let trace = Trace::of(&workload, 20_000, 3);
            for arrangement in &ARRANGEMENTS {
                for memory_bytes in [TINY, 256 << 10] {
                    let proof = of(name, &trace, memory_bytes, arrangement).expect("a table");
                    assert!(proof.holds(), "{proof:?}");
                    // Two for each flow, and as many again for each without a row.
                    let flows = trace.truth.distinct();
                    assert!(proof.checks.checks > 2 * flows, "{proof:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_wrong_is_seen() {
        let mut checks = Checks::default();
        let bounds = Bounds {
            lo: Tally::new(2, 200),
            hi: Tally::new(3, 300),
        };
        checks.contains(bounds, Tally::new(2, 300));
        checks.contains(bounds, Tally::new(1, 301));
        checks.at_most(bounds.hi, Tally::new(0, 301));
        assert_eq!((checks.checks, checks.violations), (6, 3));
    }
}
