//! Rows on their way out of the kernel, by the ways in use, while packets keep coming: what a row
//! takes, how many system calls, and what is lost between.
//!
//! A round is a second in the life of an agent: each flow comes several times, on a CPU of its own;
//! the window ends; all rows are copied out, on another CPU, into memory that is there from the
//! round before. What is done with them then is not measured.

mod for_each;
mod gauge;
mod hash;
mod traffic;
mod windrow;

use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;

use anyhow::{Context, Result};
use windrow_datapath::Export;

use crate::cores::{Cores, on_cpu};
use crate::driver::Driver;
use crate::export::for_each::ForEach;
use crate::export::gauge::{Calls, Gauge};
use crate::export::hash::Hash;
use crate::export::traffic::Traffic;
use crate::export::windrow::Windrow;
use crate::results::{Cost, Outcome, median, rounded};
use crate::workload::{Family, Spread, Workload};

const FLOWS: &[u32] = &[1_000, 100_000, 1_000_000];
const FLOWS_QUICK: &[u32] = &[1_000, 100_000];
/// Rounds whose memory and caches come to be as they stay.
const ROUNDS_BEFORE: usize = 2;
/// Rounds of which the median is taken.
const ROUNDS: usize = 9;

/// A way out of the kernel, with the program that fills what is to leave.
trait Way {
    /// The program at XDP.
    fn program(&self) -> BorrowedFd<'_>;

    /// Ends the window, as far as there is anything to do before its rows can be read.
    fn close(&mut self) -> Result<()>;

    /// Moves all rows into memory of this process; that alone is measured.
    fn drain(&mut self, gauge: &Gauge) -> Result<Drained>;
}

/// What left the kernel.
#[derive(Clone, Copy, Debug)]
struct Drained {
    rows: u64,
    /// That the rows counted.
    packets: u64,
    /// What the gauge said of it.
    measured: u64,
}

type Load = fn(&Workload) -> Result<Box<dyn Way>>;

/// Names as in results.
const WAYS: [(&str, Load); 5] = [
    ("windrow", |workload| Windrow::load(workload, Export::Map)),
    ("windrow_ring", |workload| {
        Windrow::load(workload, Export::Ring)
    }),
    ("next_key_delete", Hash::per_key),
    ("lookup_and_delete_batch", Hash::in_batches),
    ("for_each_ring", ForEach::load),
];

/// Measures all ways at each number of flows.
///
/// # Errors
/// When a program cannot be loaded or run, or rows cannot be read.
pub fn measure(quick: bool) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    let cores = Cores::of_process()?;
    for &flows in if quick { FLOWS_QUICK } else { FLOWS } {
        let workload = Workload {
            family: Family::V4,
            flows,
            spread: Spread::InTurn,
        };
        let costs = on_cpu(cores.spare, || compare(&workload, cores))?;
        outcomes.extend(costs.into_iter().map(Outcome::Cost));
    }
    Ok(outcomes)
}

fn compare(workload: &Workload, cores: Cores) -> Result<Vec<Cost>> {
    let mut storage = MaybeUninit::uninit();
    let driver = Driver::new(&mut storage, workload, 0)?;
    let mut costs = Vec::new();
    for (name, load) in WAYS {
        eprintln!("==> export: {name}, {} flows", workload.flows);
        let way = load(workload).with_context(|| format!("loading `{name}`"))?;
        let cost = rounds(way, &driver, cores, Cost::row(name, workload));
        costs.push(cost.with_context(|| format!("exporting by `{name}`"))?);
    }
    Ok(costs)
}

/// Fills and drains again and again; the median, and what was lost in all rounds.
fn rounds(mut way: Box<dyn Way>, driver: &Driver<'_>, cores: Cores, cost: Cost) -> Result<Cost> {
    let program = way.program().try_clone_to_owned()?;
    let traffic = Traffic::new(driver, program, cost.flows, cores.traffic);
    let (mut sent, mut exported) = (0, 0);
    let mut round = |gauge: &Gauge| {
        sent += traffic.fill()?;
        let (drained, meanwhile) = traffic.during(|| {
            way.close()?;
            way.drain(gauge)
        })?;
        sent += meanwhile;
        exported += drained.packets;
        anyhow::Ok(drained)
    };
    let mut times = Vec::new();
    for number in 0..ROUNDS_BEFORE + ROUNDS {
        let drained = round(&Gauge::Time)?;
        if number >= ROUNDS_BEFORE {
            times.push(drained.measured as f64 / drained.rows.max(1) as f64);
        }
    }
    // Calls are slower while they are counted: a round of their own.
    let counted = round(&Gauge::Calls(Calls::of_this_thread()?))?;
    way.close()?;
    exported += way.drain(&Gauge::Time)?.packets;
    let lost = u64::checked_sub(sent, exported);
    Ok(Cost {
        ns: rounded(median(&times)),
        rows: Some(counted.rows),
        syscalls: Some(counted.measured),
        lost: Some(lost.context("more packets came out than were sent")?),
        ..cost
    })
}
