//! `windrow demo`: traffic of its own through the whole pipeline, in namespaces of its own.
//!
//! The namespaces are anonymous: they, the veth pair and all that is attached go with the process,
//! however it ends.

mod connects;
mod verdict;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use windrow_core::selection::Selection;
use windrow_core::tally::Tally;
use windrow_core::top::Sort;
use windrow_datapath::kernel::{Datapath, FrameHook, Hooks, Settings};
use windrow_lab::{Generator, Mix, Namespace, Plan, Running, VethOptions, VethPair};
use windrow_netif::Counters;

use crate::args::{Demo, DirectionName, HookName};
use crate::config::{self, Counting};
use crate::exit::Failure;
use crate::interface;
use crate::live::stop::watch_signals;
use crate::live::{Event, Live, Stop};
use crate::output::{self, Format, Sent, Summary, units};
use crate::wanted::Wanted;
use connects::Connected;

const WINDOW: Duration = Duration::from_secs(1);
/// How long frames may take from the generator to the hook once the last was sent.
const SETTLE_LIMIT: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// Flows, and runs of each, that the cost of a packet is measured with.
const COST_FLOWS: u32 = 16;
const COST_RUNS: u32 = 200_000;

/// Sends, counts, compares; fails if a single packet or byte is missing that the link did not drop.
pub fn run(arguments: &Demo) -> Result<(), Failure> {
    // XDP sees what comes in; at traffic control the same is looked at.
    let direction = (arguments.hook != HookName::Xdp).then_some(DirectionName::In);
    let mut counting = Counting::resolve(arguments.hook, direction, WINDOW, arguments.memory)?;
    counting.export = config::export(arguments.export);
    let plan = plan(arguments)?;
    let sender =
        Namespace::new().context("windrow demo makes network namespaces: run it as root")?;
    let receiver = Namespace::new()?;
    let pair = VethPair::new(&sender, "w0", &receiver, "w1", VethOptions::default())?;
    // Everything that belongs to the receiving side happens on a thread in its namespace.
    receiver.run(|| {
        Traffic {
            pair: &pair,
            plan,
            counting,
        }
        .count(arguments)
    })?
}

fn plan(arguments: &Demo) -> Result<Plan, Failure> {
    let nanos = u64::try_from(arguments.duration.as_nanos()).unwrap_or(u64::MAX);
    let frames = u128::from(arguments.rate) * u128::from(nanos) / 1_000_000_000;
    let flows = u32::try_from(arguments.flows).map_err(|_| {
        Failure::usage("--flows is too large: at most 4294967295 can be told apart")
    })?;
    let mix = Mix {
        flows,
        ..Mix::default()
    };
    mix.validate().map_err(Failure::usage)?;
    Ok(Plan {
        rate_pps: Some(arguments.rate),
        frames: u64::try_from(frames).unwrap_or(u64::MAX).max(1),
        mix,
        // The receiving stack drops the frames right behind the hook: it is not what is shown.
        stray: true,
        ..Plan::default()
    })
}

/// What goes from one end to the other, and how it is counted there.
struct Traffic<'a> {
    pair: &'a VethPair,
    plan: Plan,
    counting: Counting,
}

impl Traffic<'_> {
    fn count(&self, arguments: &Demo) -> Result<(), Failure> {
        let end = &self.pair.b;
        // A veth takes generated frames only while it polls, which an XDP program makes it do.
        let polling = if self.counting.xdp {
            None
        } else {
            Some(windrow_lab::napi_on(&end.namespace, &end.name)?)
        };
        let interface = interface::named(&end.name)?;
        let before = interface.counters;
        let live = Live::start(&self.counting, Wanted::one(&end.name), Sort::Packets)?;
        let (signals, asked) = channel();
        watch_signals(signals.clone())?;
        let running =
            Generator::load()?.run(&self.pair.a.namespace, self.pair.a.index, &self.plan)?;
        let format = format(arguments);
        let mut sink = output::on_stdout(format, None, Sort::Packets);
        let events = live.events();
        let index = interface.index;
        let (counted, supervised) = thread::scope(|scope| {
            let supervisor = scope.spawn(move || {
                let _end = EndsRun(events);
                self.supervise(running, &asked, index, before)
            });
            let counted = live.run(None, sink.as_mut());
            // Whatever ended the counting ends the traffic too.
            let _ = signals.send(Event::Stop(Stop::Asked));
            (counted, supervisor.join())
        });
        let (run, why) = counted?;
        let (sent, interrupted) =
            supervised.map_err(|_| anyhow!("the thread that watches the generator failed"))??;
        drop(polling);
        if why == Stop::OutputClosed {
            return Ok(());
        }
        let now = counters(index)?;
        let made = Tally::new(sent.packets, sent.bytes);
        let connects = match interrupted {
            true => None,
            false => Connected::count(&end.namespace, format)?,
        };
        let sent = Sent {
            made,
            dropped: verdict::dropped(
                made,
                run.ledger.seen,
                now.rx_dropped - before.rx_dropped,
                self.plan.mix.frame_bytes,
            ),
            interface: Tally::new(
                now.rx_packets - before.rx_packets,
                now.rx_bytes - before.rx_bytes,
            ),
            ns_per_packet: self.cost()?,
            connects: connects.as_ref().map(|it| it.made),
        };
        // For programs the summary comes last.
        if let (Some(connects), Format::Json) = (&connects, format) {
            connects.show()?;
        }
        sink.summary(&Summary {
            run: &run,
            sent: Some(sent),
            ..Summary::of(&run)
        })?;
        if let (Some(connects), Format::Screen { .. }) = (&connects, format) {
            connects.show()?;
        }
        verdict::verdict(&run, &sent)?;
        if let Some(connects) = &connects {
            verdict::of_connects(connects.run(), connects.made)?;
        }
        if !sent.dropped.is_zero() {
            eprintln!(
                "windrow: the demo's own link dropped {} before the hook, as a busy machine's does: all others were counted",
                units::counted(sent.dropped.packets, "packet")
            );
        }
        Ok(())
    }

    /// Waits until all is sent, or a signal asks to stop, and then until all that was sent has
    /// come to the other end. Also says whether it was asked to stop.
    fn supervise(
        &self,
        running: Running,
        asked: &Receiver<Event>,
        index: u32,
        before: Counters,
    ) -> anyhow::Result<(windrow_lab::Sent, bool)> {
        let mut interrupted = false;
        while !running.finished() {
            if asked.recv_timeout(LOOK_AGAIN).is_ok() {
                running.stop()?;
                interrupted = true;
            }
        }
        let sent = running.join()?;
        let limit = Instant::now() + SETTLE_LIMIT;
        while Instant::now() < limit {
            let now = counters(index)?;
            let arrived = now.rx_packets + now.rx_dropped - before.rx_packets - before.rx_dropped;
            if arrived >= sent.packets {
                break;
            }
            thread::sleep(LOOK_AGAIN);
        }
        Ok((sent, interrupted))
    }

    /// Nanoseconds a packet, by program test runs over frames of the same mix.
    fn cost(&self) -> anyhow::Result<f64> {
        let (hooks, hook) = if self.counting.xdp {
            (Hooks::Xdp, FrameHook::Xdp)
        } else {
            (Hooks::Tc, FrameHook::Tc)
        };
        let settings = Settings {
            hooks,
            memory_bytes: self.counting.memory_bytes,
            buffers: self.counting.buffers(),
            selection: Selection::default(),
            interfaces: 0,
            export: self.counting.export,
        };
        let datapath = Datapath::load(settings)?;
        let flows = COST_FLOWS.min(self.plan.mix.flows);
        let mut total = Duration::ZERO;
        for index in 0..flows {
            let frame = windrow_lab::frame(&self.plan.mix.flow(index), self.plan.mix.frame_bytes);
            total += datapath
                .run_frame(hook, &frame, COST_RUNS)
                .context("program test runs")?;
        }
        Ok(total.as_nanos() as f64 / f64::from(flows))
    }
}

/// Ends the run when it goes, however that comes about.
struct EndsRun(Sender<Event>);

impl Drop for EndsRun {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Stop(Stop::Asked));
    }
}

fn counters(index: u32) -> anyhow::Result<Counters> {
    let interface = windrow_netif::by_index(index)?;
    Ok(interface
        .context("the demo's own interface is gone")?
        .counters)
}

fn format(arguments: &Demo) -> Format {
    if arguments.json {
        return Format::Json;
    }
    Format::Screen {
        numeric: arguments.numeric,
    }
}
