//! What an event costs, by the kernel's run-time statistics. While they are on every event costs
//! more than twice as much, so they are on for a tenth of the time, by a thread of its own.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context;
use windrow_datapath::kernel::{Meter, Metered};

use super::agent;

/// How often statistics are switched on.
const CYCLE: Duration = Duration::from_secs(10);
/// For how long then, at most and at least.
const ON: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(1));
/// The empty program is run in short turns, all the time that statistics are on: what disturbs the
/// host disturbs it and ours alike.
const TURN: Duration = Duration::from_millis(20);
/// Its runs a turn, less than 1 ms of them.
const EMPTY_RUNS: u32 = 2_000;

/// What our programs cost for an event.
#[derive(Clone, Debug)]
pub struct Cost {
    /// Nanoseconds an event in the mean, less those of empty programs; or why they are not known.
    pub nanos: Result<f64, String>,
    /// Events that it is the mean of.
    pub runs: u64,
    /// Nanoseconds of a run of the empty program, by the same statistics.
    pub empty_nanos: Option<f64>,
    /// How long statistics were on.
    pub on: Duration,
}

impl Cost {
    fn of(sums: &Sums, event: &str, failed: Option<&io::Error>) -> Cost {
        let nanos = match (sums.metered.event_nanos(), failed) {
            (Some(nanos), _) => Ok(nanos),
            (None, Some(error)) => Err(why(error)),
            _ if sums.on.is_zero() => Err("it ended before the kernel measured".to_owned()),
            _ => Err(format!("no {event} came while the kernel measured")),
        };
        Cost {
            nanos,
            runs: sums.metered.events(),
            empty_nanos: sums.metered.empty.mean_nanos(),
            on: sums.on,
        }
    }
}

fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "the kernel's run-time statistics need CAP_SYS_ADMIN: run windrow as root".to_owned()
        }
        _ => format!("the kernel's run-time statistics failed: {error}"),
    }
}

#[derive(Debug, Default)]
struct Sums {
    metered: Metered,
    on: Duration,
}

/// The running thread.
#[derive(Debug)]
pub struct CostThread {
    /// Dropped to end it.
    ended: Sender<()>,
    /// What an event is called.
    event: &'static str,
    thread: JoinHandle<(Cost, Duration)>,
}

impl CostThread {
    /// Begins to measure for a run of that length; what goes wrong is said in place of the cost.
    pub fn start(
        meter: io::Result<Meter>,
        event: &'static str,
        length: Duration,
    ) -> anyhow::Result<CostThread> {
        let (ended, end) = channel();
        let thread = thread::Builder::new()
            .name("windrow-cost".into())
            .spawn(move || {
                let mut sums = Sums::default();
                let measured = meter.and_then(|meter| cycles(&meter, length, &end, &mut sums));
                (
                    Cost::of(&sums, event, measured.err().as_ref()),
                    agent::of_this_thread(),
                )
            })
            .context("starting the thread that measures what an event costs")?;
        Ok(CostThread {
            ended,
            event,
            thread,
        })
    }

    /// Ends it: what was measured, and the processor time that this took.
    pub fn finish(self) -> (Cost, Duration) {
        drop(self.ended);
        self.thread.join().unwrap_or_else(|_| {
            let failed = io::Error::other("their thread ended");
            (
                Cost::of(&Sums::default(), self.event, Some(&failed)),
                Duration::ZERO,
            )
        })
    }
}

/// Switches statistics on and off until the run ends.
fn cycles(meter: &Meter, length: Duration, end: &Receiver<()>, sums: &mut Sums) -> io::Result<()> {
    let on = (length / 10).clamp(ON.0, ON.1);
    // At the very beginning every row is new, and nothing is in the caches.
    if is_over(end, (length / 10).min(ON.1)) {
        return Ok(());
    }
    loop {
        let began = Instant::now();
        let metering = meter.begin()?;
        while began.elapsed() < on {
            metering.run_empty(EMPTY_RUNS)?;
            let left = on.saturating_sub(began.elapsed());
            if is_over(end, left.min(TURN)) {
                break;
            }
        }
        sums.metered += metering.end()?;
        sums.on += began.elapsed();
        if is_over(end, CYCLE.saturating_sub(began.elapsed())) {
            return Ok(());
        }
    }
}

/// Waits; whether the run is over.
fn is_over(end: &Receiver<()>, wait: Duration) -> bool {
    end.recv_timeout(wait) != Err(RecvTimeoutError::Timeout)
}
