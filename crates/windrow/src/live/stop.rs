//! What ends a run from outside: signals.

use std::sync::mpsc::Sender;
use std::thread;

use anyhow::Context;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::live::{Event, Stop};

/// From now on SIGINT, SIGTERM and SIGHUP end the run in order; a second one ends the process.
pub fn watch_signals(events: Sender<Event>) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("setting up signals")?;
    thread::Builder::new()
        .name("windrow-signals".into())
        .spawn(move || {
            for (times, signal) in signals.forever().enumerate() {
                if times > 0 {
                    // Links are descriptors: the kernel detaches when the process ends. Filters of
                    // clsact stay, for `windrow cleanup`.
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                }
                let _ = events.send(Event::Stop(Stop::Asked));
            }
        })
        .context("starting the thread that waits for signals")?;
    Ok(())
}
