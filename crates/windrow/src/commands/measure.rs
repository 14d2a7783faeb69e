//! `windrow measure`: what counting in the kernel saves and costs here.

use std::io::{Write, stdout};
use std::time::Duration;

use anyhow::{Context, anyhow};
use windrow_core::timed::run::Run;
use windrow_core::top::Sort;
use windrow_datapath::calls::Calls;
use windrow_datapath::connects::Connects;
use windrow_datapath::geometry::DEFAULT_MEMORY_BYTES;

use crate::args::{HookName, Measure, SourceName};
use crate::config::Counting;
use crate::exit::{self, Failure};
use crate::interface;
use crate::live::Live;
use crate::live::stop::watch_signals;
use crate::measure::{Counted, Expense, Measured, PacketWatch, Packets, Watch};
use crate::output;
use crate::timed;
use crate::timed::output::Face;
use crate::timed::source::Load;

/// As `monitor` and `syscalls` have it unless told otherwise: what is measured is what a user would run.
const WINDOW: Duration = Duration::from_secs(1);

/// Counts until the duration is over, it is stopped, or the interface is gone; then reports.
pub fn run(arguments: &Measure) -> Result<(), Failure> {
    match arguments.source {
        SourceName::Net => packets(arguments),
        SourceName::Syscalls => timed::<Calls>(arguments, |run| Counted::Calls(run)),
        SourceName::Connects => timed::<Connects>(arguments, |run| Counted::Connects(run)),
    }
}

fn packets(arguments: &Measure) -> Result<(), Failure> {
    let counting = Counting::resolve(HookName::Auto, None, WINDOW, DEFAULT_MEMORY_BYTES)?;
    let words: Vec<String> = named(arguments).into_iter().map(str::to_owned).collect();
    let wanted = interface::chosen(&words, &[])?;
    let live = Live::start(&counting, wanted, Sort::Packets)?;
    watch_signals(live.events())?;
    let datapath = live.datapath();
    let kernel_memory_bytes = datapath.geometry().memory_bytes() + datapath.program_bytes();
    let meter = datapath.meter();

    let length = arguments.duration;
    let mut watch = PacketWatch::new(length);
    let (counted, expense) = Expense::of(kernel_memory_bytes, meter, "packet", length, || {
        live.run(Some(length), &mut watch)
    })?;
    watch.finish();
    let (run, why) = counted?;

    let (interfaces, hook, direction) = match watch.source() {
        Some(output::Source::Net {
            interfaces,
            hook,
            direction,
            ..
        }) => (&interfaces[..], *hook, *direction),
        _ => return Err(anyhow!("nothing was counted").into()),
    };
    let measured = Measured {
        counted: Counted::Packets(Packets {
            interfaces,
            hook,
            direction,
            sights: watch.sights(),
            run: &run,
        }),
        span: watch.span(),
        expense,
    };
    print(&measured, arguments.json)?;
    if let Some(what) = why.of_the_source() {
        return Err(Failure::source_gone(format!(
            "{} {what}; everything measured until then was reported",
            output::interfaces(interfaces)
        )));
    }
    Ok(())
}

/// Of the whole host.
fn timed<C: Load>(
    arguments: &Measure,
    counted: impl FnOnce(&Run<C::Subject>) -> Counted<'_>,
) -> Result<(), Failure> {
    if let Some(name) = named(arguments) {
        return Err(Failure::usage(format!(
            "--source {} is of the whole host: {name:?} is an interface of --source net",
            C::Subject::SOURCE
        )));
    }
    let live = timed::live::Live::<C>::start(&timed::counting::Counting::of_the_host(WINDOW))?;
    watch_signals(live.events())?;
    let source = live.source();
    let kernel_memory_bytes = source.memory_bytes() + source.program_bytes();
    let meter = source.meter();

    let length = arguments.duration;
    let mut watch = Watch::new(length);
    live.announce(&mut watch)?;
    let unit = C::Subject::UNIT;
    let (ended, expense) = Expense::of(kernel_memory_bytes, meter, unit, length, || {
        live.run(Some(length), &mut watch)
    })?;
    watch.finish();
    let ended = ended?;
    let measured = Measured {
        counted: counted(&ended.run),
        span: watch.span(),
        expense,
    };
    print(&measured, arguments.json)
}

/// The interface that was asked for.
fn named(arguments: &Measure) -> Option<&str> {
    let positional = arguments.positional.as_deref();
    positional.or(arguments.interface.as_deref())
}

/// A reader that went away is no failure.
fn print(measured: &Measured<'_>, json: bool) -> Result<(), Failure> {
    let text = if json {
        output::measure::json(measured).context("making the report")?
    } else {
        output::measure::lines(measured).join("\n")
    };
    match writeln!(stdout(), "{text}").context("writing the output") {
        Err(error) if !exit::is_closed_pipe(&error) => Err(error.into()),
        _ => Ok(()),
    }
}
