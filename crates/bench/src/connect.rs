//! What is added to a TCP connection: windrow, and what else watches them, beside short connections over
//! loopback; and how many connections are lost to what watches them, where all share the CPUs.

mod agent;
mod design;
mod floor;
mod load;
mod tool;
mod turns;
mod windrow;

use std::path::Path;

use anyhow::Result;

use crate::cores::{Cores, on_cpu};
use crate::results::{Connection, ConnectionRate, Outcome, median};
use design::{costly, whole};
use load::Place;
use turns::{Turn, Turns};

pub use design::{FLOOR, NONE, TCPLIFE, WINDROW};
pub use load::Load;

/// How much is measured. Loads are short and rounds many: other work comes and goes on most machines.
struct Effort {
    /// Turns of each design.
    rounds: usize,
    /// Of a turn.
    connections: u64,
    /// Turns of each program, for rates.
    rate_rounds: usize,
    /// Of each CPU in one of these.
    rate_connections: u64,
}

const WHOLE: Effort = Effort {
    rounds: 60,
    connections: 2_500,
    rate_rounds: 15,
    rate_connections: 20_000,
};
const QUICK: Effort = Effort {
    rounds: 15,
    rate_rounds: 5,
    ..WHOLE
};

/// Measures all designs, interleaved. What cannot be had or fails is named and left out.
///
/// # Errors
/// When this process may not say where it runs, or no connection can be made.
pub fn measure(quick: bool, windrow: &Path) -> Result<Vec<Outcome>> {
    let effort = if quick { &QUICK } else { &WHOLE };
    let cores = Cores::of_process()?;
    let place = Place::new()?;
    // Tools stay where the thread is that starts them.
    let costs = on_cpu(cores.spare, || costs(effort, &place, cores.traffic))?;
    let mut outcomes: Vec<Outcome> = costs.into_iter().map(Outcome::Connection).collect();
    let rates = rates(effort, &place, cores, windrow)?;
    outcomes.extend(rates.into_iter().map(Outcome::ConnectionRate));
    Ok(outcomes)
}

/// Processor time of the CPU that connections are made on; tools have another one.
fn costs(effort: &Effort, place: &Place, cpu: usize) -> Result<Vec<Connection>> {
    let load = Load {
        connections: effort.connections,
        cpu,
    };
    let turns = Turns::new(costly(), load.made(), || place.own_ns(&load));
    let measured = turns.take("ns a connection", effort.rounds)?;
    let bare = median(&measured.bare);
    let none = Connection::new(NONE, bare, 0.0);
    let beside = measured.beside.iter().map(|it| {
        let added: Vec<f64> = it.turns.iter().map(Turn::added).collect();
        Connection {
            made: it.counted.map(|_| it.made),
            counted: it.counted,
            ..Connection::new(it.name, bare, median(&added))
        }
    });
    Ok([none].into_iter().chain(beside).collect())
}

/// By the clock, on all CPUs that there are for it, and tools there too. The best of all turns, since what
/// disturbs connections only ever makes them fewer.
fn rates(
    effort: &Effort,
    place: &Place,
    cores: Cores,
    windrow: &Path,
) -> Result<Vec<ConnectionRate>> {
    let mut cpus = vec![cores.traffic, cores.spare];
    cpus.dedup();
    let load = |cpu| Load {
        connections: effort.rate_connections,
        cpu,
    };
    let loads: Vec<Load> = cpus.into_iter().map(load).collect();
    let made = loads.iter().map(Load::made).sum();
    let turns = Turns::new(whole(windrow), made, || place.per_second(&loads));
    let measured = turns.take("connections a second", effort.rate_rounds)?;
    let bare = best(measured.bare.iter().copied());
    let none = ConnectionRate::new(NONE, bare, 0.0);
    let beside = measured.beside.iter().map(|it| {
        // As many with nothing beside them, lest one of these be the best by their number.
        let without = best(it.turns.iter().map(|turn| turn.after));
        let with = best(it.turns.iter().map(|turn| turn.beside));
        ConnectionRate::new(it.name, bare, 1.0 - with / without)
    });
    Ok([none].into_iter().chain(beside).collect())
}

fn best(rates: impl Iterator<Item = f64>) -> f64 {
    rates.fold(0.0, f64::max)
}
