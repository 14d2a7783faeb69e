//! `windrow monitor`: the flows of an interface, window by window.

use windrow_core::filter;
use windrow_core::selection::Selection;

use crate::args::Monitor;
use crate::config::{self, Counting};
use crate::exit::Failure;
use crate::filter_words;
use crate::interface;
use crate::live::stop::watch_signals;
use crate::live::{Live, Stop};
use crate::networks;
use crate::output::{self, Format, Summary};
use crate::wanted::is_pattern;
use crate::windows::Asked;

/// Runs until it is stopped, its duration is over, or the interface is gone.
pub fn run(arguments: &Monitor) -> Result<(), Failure> {
    let mut counting = Counting::resolve(
        arguments.hook,
        arguments.direction,
        arguments.window,
        arguments.memory,
    )?;
    let (interfaces, filter) = asked_for(arguments)?;
    let (by, networks) = networks::read(arguments.networks.as_deref(), arguments.by)?;
    let selection = Selection {
        by: by.counted(&networks),
        filter: filter_words::read(filter)?,
        spill_budget: config::spill_budget(arguments.spill_budget, arguments.reduce),
    };
    let mut lengths = vec![arguments.window];
    if arguments.adaptive {
        let (min, max) = (arguments.min_window, arguments.max_window);
        let adaptive = config::adaptive(min, max, arguments.window, &arguments.rollup)?;
        lengths = adaptive.all_lengths();
        counting.adaptive = Some(adaptive);
    }
    counting.asked = Asked {
        hierarchy: config::hierarchy(arguments.hierarchy, &selection.by)?,
        selection,
        by,
        networks,
        reduce: arguments.reduce,
        tiers: config::tiers(&arguments.rollup.rollup, &lengths)?,
        tier_memory_bytes: arguments.rollup.rollup_memory,
    };
    counting.export = config::export(arguments.export);
    let wanted = interface::chosen(&interfaces, &arguments.exclude)?;
    let names = output::interfaces(&wanted.names());
    let one = wanted.is_one();
    let sort = config::sort(arguments.sort);
    let mut sink = output::on_stdout(format(arguments), arguments.top, sort);
    let live = Live::start(&counting, wanted, sort)?;
    watch_signals(live.events())?;
    let (run, why) = live.run(arguments.duration, sink.as_mut())?;
    if why == Stop::OutputClosed {
        return Ok(());
    }
    sink.summary(&Summary::of(&run))?;
    if let Some(what) = why.of_the_source() {
        let last = if one { "" } else { "the last of " };
        return Err(Failure::source_gone(format!(
            "{last}{names} {what}; everything counted until then was reported"
        )));
    }
    Ok(())
}

/// The words of the command line: interfaces, and a filter.
fn asked_for(arguments: &Monitor) -> Result<(Vec<String>, &[String]), Failure> {
    let words = &arguments.words[..];
    let Some((first, rest)) = words.split_first() else {
        return Ok((arguments.interfaces.clone(), &[]));
    };
    // A word that only a filter can begin with is no interface, whatever interfaces are called.
    if filter::is_keyword(first) {
        return Ok((arguments.interfaces.clone(), words));
    }
    if arguments.interfaces.is_empty() {
        if !is_pattern(first) {
            interface::named(first)?;
        }
        if let Some(second) = rest.first().filter(|word| !filter::is_keyword(word))
            && windrow_netif::by_name(second)?.is_some()
        {
            return Err(Failure::usage(format!(
                "{second:?} is an interface, and behind the first one stands a filter: name each with -i, as in \
                 -i {first} -i {second}"
            )));
        }
        return Ok((vec![first.clone()], rest));
    }
    if is_pattern(first) || windrow_netif::by_name(first)?.is_some() {
        return Err(Failure::usage(format!(
            "{first:?} cannot be used with -i: give -i once more instead, as in -i {first}"
        )));
    }
    Ok((arguments.interfaces.clone(), words))
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
