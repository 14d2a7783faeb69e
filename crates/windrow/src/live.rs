//! The live pipeline: programs at an interface → epochs → windows → a sink.
//!
//! One thread keeps time and flips epochs ([`pace`]); the caller's thread waits for grace periods,
//! drains, merges and hands windows to the sink. A third attaches to interfaces that appear and
//! leaves those that go ([`interfaces`]). What ends the run comes in as an event of the same channel
//! ([`stop`]).

mod adapt;
pub mod descriptors;
mod hidden;
mod interfaces;
pub mod pace;
pub mod stop;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use anyhow::Context;
use windrow_core::adaptive::{Adaptive, Fill, Load};
use windrow_core::by::Key;
use windrow_core::run::Run;
use windrow_core::top::Sort;
use windrow_core::window::Window;
use windrow_datapath::kernel::{Datapath, Direction, Grace, Hooks, Seen, Settings};
use windrow_datapath::{Epoch, Secret};

use crate::config::Counting;
use crate::exit::{self, Failure};
use crate::output::{Change, Conditions, Keys, Sink, Source, Start};
use crate::replay::Lookups;
use crate::wanted::Wanted;
use crate::windows::Windows;

use adapt::Adapt;
use interfaces::{How, Interfaces};
use pace::Pace;

/// How often the log of rows that had to leave is read. With the default memory of two CPUs it is full in
/// several times as long at a few million packets a second; a log that is full only means more folds.
const READ_LOG: Duration = Duration::from_millis(50);

/// What happens while packets are counted.
#[derive(Debug)]
pub enum Event {
    /// A window was closed.
    Closed(pace::Closed),
    /// The run is to end.
    Stop(Stop),
}

/// Why a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It was asked to: a signal, the duration, the traffic's end.
    Asked,
    /// No interface is left, and none can come.
    InterfaceGone,
    /// Somebody took windrow's programs off the last interface, and they cannot be attached again.
    InterfaceTaken,
    /// The reader of the output is gone.
    OutputClosed,
}

impl Stop {
    /// What became of the last source, where that ended the run.
    pub fn of_the_source(self) -> Option<&'static str> {
        match self {
            Stop::InterfaceGone => Some("is gone"),
            Stop::InterfaceTaken => Some("cannot be watched any more"),
            Stop::Asked | Stop::OutputClosed => None,
        }
    }
}

/// Packets are being counted.
pub struct Live {
    datapath: Datapath,
    grace: Grace,
    interfaces: Interfaces,
    pace: Pace,
    /// Where the length of windows follows the load.
    adapt: Option<Adapt>,
    events: Receiver<Event>,
    sender: Sender<Event>,
    windows: Windows,
    lost_before: u64,
    /// The epoch that is being counted in, or one that was closed just now.
    open: Epoch,
    start: Start,
}

impl Live {
    /// Loads the programs, attaches them to all wanted interfaces and opens the first window. The
    /// run will be asked for its largest flows by `sort`.
    pub fn start(counting: &Counting, mut wanted: Wanted, sort: Sort) -> Result<Live, Failure> {
        let asked = &counting.asked;
        let by = asked.by;
        let told_apart = !wanted.is_one() || by.has(Key::Iface);
        let settings = Settings {
            hooks: if counting.xdp { Hooks::Xdp } else { Hooks::Tc },
            memory_bytes: counting.memory_bytes,
            buffers: counting.buffers(),
            selection: asked.selection.clone(),
            interfaces: if told_apart {
                places(wanted.there()?.len())
            } else {
                0
            },
            export: counting.export,
        };
        // What is wrong with them is said before anything is loaded.
        let secret = Secret::draw().context("drawing a secret")?;
        let windows = Windows::new(asked.clone(), secret, Run::new(sort, 0), Lookups::default())?;
        descriptors::allow_all();
        let datapath = Datapath::load(settings).map_err(|error| match error {
            windrow_datapath::Error::Geometry(_) => Failure::usage(error),
            error => error.into(),
        })?;
        let grace = Grace::new().context("waiting for the kernel's grace periods")?;
        let (sender, events) = channel();
        let how = How {
            attacher: datapath.attacher(),
            xdp: counting.xdp,
            direction: counting.direction,
            told_apart,
        };
        let mut keys = Keys {
            by,
            networks: asked.networks.clone(),
            sights: !wanted.is_one(),
            ..Keys::default()
        };
        let asked_for = wanted.names();
        let interfaces = Interfaces::start(how, wanted, keys.ifaces.clone(), sender.clone())?;
        let geometry = datapath.geometry();
        let (watched, hook) = interfaces.attached();
        // What the loopback sends it receives.
        let loops = counting.direction == Direction::Both && watched == ["lo"];
        keys.sights |= loops;
        let start = Start {
            source: Source::Net {
                interfaces: watched,
                asked: asked_for,
                hook,
                direction: counting.direction,
            },
            keys,
            window: Some(counting.window),
            adaptive: counting.adaptive.as_ref().map(Adaptive::bounds),
            memory_bytes: geometry.memory_bytes(),
            rows_per_cpu: geometry.rows_per_cpu(),
            tiers: windows.tiers(),
        };
        let pace = Pace::start(
            datapath.flipper(),
            adapt::lengths(counting),
            geometry.buffers,
            sender.clone(),
        )
        .context("starting the thread that keeps time")?;
        Ok(Live {
            lost_before: datapath.lost_events(),
            open: Epoch(0),
            datapath,
            grace,
            interfaces,
            pace,
            adapt: counting.adaptive.clone().map(Adapt::begin),
            events,
            sender,
            windows,
            start,
        })
    }

    /// Where events that end the run are sent to.
    pub fn events(&self) -> Sender<Event> {
        self.sender.clone()
    }

    /// The programs and tables that count.
    pub fn datapath(&self) -> &Datapath {
        &self.datapath
    }

    /// Hands windows to the sink until an event or the deadline ends the run; then detaches,
    /// flushes the open window and hands that over too.
    pub fn run(
        mut self,
        duration: Option<Duration>,
        sink: &mut dyn Sink,
    ) -> Result<(Run, Stop), Failure> {
        let deadline = duration.map(|duration| Instant::now() + duration);
        let mut why = output(sink.start(&self.start))?;
        while why.is_none() {
            // Short windows may follow each other without a pause: the deadline comes first.
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                why = Some(Stop::Asked);
                break;
            }
            let left = deadline.map(|it| it.saturating_duration_since(Instant::now()));
            let wait = left.map_or(READ_LOG, |left| left.min(READ_LOG));
            why = match self.events.recv_timeout(wait) {
                Ok(Event::Stop(stop)) => Some(stop),
                Ok(Event::Closed(closed)) => self.windows(closed, sink)?,
                Err(RecvTimeoutError::Timeout) => {
                    self.datapath.read_spills(self.open);
                    if let Some(adapt) = &mut self.adapt {
                        adapt.look(&self.datapath, self.open, &self.pace);
                    }
                    None
                }
                Err(RecvTimeoutError::Disconnected) => Some(Stop::Asked),
            };
        }
        let why = why.unwrap_or(Stop::Asked);
        // From here on nothing is counted, so that the last window is whole.
        self.interfaces.close();
        self.pace.finish();
        let mut closed_pipe = why == Stop::OutputClosed;
        while let Ok(event) = self.events.try_recv() {
            if let Event::Closed(closed) = event {
                closed_pipe |= self.windows(closed, sink)? == Some(Stop::OutputClosed);
            }
        }
        if !closed_pipe {
            closed_pipe = output(self.windows.finish(sink))?.is_some();
        }
        Ok((
            self.windows.into_run(),
            if closed_pipe { Stop::OutputClosed } else { why },
        ))
    }

    /// Drains a closed window and those that were closed behind it: one grace period serves all.
    fn windows(
        &mut self,
        first: pace::Closed,
        sink: &mut dyn Sink,
    ) -> Result<Option<Stop>, Failure> {
        let mut closed = vec![first];
        let mut stop = None;
        loop {
            match self.events.try_recv() {
                Ok(Event::Closed(next)) => closed.push(next),
                Ok(Event::Stop(why)) => {
                    stop = Some(why);
                    break;
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        self.grace
            .wait()
            .context("waiting for a grace period of the kernel")?;
        let last = closed.len() - 1;
        for (place, closed) in closed.into_iter().enumerate() {
            let before = Instant::now();
            let drained = self.datapath.drain(closed.epoch)?;
            let drain = before.elapsed();
            self.pace.drained(closed.epoch);
            self.open = closed.epoch.next();
            let slices = drained.slices();
            let adapt = self.adapt.as_mut();
            let length = adapt.and_then(|it| {
                let load: Load = slices.iter().map(Fill::of).collect();
                it.closed(&closed.span, &load, &self.pace)
            });
            let window = Window::merge(closed.span, slices);
            let lost = self.datapath.lost_events();
            let (all, out) = (window.ledger.seen, window.ledger.seen_out);
            let seen = Seen {
                coming_in: all - out,
                going_out: out,
            };
            let look = self
                .interfaces
                .look(window.span.length(), seen, place == last);
            if look.all_gone {
                let taken =
                    |change: &Change| matches!(change, Change::Removed { why: Some(_), .. });
                stop = stop.or(Some(match look.changes.iter().any(taken) {
                    true => Stop::InterfaceTaken,
                    // Its announcement may have been missed.
                    false => Stop::InterfaceGone,
                }));
            }
            let conditions = Conditions {
                hidden: look.hidden,
                changes: look.changes,
                length,
                drain,
                lost: lost.saturating_sub(self.lost_before),
                interface_packets: look.packets,
                ..Conditions::default()
            };
            self.lost_before = lost;
            let written = output(self.windows.take(window, conditions, sink))?;
            stop = written.or(stop);
        }
        Ok(stop)
    }
}

/// A reader that went away ends the run; any other failure to write is the user's to know.
fn output(written: anyhow::Result<()>) -> Result<Option<Stop>, Failure> {
    match written {
        Ok(()) => Ok(None),
        Err(error) if exit::is_closed_pipe(&error) => Ok(Some(Stop::OutputClosed)),
        Err(error) => Err(error.context("writing the output").into()),
    }
}

/// Places for so many interfaces, and for as many more as may appear.
fn places(interfaces: usize) -> u32 {
    const LEAST: u32 = 1024;
    let interfaces = u32::try_from(interfaces).unwrap_or(u32::MAX);
    interfaces.saturating_mul(4).clamp(LEAST, 1 << 16)
}
