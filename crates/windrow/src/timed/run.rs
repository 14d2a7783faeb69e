//! A run, from its start to its summary: of the host, or of a command.

use std::ffi::OsString;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::args::Windowed;
use crate::exit::{self, Failure};
use crate::live::stop::watch_signals;
use crate::live::{Event, Stop};
use crate::timed::command::Prepared;
use crate::timed::counting::Counting;
use crate::timed::live::{Ended, Live};
use crate::timed::output::{Face, Page, Place, Records, Sink, Summary};
use crate::timed::source::Load;

/// Counts until it is stopped, its duration is over, or the command has ended, if there is one. Returns
/// the exit code.
///
/// # Errors
/// When nothing can be counted, or output not be written; a command was not started then, unless it
/// is said.
pub fn run<C>(
    counting: &Counting<C::Subject>,
    command: &[OsString],
    sort: <C::Subject as Face>::Sort,
    windowed: &Windowed,
) -> Result<u8, Failure>
where
    C: Load,
    C::Subject: Page + Records,
{
    let command = prepared::<C::Subject>(command)?;
    let place = Place {
        windowed,
        sort,
        of_command: counting.of_command,
    };
    let mut sink: Box<dyn Sink<C::Subject>> = place.sink()?;
    let live = Live::<C>::start(counting)?;
    if command.is_none() {
        // Before it is said that it counts: who waits for that may end it at once.
        watch_signals(live.events())?;
    }
    let begun = Instant::now();
    live.announce(sink.as_mut())?;
    let Some(command) = command else {
        let ended = live.run(windowed.duration, sink.as_mut())?;
        summarise(&ended, begun.elapsed(), None, sink.as_mut())?;
        return Ok(exit::FINE);
    };
    let events = live.events();
    let (sender, code) = channel();
    let begun = Instant::now();
    command.start(move |code| {
        let _ = sender.send((code, Instant::now()));
        let _ = events.send(Event::Stop(Stop::Asked));
    })?;
    // A reader that went away ends the run, and so does what cannot be written: not the command.
    let ended = live.run(None, sink.as_mut());
    let (code, at) = code.recv().context("waiting for the command")?;
    let ended = ended?;
    let code = code.context("waiting for the command")?;
    summarise(&ended, at - begun, Some(code), sink.as_mut())?;
    Ok(code)
}

/// The command that was given, found.
fn prepared<S: Face>(words: &[OsString]) -> Result<Option<Prepared>, Failure> {
    let ends_with_dashes = std::env::args_os().last().is_some_and(|last| last == "--");
    match (words, ends_with_dashes) {
        ([], true) => Err(Failure::usage(format!(
            "a command is missing behind --; without it all {} of the host are counted",
            S::WHAT
        ))),
        ([], false) => Ok(None),
        (words, _) => Prepared::new(words).map(Some),
    }
}

fn summarise<S: Face>(
    ended: &Ended<S>,
    length: Duration,
    exit_code: Option<u8>,
    sink: &mut dyn Sink<S>,
) -> anyhow::Result<()> {
    if ended.closed_pipe {
        return Ok(());
    }
    sink.summary(&Summary {
        run: &ended.run,
        in_flight: ended.in_flight,
        length,
        exit_code,
    })
}
