//! `windrow replay`: the flows of captures, by the code that counts live packets.

use std::io::{IsTerminal, stdout};
use std::path::Path;

use anyhow::Context;
use windrow_core::capture_time::CaptureTime;
use windrow_core::selection::Selection;

use crate::args::{self, BytesName, EngineName};
use crate::config;
use crate::exit::{self, Failure};
use crate::filter_words;
use crate::output::{self, ByteLength, Format, Keys, Source, Start};
use crate::replay::{Asked, Engine, Input, Lookups, Origins, Progress, Replay, Stop};

/// Reads all captures and shows their windows.
pub fn run(arguments: &args::Replay) -> Result<(), Failure> {
    let window = arguments.window.0;
    if let Some(window) = window {
        config::check_window(window)?;
    }
    let is_there = |name: &_| Path::new(name).exists();
    let (names, filter) = filter_words::split(&arguments.words, is_there);
    let selection = Selection {
        by: arguments.by.unwrap_or_default(),
        filter: filter_words::read(filter)?,
        spill_budget: config::spill_budget(arguments.spill_budget, arguments.reduce),
    };
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
    let keys = Keys {
        by: selection.by,
        ..Keys::default()
    };
    let mut origins = Origins::new(keys.ifaces.clone());
    let lookups = Lookups::read(&arguments.lookup, &selection.by, &mut origins, &engine)?;
    let start = Start {
        source: Source::Replay {
            files: inputs.iter().map(Input::file_name).collect(),
            engine: engine.name(),
            bytes,
        },
        keys,
        window,
        memory_bytes: engine.geometry().memory_bytes(),
        rows_per_cpu: engine.geometry().rows_per_cpu(),
    };
    let (format, sort) = (format(arguments), config::sort(arguments.sort));
    let mut sink = output::on_stdout(format, arguments.top, sort);
    match sink.start(&start) {
        Err(error) if exit::is_closed_pipe(&error) => return Ok(()),
        started => started.context("writing the output")?,
    }
    let scrolls =
        stdout().is_terminal() && (window.is_some() || !matches!(format, Format::Screen { .. }));
    let progress = Progress::of(&inputs, scrolls);
    let time = CaptureTime::new(window);
    let asked = Asked {
        bytes,
        sort,
        reduce: arguments.reduce.map(|reduction| (reduction, selection.by)),
        lookups,
    };
    Replay::new(engine, asked, time, origins, sink.as_mut()).run(&inputs, &stop, progress)
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
