//! What networks and distinct counts add to a packet, by program test runs: windrow with and without
//! them, in turns.

use std::mem::MaybeUninit;

use anyhow::{Error, Result};
use windrow_core::by::By;
use windrow_core::selection::Selection;

use crate::cores::{Cores, on_cpu};
use crate::designs::{Design, Loaded, NO_REGISTERS, Room, WINDROW};
use crate::driver::Driver;
use crate::full;
use crate::hot;
use crate::results::{Cost, Outcome, median};
use crate::rounds::Rounds;
use crate::workload::{Family, Spread, Workload, workloads};

/// The 5-tuple, but for the rest of the addresses. No flows of the driver are one by that: their ports
/// differ.
const PREFIXES: &str = "src/24,dst/24,sport,dport,proto";

/// windrow in one of the ways that are compared.
#[derive(Debug)]
struct Variant {
    /// As in results.
    name: &'static str,
    design: Design,
    /// `--by`, where it is not the default.
    by: Option<&'static str>,
}

impl Variant {
    const fn new(name: &'static str, design: Design) -> Self {
        Self {
            name,
            design,
            by: None,
        }
    }

    fn load(&self, room: Room) -> Result<Loaded> {
        let by = self.by.map(By::parse).transpose().map_err(Error::msg)?;
        let selection = Selection {
            by: by.unwrap_or_default(),
            ..Selection::default()
        };
        self.design.load_with(room, &selection)
    }
}

/// Packets of flows that have rows.
const KNOWN: Variant = Variant::new("known", WINDROW);
const KNOWN_PREFIXES: Variant = Variant {
    name: "known_prefixes",
    design: WINDROW,
    by: Some(PREFIXES),
};
const KNOWN_NO_REGISTERS: Variant = Variant::new("known_no_registers", NO_REGISTERS);
/// Keys that come for the first time in their window, where there is room.
const FRESH: Variant = Variant::new("fresh", WINDROW);
const FRESH_NO_REGISTERS: Variant = Variant::new("fresh_no_registers", NO_REGISTERS);
/// Fewer rows than flows, as in the group `full`.
const FULL: Variant = Variant::new("full", WINDROW);
const FULL_NO_REGISTERS: Variant = Variant::new("full_no_registers", NO_REGISTERS);

/// Something that is added, and where: results of two variants whose difference is what it costs.
#[derive(Clone, Copy, Debug)]
pub struct Addition {
    /// What it is, for people.
    pub what: &'static str,
    /// The result with it.
    pub with: &'static str,
    /// The result without.
    pub without: &'static str,
}

impl Addition {
    const fn new(what: &'static str, with: &Variant, without: &Variant) -> Self {
        Self {
            what,
            with: with.name,
            without: without.name,
        }
    }
}

/// Prefixes of addresses, where flows are known.
pub const PREFIXES_KNOWN: Addition =
    Addition::new("prefixes, known flows", &KNOWN_PREFIXES, &KNOWN);
/// Registers, where they have nothing to do.
pub const REGISTERS_KNOWN: Addition =
    Addition::new("registers, known flows", &KNOWN, &KNOWN_NO_REGISTERS);
/// Registers, where every packet is a new key.
pub const REGISTERS_FRESH: Addition =
    Addition::new("registers, new keys", &FRESH, &FRESH_NO_REGISTERS);
/// Registers, where a key that comes drives another one out.
pub const REGISTERS_FULL: Addition =
    Addition::new("registers, full table", &FULL, &FULL_NO_REGISTERS);

/// Flows that come once a window each.
const FRESH_FLOWS: u32 = 10_000;

/// Variants that take turns, and on what.
struct Case {
    variants: &'static [Variant],
    spreads: &'static [Spread],
    flows: &'static [u32],
    /// Whether there are fewer rows than flows.
    full: bool,
    rounds: Rounds,
    turns: fn(&Workload, &mut [Loaded], Rounds) -> Result<Vec<f64>>,
}

const CASES: [Case; 3] = [
    Case {
        variants: &[KNOWN, KNOWN_PREFIXES, KNOWN_NO_REGISTERS],
        spreads: &[Spread::Uniform],
        flows: &[1_000, 10_000],
        full: false,
        rounds: Rounds::of(3_000_000, 200_000),
        turns: hot::interleaved,
    },
    Case {
        variants: &[FRESH, FRESH_NO_REGISTERS],
        spreads: &[Spread::InTurn],
        flows: &[FRESH_FLOWS],
        full: false,
        rounds: Rounds::of(40 * FRESH_FLOWS, FRESH_FLOWS),
        turns: windows,
    },
    Case {
        variants: &[FULL, FULL_NO_REGISTERS],
        spreads: &[Spread::Uniform, Spread::Zipf],
        flows: &[10_000, 100_000],
        full: true,
        rounds: Rounds::of(2_000_000, 100_000),
        turns: hot::interleaved,
    },
];

/// How much is measured.
struct Effort {
    families: &'static [Family],
    /// How often all is loaded anew, which puts code and rows elsewhere: that alone may be as much as
    /// what is looked for.
    loads: u32,
}

const WHOLE: Effort = Effort {
    families: &[Family::V4, Family::V6],
    loads: 5,
};
const QUICK: Effort = Effort {
    families: &[Family::V4],
    loads: 1,
};

/// Measures all of [`CASES`].
///
/// # Errors
/// When a program cannot be loaded or run, or a window cannot be ended.
pub fn measure(quick: bool) -> Result<Vec<Outcome>> {
    let effort = if quick { &QUICK } else { &WHOLE };
    on_cpu(Cores::of_process()?.spare, || {
        let mut outcomes = Vec::new();
        for case in &CASES {
            for workload in workloads(effort.families, case.spreads, case.flows) {
                eprintln!("==> levels: {}: {workload}", case.variants[0].name);
                let costs = case.compare(&workload, effort.loads)?;
                outcomes.extend(costs.into_iter().map(Outcome::Cost));
            }
        }
        Ok(outcomes)
    })
}

impl Case {
    /// The median of each variant over all times that it was loaded.
    fn compare(&self, workload: &Workload, loads: u32) -> Result<Vec<Cost>> {
        let room = if self.full {
            full::room()?
        } else {
            Room::for_all(workload)
        };
        let mut all = vec![Vec::new(); self.variants.len()];
        for _ in 0..loads {
            let loaded = self.variants.iter().map(|variant| variant.load(room));
            let mut loaded = loaded.collect::<Result<Vec<Loaded>>>()?;
            let ns = (self.turns)(workload, &mut loaded, self.rounds)?;
            all.iter_mut().zip(ns).for_each(|(all, ns)| all.push(ns));
        }
        let cost = |(variant, ns): (&Variant, &Vec<f64>)| Cost {
            by: variant.by,
            ..Cost::packet("levels", variant.name, workload, median(ns))
        };
        Ok(self.variants.iter().zip(&all).map(cost).collect())
    }
}

/// As [`hot::interleaved`], but each turn is a window, in which every flow comes once.
fn windows(workload: &Workload, loaded: &mut [Loaded], rounds: Rounds) -> Result<Vec<f64>> {
    let mut storage = MaybeUninit::uninit();
    let driver = Driver::new(&mut storage, workload, 0)?;
    for design in loaded.iter_mut() {
        driver.warm(design)?;
        design.end_window()?;
    }
    rounds.medians(loaded, |design| {
        let ns = driver.run(design.program(), rounds.frames)?;
        design.end_window()?;
        Ok(ns)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::driver;

    #[test]
    fn prefixes_make_no_two_flows_one() {
        for flows in CASES.iter().flat_map(|case| case.flows) {
            let ports: HashSet<u64> = (0..*flows).map(|it| driver::flow(it) >> 32).collect();
            assert_eq!(ports.len(), *flows as usize);
        }
    }

    #[test]
    fn all_variants_can_be_asked_for() {
        let variants = CASES.iter().flat_map(|case| case.variants);
        let by = variants.filter_map(|variant| variant.by);
        assert!(by.map(By::parse).all(|by| by.is_ok()));
    }
}
