//! Designs by program test runs: one call into the kernel runs a design millions of times, on a
//! frame whose flow changes each time. Iterations follow each other at once, so that the CPU overlaps
//! them: this is the least that a design costs.

use std::mem::MaybeUninit;

use anyhow::{Error, Result};
use windrow_core::by::By;
use windrow_core::filter::Filter;
use windrow_core::selection::Selection;

use crate::cores::{Cores, on_cpu};
use crate::designs::{self, DESIGNS, Design, Loaded, WINDROW};
use crate::driver::Driver;
use crate::results::{Cost, Outcome};
use crate::rounds::Rounds;
use crate::workload::{Family, Spread, Workload, workloads};

/// How much is measured.
struct Effort {
    flows: &'static [u32],
    /// Of all rounds together, for a design.
    frames: u32,
}

const WHOLE: Effort = Effort {
    flows: &[1, 1_000, 10_000, 100_000, 1_000_000],
    frames: 7_000_000,
};
const QUICK: Effort = Effort {
    flows: &[1_000, 100_000],
    frames: 3_000_000,
};

impl Effort {
    /// Of few flows rounds are as short as a noisy machine is even for; of many so long that what the
    /// other designs drove out of the caches has come back.
    fn rounds(&self, workload: &Workload) -> Rounds {
        let frames = if workload.flows <= 10_000 {
            300_000
        } else {
            1_000_000
        };
        Rounds::of(self.frames, frames)
    }
}

/// What windrow is asked for beside its default: `--by` and FILTER.
const SELECTIONS: [(Option<&str>, Option<&str>); 3] = [
    (Some("src/24,dst/24,dport"), None),
    (None, Some("udp and net 10.0.0.0/8")),
    (None, Some("tcp port 80")),
];
const SELECTION_FLOWS: u32 = 1_000;

/// Measures all designs on all workloads, interleaved, and windrow with masks and filters.
///
/// # Errors
/// When a program cannot be loaded or run.
pub fn measure(quick: bool) -> Result<Vec<Outcome>> {
    let effort = if quick { &QUICK } else { &WHOLE };
    on_cpu(Cores::of_process()?.spare, || {
        let mut outcomes = Vec::new();
        let (families, spreads) = ([Family::V4, Family::V6], [Spread::Uniform, Spread::Zipf]);
        for workload in workloads(&families, &spreads, effort.flows) {
            eprintln!("==> hot: {workload}");
            outcomes.extend(compare(&workload, effort)?.into_iter().map(Outcome::Cost));
        }
        eprintln!("==> hot: --by and FILTER");
        outcomes.extend(selections(effort)?.into_iter().map(Outcome::Cost));
        Ok(outcomes)
    })
}

fn compare(workload: &Workload, effort: &Effort) -> Result<Vec<Cost>> {
    let mut loaded = designs::load_all(workload)?;
    let ns = interleaved(workload, &mut loaded, effort.rounds(workload))?;
    let cost = |(design, ns): (&Design, f64)| Cost::packet("hot", design.name, workload, ns);
    Ok(DESIGNS.iter().zip(ns).map(cost).collect())
}

fn selections(effort: &Effort) -> Result<Vec<Cost>> {
    let workload = Workload {
        family: Family::V4,
        flows: SELECTION_FLOWS,
        spread: Spread::Uniform,
    };
    let mut loaded = Vec::new();
    for (by, filter) in SELECTIONS {
        let selection = Selection {
            by: match by {
                Some(text) => By::parse(text).map_err(Error::msg)?,
                None => By::default(),
            },
            filter: filter.map(Filter::parse).transpose()?,
            ..Selection::default()
        };
        loaded.push(WINDROW.load(&workload, &selection)?);
    }
    let ns = interleaved(&workload, &mut loaded, effort.rounds(&workload))?;
    let cost = |((by, filter), ns): (&(_, _), &f64)| Cost {
        by: *by,
        filter: *filter,
        ..Cost::packet("hot", WINDROW.name, &workload, *ns)
    };
    Ok(SELECTIONS.iter().zip(&ns).map(cost).collect())
}

/// All designs once a round, so that what disturbs the machine disturbs all alike; the median of
/// each.
///
/// # Errors
/// When a program cannot be run.
pub fn interleaved(workload: &Workload, loaded: &mut [Loaded], rounds: Rounds) -> Result<Vec<f64>> {
    let mut storage = MaybeUninit::uninit();
    let driver = Driver::new(&mut storage, workload, 0)?;
    for design in loaded.iter_mut() {
        driver.warm(design)?;
    }
    rounds.medians(loaded, |design| driver.run(design.program(), rounds.frames))
}
