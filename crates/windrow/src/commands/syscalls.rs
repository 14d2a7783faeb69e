//! `windrow syscalls`: who asks the kernel for what, how often, how long.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::args::Syscalls;
use crate::calls::command::Prepared;
use crate::calls::config::{self, Counting};
use crate::calls::live::{Ended, Live};
use crate::calls::output::{Shown, Sink, Summary};
use crate::exit::{self, Failure};
use crate::live::stop::watch_signals;
use crate::live::{Event, Stop};

/// Runs until it is stopped, its duration is over, or the command has ended. Returns the exit code.
///
/// # Errors
/// When nothing can be counted, or output not be written; a command was not started then, unless it
/// is said.
pub fn run(arguments: &Syscalls) -> Result<u8, Failure> {
    let ends_with_dashes = std::env::args_os().last().is_some_and(|last| last == "--");
    if arguments.command.is_empty() && ends_with_dashes {
        return Err(Failure::usage(
            "a command is missing behind --; without it all calls of the host are counted",
        ));
    }
    let counting = Counting::resolve(arguments)?;
    let command = match arguments.command.is_empty() {
        true => None,
        false => Some(Prepared::new(&arguments.command)?),
    };
    let shown = Shown {
        json: arguments.json,
        csv: arguments.csv,
        top: arguments.top,
        sort: config::sort(arguments),
        numeric: arguments.numeric,
        of_command: counting.of_command,
        file: arguments.output.as_deref(),
    };
    let mut sink = shown.sink()?;
    let live = Live::start(&counting)?;
    let begun = Instant::now();
    live.announce(sink.as_mut())?;
    let Some(command) = command else {
        watch_signals(live.events())?;
        let ended = live.run(arguments.duration, sink.as_mut())?;
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

fn summarise(
    ended: &Ended,
    length: Duration,
    exit_code: Option<u8>,
    sink: &mut dyn Sink,
) -> anyhow::Result<()> {
    if ended.closed_pipe {
        return Ok(());
    }
    sink.summary(&Summary {
        run: &ended.run,
        in_calls: ended.in_calls,
        length,
        exit_code,
    })
}
