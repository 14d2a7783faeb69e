//! What is added to a system call: windrow, and what else watches them, beside calls that have next to
//! nothing to do; and what a build takes beside windrow.

mod build;
mod design;
mod load;
mod pair;
mod source;
mod strace;
mod tool;
mod windrow;

use std::path::Path;

use anyhow::Result;

use crate::cores::{Cores, on_cpu};
use crate::results::{Build, Outcome, SystemCall, median};
use build::Package;
use design::{DESIGNS, Design};

pub use design::{
    BPFTRACE, BPFTRACE_COUNT, LATENCY_FLOOR, NONE, WINDROW, WINDROW_COUNT, WINDROW_HIST,
};
pub use load::{Call, Load};

/// How much is measured.
struct Effort {
    /// Turns of each design.
    rounds: usize,
    /// Of each call, in a turn: a tool takes longer to start than a load to run.
    loads: usize,
    /// Of a load.
    calls: u64,
    /// Builds without windrow and beside it.
    builds: usize,
}

const WHOLE: Effort = Effort {
    rounds: 7,
    loads: 3,
    calls: 200_000,
    builds: 9,
};
const QUICK: Effort = Effort {
    rounds: 3,
    loads: 1,
    calls: 200_000,
    builds: 2,
};

/// Measures all designs, interleaved, then builds. What cannot be had or fails is named and left out.
///
/// # Errors
/// When this process may not say where it runs.
pub fn measure(quick: bool, windrow: &Path) -> Result<Vec<Outcome>> {
    let effort = if quick { &QUICK } else { &WHOLE };
    let cores = Cores::of_process()?;
    // Tools stay where the thread is that starts them.
    let calls = on_cpu(cores.spare, || Ok(compare(effort, cores.traffic)))?;
    let mut outcomes: Vec<Outcome> = calls.into_iter().map(Outcome::SystemCall).collect();
    outcomes.extend(build(effort, windrow).map(Outcome::Build));
    Ok(outcomes)
}

fn build(effort: &Effort, windrow: &Path) -> Option<Build> {
    let package = Package::new()
        .inspect_err(|error| println!("skipped: build: {error:#}"))
        .ok()?;
    let build = package.compare(effort.builds, windrow);
    build
        .inspect_err(|error| println!("failed: build: {error:#}"))
        .ok()
}

/// All designs once a round, so that what disturbs the machine disturbs all alike; the median of each.
fn compare(effort: &Effort, cpu: usize) -> Vec<SystemCall> {
    let mut candidates: Vec<Candidate> = DESIGNS
        .iter()
        .filter_map(|(name, prepare)| match prepare() {
            Ok(design) => Some(Candidate::new(name, design)),
            Err(error) => {
                println!("skipped: {name}: {error:#}");
                None
            }
        })
        .collect();
    for round in 1..=effort.rounds {
        eprintln!("==> syscall: round {round} of {}", effort.rounds);
        candidates.retain_mut(|candidate| match candidate.turn(effort, cpu) {
            Ok(()) => true,
            Err(error) => {
                println!("failed: {}: {error:#}", candidate.name);
                false
            }
        });
    }
    candidates.iter().flat_map(Candidate::results).collect()
}

/// A design that takes part, and what it took so far.
struct Candidate {
    name: &'static str,
    design: Box<dyn Design>,
    /// Nanoseconds, of each call.
    ns: [Vec<f64>; Call::ALL.len()],
}

impl Candidate {
    fn new(name: &'static str, design: Box<dyn Design>) -> Self {
        Self {
            name,
            design,
            ns: Default::default(),
        }
    }

    /// Attaches it, calls, and takes it away again.
    fn turn(&mut self, effort: &Effort, cpu: usize) -> Result<()> {
        let mut attached = self.design.attach()?;
        for _ in 0..effort.loads {
            for (call, ns) in Call::ALL.into_iter().zip(&mut self.ns) {
                let calls = effort.calls;
                ns.push(attached.measure(&Load { call, calls, cpu })?);
            }
        }
        attached.detach()
    }

    fn results(&self) -> impl Iterator<Item = SystemCall> {
        let calls = Call::ALL.into_iter().zip(&self.ns);
        calls.map(|(call, ns)| SystemCall::new(self.name, call, median(ns)))
    }
}
