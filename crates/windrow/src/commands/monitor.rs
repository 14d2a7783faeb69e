//! `windrow monitor`: the flows of an interface, window by window.

use std::io::{BufWriter, stdout};

use jiff::tz::TimeZone;
use windrow_netif::Interface;

use crate::args::Monitor;
use crate::config::{self, Counting, DEFAULT_TOP};
use crate::exit::Failure;
use crate::interface::{self, printable};
use crate::live::stop::watch_signals;
use crate::live::{Live, Stop};
use crate::output::csv::Csv;
use crate::output::json::Json;
use crate::output::screen::{Look, Screen};
use crate::output::{Sink, Summary};

/// Runs until it is stopped, its duration is over, or the interface is gone.
pub fn run(arguments: &Monitor) -> Result<(), Failure> {
    let counting = Counting::resolve(
        arguments.hook,
        arguments.direction,
        arguments.window,
        arguments.memory,
    )?;
    let interface = chosen(arguments)?;
    let mut sink = sink(arguments);
    let live = Live::start(&counting, &interface, config::sort(arguments.sort))?;
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

fn sink(arguments: &Monitor) -> Box<dyn Sink> {
    let out = BufWriter::new(stdout());
    let sort = config::sort(arguments.sort);
    let top = arguments
        .top
        .map(|k| usize::try_from(k).unwrap_or(usize::MAX));
    if arguments.json {
        return Box::new(Json::new(out, top, sort));
    }
    if arguments.csv {
        return Box::new(Csv::new(out, top, sort));
    }
    let look = Look::of_stdout(top.unwrap_or(DEFAULT_TOP), sort, arguments.numeric);
    Box::new(Screen::new(out, look, TimeZone::system()))
}
