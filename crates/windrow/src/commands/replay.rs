//! `windrow replay`: the flows of captures, by the code that counts live packets.

use std::io::{IsTerminal, stdout};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use windrow_core::by::By;
use windrow_core::capture_time::CaptureTime;
use windrow_core::networks::Networks;
use windrow_core::run::Run;
use windrow_core::selection::Selection;
use windrow_datapath::Secret;

use crate::args::{self, BytesName, EngineName};
use crate::config;
use crate::exit::{self, Failure};
use crate::filter_words;
use crate::networks;
use crate::output::{self, ByteLength, Format, Keys, Source, Start};
use crate::replay::{Engine, Input, Lookups, Origins, Progress, Replay, Stop};
use crate::windows::{Asked, Windows};

/// Reads all captures and shows their windows.
pub fn run(arguments: &args::Replay) -> Result<(), Failure> {
    let window = arguments.window.0;
    if let Some(window) = window {
        config::check_window(window)?;
    }
    let tiers = config::tiers(&arguments.rollup.rollup, window.as_slice())?;
    if arguments.tsv && !tiers.is_empty() {
        return Err(Failure::usage(
            "--tsv does not say which window a row is of: with --rollup use --csv or --json",
        ));
    }
    let is_there = |name: &_| Path::new(name).exists();
    let (names, filter) = filter_words::split(&arguments.words, is_there);
    let (by, networks) = by(arguments)?;
    let selection = Selection {
        by: by.counted(&networks),
        filter: filter_words::read(filter)?,
        spill_budget: config::spill_budget(arguments.spill_budget, arguments.reduce),
    };
    let hierarchy = config::hierarchy(arguments.hierarchy, &selection.by)?;
    filter_words::check_names(names, is_there)?;
    let inputs = Input::all(names)?;
    let bytes = match arguments.bytes {
        BytesName::Cap => ByteLength::Captured,
        BytesName::Wire => ByteLength::Wire,
    };
    let engine = match arguments.engine {
        EngineName::User => Engine::user(arguments.memory, arguments.seed, &selection)?,
        #[cfg(feature = "kernel")]
        EngineName::Kernel => Engine::kernel(arguments.memory, arguments.seed, &selection)?,
    };
    let stop = Stop::on_signals().context("setting up signals")?;
    let secret = Secret::from_seed(arguments.seed);
    let keys = Keys {
        by,
        networks,
        ..Keys::default()
    };
    let mut origins = Origins::new(keys.ifaces.clone());
    let lookups = Lookups::read(&arguments.lookup, &selection.by, &mut origins, &engine)?;
    let sort = config::sort(arguments.sort);
    // All flows of one window are remembered: the report is of them.
    let most = usize::try_from(engine.geometry().rows_per_cpu()).unwrap_or(usize::MAX);
    let asked = Asked {
        selection,
        hierarchy,
        by: keys.by,
        networks: keys.networks.clone(),
        reduce: arguments.reduce,
        tiers,
        tier_memory_bytes: arguments.rollup.rollup_memory,
    };
    let windows = Windows::new(asked, secret, Run::new(sort, most), lookups)?;
    let start = Start {
        source: Source::Replay {
            files: inputs.iter().map(Input::file_name).collect(),
            engine: engine.name(),
            bytes,
        },
        keys,
        window,
        adaptive: None,
        memory_bytes: engine.geometry().memory_bytes(),
        rows_per_cpu: engine.geometry().rows_per_cpu(),
        tiers: windows.tiers(),
    };
    let format = format(arguments);
    let mut sink = output::on_stdout(format, arguments.top, sort);
    match sink.start(&start) {
        Err(error) if exit::is_closed_pipe(&error) => return Ok(()),
        started => started.context("writing the output")?,
    }
    let scrolls =
        stdout().is_terminal() && (window.is_some() || !matches!(format, Format::Screen { .. }));
    let progress = Progress::of(&inputs, scrolls);
    let time = CaptureTime::new(window);
    Replay::new(engine, bytes, time, origins, windows, sink.as_mut()).run(&inputs, &stop, progress)
}

/// What rows are of, and what networks are called.
fn by(arguments: &args::Replay) -> Result<(By, Arc<Networks>), Failure> {
    let (by, networks) = networks::read(arguments.networks.as_deref(), arguments.by)?;
    let asked = arguments.by.unwrap_or_default();
    if arguments.tsv && asked.has_network() {
        return Err(Failure::usage(
            "--tsv has no names of networks: use --csv or --json, or leave src_net and dst_net away",
        ));
    }
    if !arguments.lookup.is_empty() && by.counted(&networks) != by.without_networks() {
        return Err(Failure::usage(
            "--lookup needs the addresses that names of networks depend on: ask for src and dst, all of them, beside src_net and dst_net",
        ));
    }
    Ok((if arguments.tsv { asked } else { by }, networks))
}

fn format(arguments: &args::Replay) -> Format {
    match arguments {
        arguments if arguments.json => Format::Json,
        arguments if arguments.csv => Format::Csv,
        arguments if arguments.tsv => Format::Tsv,
        arguments => Format::Screen {
            numeric: arguments.numeric,
        },
    }
}
