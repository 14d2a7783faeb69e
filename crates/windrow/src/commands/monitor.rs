//! `windrow monitor`: the flows of an interface, window by window.

use windrow_netif::Interface;

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
    let interface = chosen(arguments)?;
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

fn chosen(arguments: &Monitor) -> Result<Interface, Failure> {
    if let Some(name) = arguments
        .positional
        .as_ref()
        .or(arguments.interface.as_ref())
    {
        return interface::named(name);
    }
    let interface = interface::of_default_route()?;
    eprintln!(
        "windrow: no interface was named; taking {}, where the default route leaves",
        printable(&interface.name)
    );
    Ok(interface)
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
