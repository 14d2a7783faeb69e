//! Every counter in every memory on every workload, every proof, and what came of it.

use std::sync::Mutex;

use anyhow::Result;
use serde::Serialize;

use crate::counter::{Algorithm, MOST_K};
use crate::metric::Metric;
use crate::proof::{self, ARRANGEMENTS, Proof, tiers};
use crate::trace::Trace;
use crate::workload::Workload;

/// In so much memory, in bytes, windrow has 26 rows for each of the top 1000.
const AMPLE: u64 = 3_120_000;
/// Memory that each counter is given, unless it is told otherwise.
pub const MEMORY: [u64; 5] = [256 << 10, 512 << 10, 1 << 20, AMPLE, 4 << 20];
/// What is proven is compared with the truth in tables of these, unless they are told otherwise.
pub const PROOF_MEMORY: [u64; 2] = [proof::TINY, AMPLE];

/// What is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// On which traffic.
    pub workloads: Vec<Workload>,
    /// Packets of each.
    pub packets: u32,
    /// In how much memory, in bytes.
    pub memory: Vec<u64>,
    /// In how much for what windrow proves.
    pub proof_memory: Vec<u64>,
    /// What all traffic follows from.
    pub seed: u64,
}

/// One counter in one memory on one workload. An object of `--json`; shares are from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Name of the workload.
    pub workload: &'static str,
    /// Packets that it had.
    pub packets: u64,
    /// Flows that it had.
    pub flows: u64,
    /// Name of the counter.
    pub counter: &'static str,
    /// What it was given.
    pub memory_bytes: u64,
    /// Rows that it had room for.
    pub capacity_rows: u64,
    /// The same for each of K, which is 1000.
    pub rows_per_k: f64,
    /// Rows that it gave.
    pub rows: u64,
    /// See [`Metric::top_100`].
    pub top_100_precision: f64,
    /// See [`Metric::top_1000`].
    pub top_1000_precision: f64,
    /// See [`Metric::error`].
    pub mean_relative_error: f64,
    /// See [`Metric::exact`].
    pub certified_exact: f64,
    /// See [`Metric::width`].
    pub mean_relative_width: f64,
    /// See [`Metric::reduction`].
    pub reduction: f64,
    /// See [`Metric::residue`]; null of counters that keep no account.
    pub residue_packets: Option<i64>,
    /// The same in bytes.
    pub residue_bytes: Option<i64>,
    /// See [`Metric::checks`].
    pub checks: u64,
    /// See [`Metric::violations`].
    pub violations: u64,
}

impl Outcome {
    /// Whether nothing is missing and nothing that was proven is wrong.
    pub fn holds(&self) -> bool {
        let nothing = |residue: Option<i64>| residue.is_none_or(|residue| residue == 0);
        self.violations == 0 && nothing(self.residue_packets) && nothing(self.residue_bytes)
    }
}

/// All of a plan, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// How near counters came.
    pub outcomes: Vec<Outcome>,
    /// What windrow proves.
    pub proofs: Vec<Proof>,
}

impl Results {
    /// Whether nothing is missing and nothing that was proven is wrong.
    pub fn hold(&self) -> bool {
        self.outcomes.iter().all(Outcome::holds) && self.proofs.iter().all(Proof::holds)
    }
}

/// Measures all of a plan, as many workloads at a time as there are CPUs; nothing is timed. `done` is
/// told of each that is finished.
///
/// # Errors
/// When a counter cannot be had.
pub fn run(plan: &Plan, done: impl Fn(&Workload) + Sync) -> Result<Results> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let left = Mutex::new(plan.workloads.iter().enumerate());
    let next = || left.lock().ok()?.next();
    let work = || -> Result<Vec<(usize, Results)>> {
        std::iter::from_fn(next)
            .map(|(place, workload)| {
                let results = on(workload, plan)?;
                done(workload);
                Ok((place, results))
            })
            .collect()
    };
    let mut parts = std::thread::scope(|scope| -> Result<Vec<(usize, Results)>> {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut parts = Vec::new();
        for thread in running {
            let part = thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            parts.extend(part?);
        }
        Ok(parts)
    })?;
    parts.sort_by_key(|(place, _)| *place);
    let mut all = Results::default();
    for (_, part) in parts {
        all.outcomes.extend(part.outcomes);
        all.proofs.extend(part.proofs);
    }
    Ok(all)
}

/// All counters and all proofs on one workload.
fn on(workload: &Workload, plan: &Plan) -> Result<Results> {
    let trace = Trace::of(workload, plan.packets, plan.seed);
    let mut results = Results::default();
    for &memory_bytes in &plan.memory {
        for algorithm in Algorithm::ALL {
            let outcome = outcome(workload, &trace, memory_bytes, algorithm)?;
            results.outcomes.push(outcome);
        }
    }
    for &memory_bytes in &plan.proof_memory {
        for arrangement in &ARRANGEMENTS {
            let proof = proof::of(workload.name, &trace, memory_bytes, arrangement)?;
            results.proofs.push(proof);
        }
    }
    let rolled_up = tiers::of(workload.name, &trace, &plan.proof_memory)?;
    results.proofs.extend(rolled_up);
    Ok(results)
}

fn outcome(
    workload: &Workload,
    trace: &Trace,
    memory_bytes: u64,
    algorithm: Algorithm,
) -> Result<Outcome> {
    let mut counter = algorithm.counter(memory_bytes, &trace.keys)?;
    let capacity_rows = counter.capacity();
    for packet in &trace.packets {
        counter.count(*packet);
    }
    let metric = Metric::of(&counter.finish(), &trace.truth);
    Ok(Outcome {
        workload: workload.name,
        packets: trace.truth.sum.packets,
        flows: trace.truth.distinct(),
        counter: algorithm.name(),
        memory_bytes,
        capacity_rows,
        rows_per_k: capacity_rows as f64 / MOST_K as f64,
        rows: metric.rows,
        top_100_precision: metric.top_100,
        top_1000_precision: metric.top_1000,
        mean_relative_error: metric.error,
        certified_exact: metric.exact,
        mean_relative_width: metric.width,
        reduction: metric.reduction,
        residue_packets: metric.residue.map(|residue| residue.0),
        residue_bytes: metric.residue.map(|residue| residue.1),
        checks: metric.checks,
        violations: metric.violations,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_counters_are_measured_in_the_plans_order_and_nothing_is_lost() {
        let workloads = ["syn-flood", "zipf-1.1-1k", "short-lived"];
        let plan = Plan {
            workloads: workloads
                .iter()
                .filter_map(|name| Workload::named(name))
                .collect(),
            packets: 50_000,
            memory: MEMORY.to_vec(),
            proof_memory: PROOF_MEMORY.to_vec(),
            seed: 1,
        };
        let results = run(&plan, |_| ()).expect("all counters fit");
        assert!(results.hold());
        let each = ARRANGEMENTS.len() + tiers::MEMORY.len();
        let proofs = workloads.len() * PROOF_MEMORY.len() * each;
        assert_eq!(results.proofs.len(), proofs);
        let outcomes = results.outcomes;
        let order: Vec<&str> = outcomes.iter().map(|outcome| outcome.workload).collect();
        let each = MEMORY.len() * Algorithm::ALL.len();
        let want: Vec<&str> = workloads
            .iter()
            .flat_map(|name| vec![*name; each])
            .collect();
        assert_eq!(order, want);
        for outcome in &outcomes {
            assert!(outcome.holds(), "{outcome:?}");
            assert_eq!(
                outcome.residue_packets.is_some(),
                outcome.counter == "windrow"
            );
        }
        // 1000 flows fit, and then all is exact.
        let fits = |it: &&Outcome| it.workload == "zipf-1.1-1k" && it.counter == "windrow";
        assert!(
            outcomes
                .iter()
                .filter(fits)
                .all(|it| it.certified_exact == 1.0)
        );
    }
}
