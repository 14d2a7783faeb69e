//! The live pipeline: programs at an interface → epochs → windows → a sink.
//!
//! One thread keeps time and flips epochs ([`pace`]); the caller's thread waits for grace periods,
//! drains, merges and hands windows to the sink. Signals and interfaces that go come in as events
//! of the same channel ([`stop`]).

mod hidden;
mod pace;
pub mod stop;

use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use anyhow::Context;
use windrow_core::run::Run;
use windrow_core::top::Sort;
use windrow_core::window::Window;
use windrow_datapath::kernel::{
    AttachError, Attached, Datapath, Direction, Grace, Hooks, Settings,
};
use windrow_netif::{Counters, Interface};

use crate::config::Counting;
use crate::exit::{self, Failure};
use crate::interface::{link_layer, printable};
use crate::output::{Conditions, HiddenBy, Keys, Sink, Source, Start, Warning};

use hidden::Hidden;
use pace::Pace;

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
    /// The interface is gone.
    InterfaceGone,
    /// The reader of the output is gone.
    OutputClosed,
}

/// Packets are being counted.
#[derive(Debug)]
pub struct Live {
    datapath: Datapath,
    grace: Grace,
    attached: Vec<Attached>,
    pace: Pace,
    events: Receiver<Event>,
    sender: Sender<Event>,
    run: Run,
    lost_before: u64,
    counters: InterfaceCounters,
    hidden: Hidden,
    start: Start,
}

impl Live {
    /// Loads the programs, attaches them to the interface and opens the first window. The run will
    /// be asked for its largest flows by `sort`.
    pub fn start(counting: &Counting, interface: &Interface, sort: Sort) -> Result<Live, Failure> {
        let layer = link_layer(interface, counting.xdp)?;
        let settings = Settings {
            hooks: if counting.xdp { Hooks::Xdp } else { Hooks::Tc },
            memory_bytes: counting.memory_bytes,
            buffers: counting.buffers(),
            selection: counting.selection.clone(),
            interfaces: 0,
        };
        let datapath = Datapath::load(settings).map_err(|error| match error {
            windrow_datapath::Error::Geometry(_) => Failure::usage(error),
            error => error.into(),
        })?;
        let grace = Grace::new().context("waiting for the kernel's grace periods")?;
        let (sender, events) = channel();
        stop::watch_interface(interface.index, sender.clone())?;
        let mut counters = InterfaceCounters::new(interface, counting.direction);
        let attached = if counting.xdp {
            datapath
                .attacher()
                .attach_xdp(&interface.name, interface.index)
        } else {
            datapath.attacher().attach_tc(
                &interface.name,
                interface.index,
                layer,
                counting.direction,
            )
        };
        let attached = attached.map_err(|error| match error {
            AttachError::Gone { .. } => Failure::source_gone(error),
            error => error.into(),
        })?;
        counters.moved();
        let geometry = datapath.geometry();
        let start = Start {
            source: Source::Net {
                interface: printable(&interface.name),
                hook: attached.hook().name(),
                direction: counting.direction.name(),
            },
            keys: Keys {
                by: counting.selection.by,
                ..Keys::default()
            },
            window: Some(counting.window),
            memory_bytes: geometry.memory_bytes(),
            rows_per_cpu: geometry.rows_per_cpu(),
        };
        let pace = Pace::start(
            datapath.flipper(),
            counting.window,
            geometry.buffers,
            sender.clone(),
        )
        .context("starting the thread that keeps time")?;
        Ok(Live {
            lost_before: datapath.lost_events(),
            datapath,
            grace,
            attached: vec![attached],
            pace,
            events,
            sender,
            run: Run::new(sort, 0),
            counters,
            hidden: Hidden::default(),
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
            let event = match deadline {
                Some(deadline) => self
                    .events
                    .recv_timeout(deadline.saturating_duration_since(Instant::now()))
                    .unwrap_or(Event::Stop(Stop::Asked)),
                None => self.events.recv().unwrap_or(Event::Stop(Stop::Asked)),
            };
            why = match event {
                Event::Stop(stop) => Some(stop),
                Event::Closed(closed) => self.windows(closed, sink)?,
            };
        }
        let why = why.unwrap_or(Stop::Asked);
        // From here on nothing is counted, so that the last window is whole.
        self.attached.clear();
        self.pace.finish();
        let mut closed_pipe = why == Stop::OutputClosed;
        while let Ok(event) = self.events.try_recv() {
            if let Event::Closed(closed) = event {
                closed_pipe |= self.windows(closed, sink)? == Some(Stop::OutputClosed);
            }
        }
        Ok((self.run, if closed_pipe { Stop::OutputClosed } else { why }))
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
            let slices = self.datapath.drain(closed.epoch);
            let drain = before.elapsed();
            self.pace.drained(closed.epoch);
            let window = Window::merge(closed.span, slices);
            let lost = self.datapath.lost_events();
            let interface_packets = match self.counters.moved() {
                Moved::By(packets) => Some(packets),
                Moved::Unknown => None,
                Moved::Away => {
                    // Its announcement may have been missed.
                    stop = stop.or(Some(Stop::InterfaceGone));
                    None
                }
            };
            let length = window.span.length();
            let seen = window.ledger.seen.packets;
            self.hidden.add(length, interface_packets, seen);
            let hidden = if place == last {
                self.hidden.most()
            } else {
                None
            };
            let hidden = hidden.map(|(counted, seen)| HiddenBy {
                interface: self.counters.name.clone(),
                counted,
                seen,
                ahead: self.ahead(),
            });
            let conditions = Conditions {
                hidden,
                drain,
                lost: lost.saturating_sub(self.lost_before),
                interface_packets,
                ..Conditions::default()
            };
            self.lost_before = lost;
            self.run.add(&window, conditions.lost);
            let warnings = Warning::of(&window, &conditions);
            if let Some(error) = warnings.iter().find(|warning| warning.is_error()) {
                eprintln!("windrow: error: {}", error.text);
            }
            let written = output(sink.window(&window, &conditions, &warnings))?;
            stop = written.or(stop);
        }
        Ok(stop)
    }

    /// Programs that may keep packets from ours.
    fn ahead(&self) -> Vec<String> {
        let hook = self.attached.first().map(Attached::hook);
        match hook {
            Some(hook) => {
                self.datapath
                    .attacher()
                    .ahead(self.counters.index, hook, self.counters.direction)
            }
            None => Vec::new(),
        }
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

/// The interface's own counters, as a second opinion.
#[derive(Debug)]
struct InterfaceCounters {
    /// Printable.
    name: String,
    index: u32,
    direction: Direction,
    last: Option<u64>,
}

impl InterfaceCounters {
    fn new(interface: &Interface, direction: Direction) -> Self {
        let last = Some(counted(&interface.counters, direction));
        InterfaceCounters {
            name: printable(&interface.name),
            index: interface.index,
            direction,
            last,
        }
    }

    /// Packets that the interface has counted since the last call.
    fn moved(&mut self) -> Moved {
        let now = match windrow_netif::by_index(self.index) {
            Ok(Some(interface)) => counted(&interface.counters, self.direction),
            Ok(None) => return Moved::Away,
            Err(_) => {
                self.last = None;
                return Moved::Unknown;
            }
        };
        match self.last.replace(now) {
            Some(last) => Moved::By(now.saturating_sub(last)),
            None => Moved::Unknown,
        }
    }
}

/// What an interface's counters did.
enum Moved {
    /// They grew by so many packets.
    By(u64),
    /// They could not be read, now or the last time.
    Unknown,
    /// There is no such interface any more.
    Away,
}

fn counted(counters: &Counters, direction: Direction) -> u64 {
    match direction {
        Direction::In => counters.rx_packets,
        Direction::Out => counters.tx_packets,
        Direction::Both => counters.rx_packets + counters.tx_packets,
    }
}
