//! What ends a run from outside: signals, and the interface going away.

use std::sync::mpsc::Sender;
use std::thread;

use anyhow::Context;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use windrow_netif::{LinkEvent, Watch};

use crate::live::{Event, Stop};

/// From now on SIGINT, SIGTERM and SIGHUP end the run in order; a second one ends the process.
pub fn watch_signals(events: Sender<Event>) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("setting up signals")?;
    thread::Builder::new()
        .name("windrow-signals".into())
        .spawn(move || {
            for (times, signal) in signals.forever().enumerate() {
                if times > 0 {
                    // Links are descriptors: the kernel detaches when the process ends.
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                }
                let _ = events.send(Event::Stop(Stop::Asked));
            }
        })
        .context("starting the thread that waits for signals")?;
    Ok(())
}

/// Ends the run when the interface of this index goes away, or moves to another namespace.
pub fn watch_interface(index: u32, events: Sender<Event>) -> anyhow::Result<()> {
    let watch = Watch::new()?;
    thread::Builder::new()
        .name("windrow-links".into())
        .spawn(move || {
            loop {
                let gone = match watch.next() {
                    Ok(LinkEvent::Gone { index: gone, .. }) => gone == index,
                    Ok(LinkEvent::Changed(_)) => false,
                    // Announcements were missed: look.
                    Ok(LinkEvent::Overrun) => matches!(windrow_netif::by_index(index), Ok(None)),
                    // One message that cannot be read is no reason to stop listening.
                    Err(windrow_netif::Error::Malformed { .. }) => false,
                    Err(_) => return,
                };
                if gone {
                    let _ = events.send(Event::Stop(Stop::InterfaceGone));
                    return;
                }
            }
        })
        .context("starting the thread that watches interfaces")?;
    Ok(())
}
