//! The live pipeline: programs in the kernel → epochs → windows → a sink.
//!
//! The thread that keeps time is that of packets ([`crate::live::pace`]); the caller's thread waits for
//! grace periods, drains, merges and hands windows to the sink.

use std::mem;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use windrow_core::lengths::Lengths;
use windrow_core::timed::run::Run;
use windrow_core::timed::window::Window;
use windrow_datapath::Error as LoadError;
use windrow_datapath::kernel::Grace;
use windrow_datapath::timed::Attached;

use crate::config;
use crate::exit::{self, Failure};
use crate::live::pace::{self, Pace};
use crate::live::{Event, descriptors};
use crate::timed::counting::Counting;
use crate::timed::output::{Conditions, Face, Sink, Start};
use crate::timed::owners;
use crate::timed::source::Load;
use crate::timed::windows::Windows;

/// It is being counted.
pub struct Live<C: Load> {
    source: C,
    attached: Attached,
    grace: Grace,
    pace: Pace,
    events: Receiver<Event>,
    sender: Sender<Event>,
    windows: Windows<C::Subject>,
    lost_before: u64,
    start: Start<C::Subject>,
}

/// What a run has come to.
#[derive(Debug)]
pub struct Ended<S: Face> {
    /// All that was counted.
    pub run: Run<S>,
    /// What had begun and not ended at the end, by looking at each; `None`: nobody could.
    pub in_flight: Option<u64>,
    /// The reader of the output is gone.
    pub closed_pipe: bool,
}

impl<C: Load> Live<C> {
    /// Loads the programs, attaches them and opens the first window.
    ///
    /// # Errors
    /// When that cannot be, or what was asked for is not there.
    pub fn start(counting: &Counting<C::Subject>) -> Result<Self, Failure> {
        if !counting.of_command {
            // What a command starts with is what was given to us.
            descriptors::allow_all();
        }
        let selection = owners::as_everybody_sees(&counting.selection)?;
        let mut source = C::load(counting, selection).map_err(as_failure)?;
        let grace = Grace::new().context("waiting for the kernel's grace periods")?;
        let (sender, events) = channel();
        let attached = source.attach()?;
        let windows = Windows::new(&counting.tiers, counting.rows);
        let start = Start {
            by: counting.by,
            how: counting.how.clone(),
            window: counting.window,
            tiers: windows.tiers(),
            memory_bytes: source.memory_bytes(),
            rows_per_cpu: source.rows_per_cpu(),
            of_command: counting.of_command,
        };
        let lost_before = source.lost_events();
        source.open();
        let pace = Pace::start(
            source.flipper(),
            Lengths::Fixed(counting.window),
            config::buffers(counting.window),
            sender.clone(),
        )
        .context("starting the thread that keeps time")?;
        Ok(Live {
            source,
            attached,
            grace,
            pace,
            events,
            sender,
            windows,
            lost_before,
            start,
        })
    }

    /// Where events that end the run are sent to.
    pub fn events(&self) -> Sender<Event> {
        self.sender.clone()
    }

    /// What counts.
    pub fn source(&self) -> &C {
        &self.source
    }

    /// Tells the sink that it is being counted, and how.
    ///
    /// # Errors
    /// When the output cannot be written, or its reader is gone.
    pub fn announce(&self, sink: &mut dyn Sink<C::Subject>) -> anyhow::Result<()> {
        sink.start(&self.start)
    }

    /// Hands windows to the sink until an event or the deadline ends the run; then detaches, flushes the
    /// open window and hands that over too.
    ///
    /// # Errors
    /// When output cannot be written, or the kernel does not do as it did.
    pub fn run(
        mut self,
        duration: Option<Duration>,
        sink: &mut dyn Sink<C::Subject>,
    ) -> Result<Ended<C::Subject>, Failure> {
        let deadline = duration.map(|duration| Instant::now() + duration);
        let (mut over, mut closed_pipe) = (false, false);
        while !over {
            // Short windows may follow each other without a pause: the deadline comes first.
            let left = deadline.map(|it| it.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                break;
            }
            let event = match left {
                Some(left) => self.events.recv_timeout(left),
                None => self
                    .events
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                Ok(Event::Stop(_)) => over = true,
                Ok(Event::Closed(closed)) => {
                    let (stop, closed) = self.drain(closed, sink)?;
                    over = stop || closed;
                    closed_pipe |= closed;
                }
                Err(_) => over = true,
            }
        }
        // The thread first: an epoch that it opened would be counted in.
        self.pace.finish();
        self.source.close();
        while let Ok(event) = self.events.try_recv() {
            if let Event::Closed(closed) = event {
                closed_pipe |= self.drain(closed, sink)?.1;
            }
        }
        let in_flight = self.source.in_flight(self.attached);
        let in_flight = in_flight.unwrap_or_else(|error| {
            eprintln!("windrow: what is in flight at the end is not known: {error}");
            None
        });
        if !closed_pipe {
            closed_pipe = output(self.windows.finish(sink))?;
        }
        Ok(Ended {
            run: self.windows.into_run(),
            in_flight,
            closed_pipe,
        })
    }

    /// Drains a closed window and those that were closed behind it: one grace period serves all. Says
    /// whether the run is to end, and whether the reader is gone.
    fn drain(
        &mut self,
        first: pace::Closed,
        sink: &mut dyn Sink<C::Subject>,
    ) -> Result<(bool, bool), Failure> {
        let mut closed = vec![first];
        let mut stop = false;
        while !stop {
            match self.events.try_recv() {
                Ok(Event::Closed(next)) => closed.push(next),
                Ok(Event::Stop(_)) => stop = true,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        self.grace
            .wait()
            .context("waiting for a grace period of the kernel")?;
        // Known of all of them together: it is the first one's.
        let lost = self.source.lost_events();
        let mut of_these = lost.saturating_sub(self.lost_before);
        self.lost_before = self.lost_before.max(lost);
        for closed in closed {
            let before = Instant::now();
            let slices = self.source.drain(closed.epoch);
            let drain = before.elapsed();
            self.pace.drained(closed.epoch);
            let conditions = Conditions {
                drain,
                lost: mem::take(&mut of_these),
                in_flight: 0,
            };
            let window = Window::merge(closed.span, slices);
            if output(self.windows.take(window, conditions, sink))? {
                return Ok((true, true));
            }
        }
        Ok((stop, false))
    }
}

/// What a user can do about programs that do not load.
pub fn as_failure(error: LoadError) -> Failure {
    match error {
        LoadError::Geometry(_) => Failure::usage(error),
        LoadError::NotPermitted => anyhow!(
            "loading kernel programs is not permitted: \
             CAP_BPF and CAP_PERFMON are needed, which root has"
        )
        .into(),
        LoadError::NoMemory { wanted } => anyhow!(
            "the kernel could not give {wanted} bytes for the tables: \
             ask for fewer --rows, or raise the limit of this control group"
        )
        .into(),
        error => error.into(),
    }
}

/// Whether the reader of the output went away; any other error is one.
fn output(result: anyhow::Result<()>) -> Result<bool, Failure> {
    match result {
        Ok(()) => Ok(false),
        Err(error) if exit::is_closed_pipe(&error) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
