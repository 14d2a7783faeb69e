//! Designs whose tables are full: more flows come than there are rows, as in a flood, by program test
//! runs and on live frames. Nobody reads windrow's log meanwhile, so that nearly every row that leaves is
//! folded, which costs more than a spill.

use anyhow::Result;
use windrow_core::selection::Selection;
use windrow_datapath::Export;
use windrow_datapath::kernel::Hook;

use crate::cores::{Cores, on_cpu};
use crate::designs::{
    self, DEFAULT_MEMORY_BYTES, DROP, DROP_HASH, Design, FLOOR, LRU_HASH, Loaded, Room, WINDROW,
};
use crate::hot;
use crate::link::Link;
use crate::live;
use crate::results::{Cost, Outcome};
use crate::rounds::Rounds;
use crate::workload::{Family, Spread, Workload, workloads};

/// Rows of windrow, on the one CPU that counts, and entries of hash maps.
pub const ROWS: u32 = 4096;

/// Those with the least to do first.
const FULL: [Design; 5] = [FLOOR, DROP, WINDROW, DROP_HASH, LRU_HASH];

/// How much is measured.
struct Effort {
    families: &'static [Family],
    flows: &'static [u32],
    /// Of program test runs.
    hot: Rounds,
    /// Of live frames.
    live: Rounds,
}

const WHOLE: Effort = Effort {
    families: &[Family::V4, Family::V6],
    flows: &[10_000, 100_000],
    hot: Rounds::of(3_000_000, 200_000),
    live: Rounds::of(1_650_000, 150_000),
};
const QUICK: Effort = Effort {
    families: &[Family::V4],
    flows: &[100_000],
    hot: Rounds::of(1_000_000, 200_000),
    live: Rounds::of(750_000, 150_000),
};

impl Effort {
    fn of(quick: bool) -> &'static Self {
        if quick { &QUICK } else { &WHOLE }
    }

    fn workloads(&self) -> Vec<Workload> {
        workloads(self.families, &[Spread::Uniform, Spread::Zipf], self.flows)
    }
}

/// Measures them by program test runs, interleaved.
///
/// # Errors
/// When a program cannot be loaded or run.
pub fn measure(quick: bool) -> Result<Vec<Outcome>> {
    let effort = Effort::of(quick);
    on_cpu(Cores::of_process()?.spare, || {
        let room = room()?;
        let mut outcomes = Vec::new();
        for workload in effort.workloads() {
            eprintln!("==> full: {workload}");
            let ns = hot::interleaved(&workload, &mut load(room)?, effort.hot)?;
            outcomes.extend(costs("full", &workload, &ns));
        }
        Ok(outcomes)
    })
}

/// Measures them on live frames, interleaved.
///
/// # Errors
/// As [`measure`], and when there can be no namespaces, or frames are lost on the way to the hook.
pub fn measure_live(quick: bool) -> Result<Vec<Outcome>> {
    let effort = Effort::of(quick);
    let room = room()?;
    let link = Link::new(Hook::Xdp)?;
    let mut outcomes = Vec::new();
    for workload in effort.workloads() {
        eprintln!("==> full_live: {workload}");
        let mut loaded = load(room)?;
        let sender = &link.sender().namespace;
        let ns = sender.run(|| live::interleaved(&link, &workload, &mut loaded, effort.live))??;
        outcomes.extend(costs("full_live", &workload, &ns));
    }
    Ok(outcomes)
}

fn costs(group: &'static str, workload: &Workload, ns: &[f64]) -> Vec<Outcome> {
    let cost = |(design, ns): (&Design, &f64)| {
        Outcome::Cost(Cost::packet(group, design.name, workload, *ns))
    };
    FULL.iter().zip(ns).map(cost).collect()
}

fn load(room: Room) -> Result<Vec<Loaded>> {
    let default = Selection::default();
    FULL.iter()
        .map(|design| design.load_with(room, &default))
        .collect()
}

/// [`ROWS`] rows, and the memory that holds so many on each CPU, in two epochs.
///
/// # Errors
/// When the program cannot be loaded.
pub fn room() -> Result<Room> {
    let any = designs::load_with_memory(DEFAULT_MEMORY_BYTES, &Selection::default(), Export::Map)?;
    Ok(Room {
        entries: ROWS,
        memory_bytes: any.geometry().memory_for(u64::from(ROWS)),
    })
}
