//! How much a sender is slowed down by what is attached at the receiving end: sender, stack and hook
//! take turns on one core, at full speed.

use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use windrow_core::selection::Selection;
use windrow_datapath::Export;
use windrow_datapath::kernel::{Attached, Datapath, Direction, Hook, Hooks, LinkLayer, Settings};
use windrow_lab::{Mix, Plan, Running};

use crate::attach::attach;
use crate::cores::Cores;
use crate::designs::{DEFAULT_MEMORY_BYTES, EMPTY, EMPTY_TC, Loaded};
use crate::link::{HOOKS, Link};
use crate::results::{Outcome, Sender, median, rounded};
use crate::workload::{Family, Spread, Workload};

/// How much is measured.
struct Effort {
    rounds: usize,
    frames: u64,
}

const WHOLE: Effort = Effort {
    rounds: 7,
    frames: 2_000_000,
};
const QUICK: Effort = Effort {
    rounds: 5,
    frames: 500_000,
};

const FLOWS: u32 = 1_000;
/// The first of so many parts of a run is not measured: the kernel is still setting it up.
const WARMING_PART: u64 = 10;
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// Sends past nothing, an empty program and windrow's, interleaved.
///
/// # Errors
/// When traffic cannot be made, or a program not attached.
pub fn measure(quick: bool) -> Result<Vec<Outcome>> {
    let effort = if quick { &QUICK } else { &WHOLE };
    let mut outcomes = Vec::new();
    for hook in HOOKS {
        eprintln!("==> sender: {}", hook.name());
        outcomes.extend(compare(hook, effort)?.into_iter().map(Outcome::Sender));
    }
    Ok(outcomes)
}

fn compare(hook: Hook, effort: &Effort) -> Result<Vec<Sender>> {
    let receivers = [
        Receiver::none(hook)?,
        Receiver::empty(hook)?,
        Receiver::windrow(hook)?,
    ];
    let mut rounds = receivers.each_ref().map(|_| Vec::new());
    for _ in 0..effort.rounds {
        for (receiver, rounds) in receivers.iter().zip(&mut rounds) {
            rounds.push(receiver.send(effort.frames)?);
        }
    }
    let sender = |(receiver, rounds): (&Receiver, &Vec<f64>)| Sender {
        group: "sender",
        hook: hook.name(),
        what: receiver.what,
        ns: rounded(median(rounds)),
    };
    Ok(receivers.iter().zip(&rounds).map(sender).collect())
}

/// The end that frames come to.
struct Receiver {
    what: &'static str,
    _program: Program,
    link: Link,
}

/// What is attached there.
#[allow(dead_code)] // held for its sake alone
enum Program {
    None,
    Empty(Loaded, OwnedFd),
    Windrow(Box<Datapath>, Attached),
}

impl Receiver {
    fn none(hook: Hook) -> Result<Self> {
        Ok(Self {
            what: "none",
            _program: Program::None,
            link: Link::without_program(hook)?,
        })
    }

    fn empty(hook: Hook) -> Result<Self> {
        let design = match hook {
            Hook::Xdp => EMPTY,
            Hook::Tcx | Hook::Clsact => EMPTY_TC,
        };
        let workload = Workload {
            family: Family::V4,
            flows: FLOWS,
            spread: Spread::Uniform,
        };
        let link = Link::new(hook)?;
        let loaded = design.load(&workload, &Selection::default())?;
        let attached = attach(loaded.program(), hook, link.receiver())?;
        Ok(Self {
            what: "empty",
            _program: Program::Empty(loaded, attached),
            link,
        })
    }

    /// The programs alone: nobody drains what they count, and the window stays open.
    fn windrow(hook: Hook) -> Result<Self> {
        let link = Link::new(hook)?;
        let datapath = Datapath::load(Settings {
            hooks: match hook {
                Hook::Xdp => Hooks::Xdp,
                Hook::Tcx | Hook::Clsact => Hooks::Tc,
            },
            memory_bytes: DEFAULT_MEMORY_BYTES,
            buffers: 2,
            selection: Selection::default(),
            interfaces: 0,
            export: Export::Map,
        })?;
        let (attacher, end) = (datapath.attacher(), link.receiver());
        let attached = end.namespace.run(|| match hook {
            Hook::Xdp => attacher.attach_xdp(&end.name, end.index),
            Hook::Tcx | Hook::Clsact => {
                attacher.attach_tc(&end.name, end.index, LinkLayer::Ethernet, Direction::In)
            }
        })??;
        Ok(Self {
            what: "windrow",
            _program: Program::Windrow(Box::new(datapath), attached),
            link,
        })
    }

    /// Nanoseconds a packet.
    fn send(&self, frames: u64) -> Result<f64> {
        let plan = Plan {
            frames,
            mix: Mix {
                flows: FLOWS,
                ..Mix::default()
            },
            cpu: Some(Cores::of_process()?.traffic),
            stray: true,
            ..Plan::default()
        };
        let running = self.link.send(&plan)?;
        let pace = pace(&running, frames)?;
        running.join()?;
        Ok(pace)
    }
}

/// How far a run had come at a moment.
struct Progress {
    at: Instant,
    waited: Duration,
    packets: u64,
}

impl Progress {
    fn of(running: &Running) -> Result<Self> {
        Ok(Self {
            at: Instant::now(),
            waited: running.waited(),
            packets: running.sent()?.packets,
        })
    }

    /// Nanoseconds a packet since then; what else ran on the core meanwhile does not count.
    fn pace_since(&self, before: &Self) -> f64 {
        let waited = self.waited.saturating_sub(before.waited);
        let took = (self.at - before.at).saturating_sub(waited);
        took.as_nanos() as f64 / (self.packets - before.packets) as f64
    }
}

/// Nanoseconds a packet, from when a run has warmed up until shortly before its end.
fn pace(running: &Running, frames: u64) -> Result<f64> {
    let (mut first, mut last) = (None, None);
    let mut seen = frames / WARMING_PART;
    while !running.finished() {
        let now = Progress::of(running)?;
        if now.packets >= frames {
            break;
        }
        // A sender that stands still is waiting, and how long is not known before it goes on.
        if now.packets > seen {
            seen = now.packets;
            if first.is_none() {
                first = Some(now);
            } else {
                last = Some(now);
            }
        }
        thread::sleep(LOOK_AGAIN);
    }
    first
        .zip(last)
        .map(|(first, last)| last.pace_since(&first))
        .context("the sender was too fast to be looked at")
}
