//! The thread that closes windows on time.
//!
//! It only flips epochs, so that a slow drain or a stalled reader makes windows late, never wrong:
//! the open window grows until its next buffer is free.

use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use windrow_core::edges::{Edges, Instant, Span, WallNanos};
use windrow_core::lengths::Lengths;
use windrow_core::slice::MonoNanos;
use windrow_datapath::Epoch;
use windrow_datapath::kernel::Flipper;

use crate::live::Event;

/// A window whose epoch was left; its programs may still be running.
#[derive(Clone, Copy, Debug)]
pub struct Closed {
    /// The epoch.
    pub epoch: Epoch,
    /// The time it covers.
    pub span: Span,
}

#[derive(Debug, Default)]
struct State {
    /// Epochs drained so far: their buffers are free.
    drained: u64,
    /// Lengths that windows are to have from now on, where that changed.
    aim: Option<Lengths>,
    stopping: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The running thread.
#[derive(Debug)]
pub struct Pace {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Pace {
    /// Opens the first window now and closes it at the next edge, and so on.
    pub fn start(
        flipper: Flipper,
        lengths: Lengths,
        buffers: u32,
        events: Sender<Event>,
    ) -> io::Result<Pace> {
        let shared = Arc::new(Shared::default());
        let edges = Edges::open(lengths, now());
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("windrow-pace".into())
            .spawn(move || keep_time(&theirs, &flipper, edges, buffers, &events))?;
        Ok(Pace {
            shared,
            thread: Some(thread),
        })
    }

    /// The epoch's buffer may be used again.
    pub fn drained(&self, epoch: Epoch) {
        self.shared.lock().drained = epoch.0 + 1;
        self.shared.changed.notify_all();
    }

    /// From now on windows have these lengths, the open one too, as far as it may.
    pub fn aim(&self, lengths: Lengths) {
        self.shared.lock().aim = Some(lengths);
        self.shared.changed.notify_all();
    }

    /// Closes the open window now. Its event, and those of windows not yet drained, are in the
    /// channel when this returns.
    pub fn finish(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It has no way to panic that would leave anything undone.
            let _ = thread.join();
        }
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        self.finish();
    }
}

fn keep_time(
    shared: &Shared,
    flipper: &Flipper,
    mut edges: Edges,
    buffers: u32,
    events: &Sender<Event>,
) {
    let mut epoch = Epoch(0);
    loop {
        let mut state = shared.lock();
        loop {
            if let Some(lengths) = state.aim.take() {
                edges.aim(lengths, now().mono);
            }
            let ahead = edges.next_edge().0.saturating_sub(now().mono.0);
            let free = epoch.next().0 < state.drained + u64::from(buffers);
            if state.stopping || (ahead == 0 && free) {
                break;
            }
            state = if free {
                let wait = Duration::from_nanos(ahead);
                shared
                    .changed
                    .wait_timeout(state, wait)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            } else {
                shared
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner)
            };
        }
        let stopping = state.stopping;
        drop(state);
        // The clock is read before the flip, so that nothing in the new window is older than its
        // start. At the end nothing is attached any more, and there is no new window to flip to.
        let at = now();
        if !stopping {
            flipper.flip(epoch.next());
        }
        let span = edges.close(at);
        let gone = events.send(Event::Closed(Closed { epoch, span })).is_err();
        if stopping || gone {
            return;
        }
        epoch = epoch.next();
    }
}

/// Both clocks, now. Clocks of the system do not fail; 0 would only mislabel a window.
pub fn now() -> Instant {
    let nanos = |clock| {
        clock_gettime(clock).map_or(0, |time| {
            time.tv_sec() as i128 * 1_000_000_000 + time.tv_nsec() as i128
        })
    };
    at_once(|| {
        let mono = nanos(ClockId::CLOCK_MONOTONIC);
        let wall = nanos(ClockId::CLOCK_REALTIME);
        let took = nanos(ClockId::CLOCK_MONOTONIC) - mono;
        let at = Instant {
            mono: MonoNanos(mono as u64),
            wall: WallNanos(wall as i64),
        };
        (Duration::from_nanos(took as u64), at)
    })
}

/// The first reading in which nothing came between the clocks, or the one of a few that took least: a thread
/// that is held up between them would take it for a clock that was set.
fn at_once(mut read: impl FnMut() -> (Duration, Instant)) -> Instant {
    const TOGETHER: Duration = Duration::from_micros(50);
    const TRIES: u32 = 8;
    let mut best = read();
    for _ in 1..TRIES {
        if best.0 <= TOGETHER {
            break;
        }
        let again = read();
        if again.0 < best.0 {
            best = again;
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(took_us: &[u64]) -> u64 {
        let mut readings = (0..).zip(took_us);
        let at = at_once(|| {
            let (number, took_us) = readings.next().expect("no more than that");
            let at = Instant {
                mono: MonoNanos(number),
                wall: WallNanos(0),
            };
            (Duration::from_micros(*took_us), at)
        });
        at.mono.0
    }

    #[test]
    fn who_is_held_up_between_the_clocks_reads_them_again() {
        assert_eq!(read(&[1]), 0);
        assert_eq!(read(&[2_000, 1]), 1);
        assert_eq!(read(&[2_000, 100, 50]), 2);
        // On a machine that is always held up, the least of a few.
        assert_eq!(read(&[900, 800, 100, 300, 400, 500, 600, 700]), 2);
    }
}
