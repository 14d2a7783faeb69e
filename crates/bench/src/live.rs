//! Designs on live frames: made in the kernel, sent into a veth, counted by XDP at its other end, and
//! dropped by the stack behind it, since they are for nobody; all on one CPU. Each frame lies in a page
//! of its own, and between two frames the kernel does other things, as on a busy host: memory and
//! code are colder than in program test runs.

use std::mem::MaybeUninit;
use std::time::Duration;

use anyhow::{Result, ensure};
use windrow_datapath::kernel::Hook;

use crate::attach::attach;
use crate::cores::{self, Cores};
use crate::cpu;
use crate::designs::{self, DESIGNS, Design, Loaded};
use crate::driver::Driver;
use crate::link::Link;
use crate::results::{Cost, Outcome};
use crate::rounds::Rounds;
use crate::workload::{Family, Spread, Workload, workloads};

/// How much is measured.
struct Effort {
    flows: &'static [u32],
    families: &'static [Family],
    spreads: &'static [Spread],
    /// Of all rounds together, for a design.
    frames: u32,
}

const WHOLE: Effort = Effort {
    flows: &[1, 1_000, 10_000, 100_000, 1_000_000],
    families: &[Family::V4, Family::V6],
    spreads: &[Spread::Uniform, Spread::Zipf],
    frames: 2_200_000,
};
const QUICK: Effort = Effort {
    flows: &[1_000, 100_000],
    families: &[Family::V4],
    spreads: &[Spread::Uniform],
    frames: 1_500_000,
};

impl Effort {
    /// As in program test runs, but frames are slower.
    fn rounds(&self, workload: &Workload) -> Rounds {
        let frames = if workload.flows <= 10_000 {
            150_000
        } else {
            500_000
        };
        Rounds::of(self.frames, frames)
    }
}

/// Measures all designs on all workloads, interleaved.
///
/// # Errors
/// When there can be no namespaces, a program cannot be loaded, attached or run, or frames are lost
/// on the way to the hook.
pub fn measure(quick: bool) -> Result<Vec<Outcome>> {
    let effort = if quick { &QUICK } else { &WHOLE };
    let link = Link::new(Hook::Xdp)?;
    let mut outcomes = Vec::new();
    for workload in workloads(effort.families, effort.spreads, effort.flows) {
        eprintln!("==> live: {workload}");
        let sender = &link.sender().namespace;
        let costs = sender.run(|| compare(&link, &workload, effort))??;
        outcomes.extend(costs.into_iter().map(Outcome::Cost));
    }
    Ok(outcomes)
}

/// On a thread of the sending namespace.
fn compare(link: &Link, workload: &Workload, effort: &Effort) -> Result<Vec<Cost>> {
    let mut loaded = designs::load_all(workload)?;
    let ns = interleaved(link, workload, &mut loaded, effort.rounds(workload))?;
    let cost = |(design, ns): (&Design, f64)| Cost::packet("live", design.name, workload, ns);
    Ok(DESIGNS.iter().zip(ns).map(cost).collect())
}

/// All designs once a round, on a thread of the sending namespace; the median of each.
///
/// # Errors
/// When a program cannot be attached or run, or frames are lost on the way to the hook.
pub fn interleaved(
    link: &Link,
    workload: &Workload,
    loaded: &mut [Loaded],
    rounds: Rounds,
) -> Result<Vec<f64>> {
    let cpu = Cores::of_process()?.spare;
    cores::pin(cpu)?;
    let mut storage = MaybeUninit::uninit();
    let driver = Driver::new(&mut storage, workload, link.sender().index)?;
    for design in loaded.iter_mut() {
        driver.warm(design)?;
    }
    rounds.medians(loaded, |design| {
        send(&driver, design, link, rounds.frames, cpu)
    })
}

/// Nanoseconds of processor time a frame: sending, receiving, the design and the stack behind it.
fn send(driver: &Driver<'_>, design: &Loaded, link: &Link, frames: u32, cpu: usize) -> Result<f64> {
    let _attached = attach(design.program(), Hook::Xdp, link.receiver())?;
    let before = link.counters()?;
    let start = cpu::time_with_softirqs(cpu)?;
    driver.send(frames)?;
    let took: Duration = cpu::time_with_softirqs(cpu)? - start;
    let after = link.counters()?;
    let arrived = after.rx_packets - before.rx_packets;
    ensure!(
        arrived >= u64::from(frames) * 99 / 100,
        "only {arrived} of {frames} frames came to the hook"
    );
    Ok(took.as_nanos() as f64 / f64::from(frames))
}
