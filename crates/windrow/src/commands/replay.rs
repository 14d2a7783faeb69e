//! `windrow replay`: the flows of captures, by the code that counts live packets.

use std::io::{BufWriter, IsTerminal, stdout};

use anyhow::Context;
use jiff::tz::TimeZone;
use windrow_core::capture_time::CaptureTime;

use crate::args::{self, BytesName, EngineName};
use crate::config::{self, DEFAULT_TOP};
use crate::exit::{self, Failure};
use crate::output::csv::Csv;
use crate::output::json::Json;
use crate::output::screen::{Look, Screen};
use crate::output::tsv::Tsv;
use crate::output::{ByteLength, Sink, Source, Start};
use crate::replay::{Engine, Input, Progress, Replay, Stop};

/// Reads all captures and shows their windows.
pub fn run(arguments: &args::Replay) -> Result<(), Failure> {
    let window = arguments.window.0;
    if let Some(window) = window {
        config::check_window(window)?;
    }
    let inputs = Input::all(&arguments.files)?;
    let bytes = match arguments.bytes {
        BytesName::Cap => ByteLength::Captured,
        BytesName::Wire => ByteLength::Wire,
    };
    let engine = match arguments.engine {
        EngineName::User => Engine::user(arguments.memory, arguments.seed)?,
        #[cfg(feature = "kernel")]
        EngineName::Kernel => Engine::kernel(arguments.memory, arguments.seed)?,
    };
    let stop = Stop::on_signals().context("setting up signals")?;
    let start = Start {
        source: Source::Replay {
            files: inputs.iter().map(Input::file_name).collect(),
            engine: engine.name(),
            bytes,
        },
        window,
        memory_bytes: engine.geometry().memory_bytes(),
        rows_per_cpu: engine.geometry().rows_per_cpu(),
    };
    let mut sink = sink(arguments);
    match sink.start(&start) {
        Err(error) if exit::is_closed_pipe(&error) => return Ok(()),
        started => started.context("writing the output")?,
    }
    let scrolls = stdout().is_terminal()
        && (window.is_some() || arguments.json || arguments.csv || arguments.tsv);
    let progress = Progress::of(&inputs, scrolls);
    let sort = config::sort(arguments.sort);
    Replay::new(engine, bytes, CaptureTime::new(window), sort, sink.as_mut())
        .run(&inputs, &stop, progress)
}

fn sink(arguments: &args::Replay) -> Box<dyn Sink> {
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
    if arguments.tsv {
        return Box::new(Tsv::new(out, top, sort));
    }
    let look = Look::of_stdout(top.unwrap_or(DEFAULT_TOP), sort, arguments.numeric);
    Box::new(Screen::new(out, look, TimeZone::system()))
}
