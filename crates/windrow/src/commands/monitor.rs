//! `windrow monitor`: the flows of an interface, window by window.

use crate::args::Monitor;
use crate::config::{self, Counting};
use crate::exit::Failure;
use crate::interface::{self, printable};
use crate::live::stop::watch_signals;
use crate::live::{Live, Stop};
use crate::output::{self, Format, Summary};

/// Runs until it is stopped, its duration is over, or the interface is gone.
pub fn run(arguments: &Monitor) -> Result<(), Failure> {
    let mut counting = Counting::resolve(
        arguments.hook,
        arguments.direction,
        arguments.window,
        arguments.memory,
    )?;
    counting.selection.by = arguments.by.unwrap_or_default();
    let named = arguments
        .positional
        .as_deref()
        .or(arguments.interface.as_deref());
    let interface = interface::chosen(named)?;
    let sort = config::sort(arguments.sort);
    let mut sink = output::on_stdout(format(arguments), arguments.top, sort);
    let live = Live::start(&counting, &interface, sort)?;
    watch_signals(live.events())?;
    let (run, why) = live.run(arguments.duration, sink.as_mut())?;
    if why == Stop::OutputClosed {
        return Ok(());
    }
    sink.summary(&Summary::of(&run))?;
    if why == Stop::InterfaceGone {
        return Err(Failure::source_gone(format!(
            "{} is gone; everything counted until then was reported",
            printable(&interface.name)
        )));
    }
    Ok(())
}

fn format(arguments: &Monitor) -> Format {
    match arguments {
        arguments if arguments.json => Format::Json,
        arguments if arguments.csv => Format::Csv,
        arguments => Format::Screen {
            numeric: arguments.numeric,
        },
    }
}
