//! `windrow measure`: what counting in the kernel saves and costs here.

use std::io::{Write, stdout};
use std::time::Duration;

use anyhow::{Context, anyhow};
use windrow_core::top::Sort;
use windrow_datapath::geometry::DEFAULT_MEMORY_BYTES;

use crate::args::{HookName, Measure, SourceName};
use crate::config::Counting;
use crate::exit::{self, Failure};
use crate::interface;
use crate::live::Live;
use crate::live::stop::watch_signals;
use crate::measure::{self, Agent, CostThread, Measured, Watch};
use crate::output::{self, Source};

/// As `monitor` has it unless told otherwise: what is measured is what a user would run.
const WINDOW: Duration = Duration::from_secs(1);

/// Counts until the duration is over, it is stopped, or the interface is gone; then reports.
pub fn run(arguments: &Measure) -> Result<(), Failure> {
    check(arguments.source)?;
    let counting = Counting::resolve(HookName::Auto, None, WINDOW, DEFAULT_MEMORY_BYTES)?;
    let named = arguments
        .positional
        .as_deref()
        .or(arguments.interface.as_deref());
    let words: Vec<String> = named.into_iter().map(str::to_owned).collect();
    let wanted = interface::chosen(&words, &[])?;
    let live = Live::start(&counting, wanted, Sort::Packets)?;
    watch_signals(live.events())?;
    let datapath = live.datapath();
    let kernel_memory_bytes = datapath.geometry().memory_bytes() + datapath.program_bytes();
    let tables = measure::table_bytes_mapped()?;
    let meter = datapath.meter();

    let mut watch = Watch::new(arguments.duration);
    let agent = Agent::begin()?;
    let cost = CostThread::start(meter, arguments.duration)?;
    let counted = live.run(Some(arguments.duration), &mut watch);
    let agent_cpu = agent.cpu();
    watch.finish();
    let (cost, measuring) = cost.finish();
    let (run, why) = counted?;

    let (interfaces, hook, direction) = match watch.source() {
        Some(Source::Net {
            interfaces,
            hook,
            direction,
            ..
        }) => (&interfaces[..], *hook, *direction),
        _ => return Err(anyhow!("nothing was counted").into()),
    };
    let measured = Measured {
        interfaces,
        hook,
        direction,
        span: watch.span(),
        run: &run,
        cost,
        // Without this measurement, nobody would run empty programs.
        agent_cpu: agent_cpu?.saturating_sub(measuring),
        agent_memory_bytes: measure::peak_memory_bytes()?.saturating_sub(tables),
        kernel_memory_bytes,
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

fn check(source: SourceName) -> Result<(), Failure> {
    let name = match source {
        SourceName::Net => return Ok(()),
        SourceName::Syscalls => "syscalls",
        SourceName::Connects => "connects",
    };
    Err(Failure::usage(format!(
        "--source {name} is not there yet: this version measures packets, with --source net"
    )))
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
