//! Tools that the distribution has, and windrow, on the same live traffic: what came, what each
//! counted, what it says that it lost, and what it took. Once with a core of its own, once on the core
//! that also makes the traffic. It does not say who is best: with a spare core most of them keep up, and
//! on a shared one the sender gives way to them, so that less comes.

mod collector;
mod parse;
mod run;
mod settings;
mod tool;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use windrow_lab::{Mix, Plan};

use crate::cores::Cores;
use crate::results::{Outcome, Peer};
use run::Placement;
use tool::{TOOLS, Tool};

/// Frames a second: about half of what the generator makes at most.
const RATE_PPS: u64 = 500_000;
const FLOWS: u32 = 100_000;
const DURATION: Duration = Duration::from_secs(10);
const DURATION_QUICK: Duration = Duration::from_secs(2);

/// Measures the tools, all of them or those that are named.
///
/// # Errors
/// When this process may not say where it runs. A tool that is not there or fails is named and left
/// out.
pub fn measure(quick: bool, windrow: &Path, names: &[String]) -> Result<Vec<Outcome>> {
    let asked = |tool: &&Tool| names.is_empty() || names.iter().any(|name| name == tool.name);
    let mut tools: Vec<&Tool> = TOOLS.iter().filter(asked).collect();
    tools.retain(|tool| match tool.missing() {
        None => true,
        Some(program) => {
            println!("skipped: {}: this system has no {program}", tool.name);
            false
        }
    });
    let duration = if quick { DURATION_QUICK } else { DURATION };
    let mut peers: Vec<Peer> = Vec::new();
    for placement in placements(Cores::of_process()?) {
        for tool in &tools {
            eprintln!("==> peers: {}, {} core", tool.name, placement.name);
            match run::run(tool, windrow, placement, &plan(duration)) {
                Ok(peer) => peers.push(peer),
                Err(error) => println!("failed: {}, {}: {error:#}", tool.name, placement.name),
            }
        }
    }
    Ok(peers.into_iter().map(Outcome::Peer).collect())
}

/// The spare core only where there is one.
fn placements(cores: Cores) -> Vec<Placement> {
    let shared = Placement {
        name: "shared",
        traffic: cores.traffic,
        tool: cores.traffic,
    };
    let spare = Placement {
        name: "spare",
        traffic: cores.traffic,
        tool: cores.spare,
    };
    if cores.traffic == cores.spare {
        println!("skipped: a spare core: this process may run on one CPU alone");
        return vec![shared];
    }
    vec![shared, spare]
}

/// What every tool can count in the same way: IPv4 (NetFlow 5 knows no other) and TCP (nfpcapd makes
/// a flow of every packet to port 53), addressed to nobody, so that no stack answers.
fn plan(duration: Duration) -> Plan {
    Plan {
        rate_pps: Some(RATE_PPS),
        frames: u64::MAX,
        duration: Some(duration),
        mix: Mix {
            flows: FLOWS,
            ipv6_share: 0.0,
            tcp_share: 1.0,
            ..Mix::default()
        },
        cpu: None,
        stray: true,
    }
}
