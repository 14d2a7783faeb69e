//! What the agent takes outside the hook: the real program beside traffic on another core, where the
//! hook runs too, so that nothing of that is in the process's time.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use windrow_datapath::kernel::Hook;
use windrow_lab::{Mix, Plan};

use crate::cores::Cores;
use crate::link::Link;
use crate::monitor::Monitor;
use crate::results::{Agent, Outcome};

const RATE_PPS: u64 = 1_000_000;
const FLOWS: u32 = 1_000;
/// As `windrow monitor` has it.
const WINDOW: Duration = Duration::from_secs(1);
const SENDING: Duration = Duration::from_secs(10);
const SENDING_QUICK: Duration = Duration::from_secs(3);

/// Sends at a steady rate; what `windrow` took meanwhile.
///
/// # Errors
/// When traffic cannot be made, or `windrow` does not run.
pub fn measure(quick: bool, windrow: &Path) -> Result<Vec<Outcome>> {
    let sending = if quick { SENDING_QUICK } else { SENDING };
    eprintln!("==> agent: {RATE_PPS} packets a second, {FLOWS} flows");
    let hook = Hook::Xdp;
    let cores = Cores::of_process()?;
    let plan = Plan {
        rate_pps: Some(RATE_PPS),
        frames: u64::MAX,
        duration: Some(sending),
        mix: Mix {
            flows: FLOWS,
            ..Mix::default()
        },
        cpu: Some(cores.traffic),
        stray: true,
    };
    let link = Link::new(hook)?;
    let monitor = Monitor::start(windrow, link.receiver(), hook, WINDOW, cores.spare)?;
    let running = link.send(&plan)?;
    let (began, cpu_before) = (Instant::now(), monitor.cpu_time()?);
    let sent = running.join()?;
    let took = began.elapsed().as_secs_f64();
    let cpu = monitor.cpu_time()? - cpu_before;
    let resident_bytes = monitor.resident_bytes()?;
    monitor.stop()?;
    Ok(vec![Outcome::Agent(Agent {
        group: "agent",
        rate_pps: (sent.packets as f64 / took).round() as u64,
        flows: FLOWS,
        cores: (cpu.as_secs_f64() / took * 1e5).round() / 1e5,
        resident_bytes,
    })])
}
