//! The replay pipeline: captures → engine → windows → a sink.
//!
//! The engine is the code that counts live packets, once compiled for this process, once loaded
//! into the kernel ([`engine`]). When windows end is decided by `windrow_core::capture_time`.

mod engine;
mod inputs;
mod lookups;
mod origins;
mod progress;
mod stop;

use std::time::Instant;

use anyhow::{Context, anyhow};
use windrow_capture::{Capture, Record};
use windrow_core::by::By;
use windrow_core::capture_time::{CaptureTime, Oddities};
use windrow_core::edges::Span;
use windrow_core::reduction::Reduction;
use windrow_core::run::Run;
use windrow_core::top::Sort;
use windrow_core::window::Window;

use crate::exit::{self, Failure};
use crate::notes::Notes;
use crate::output::{ByteLength, Captured, Conditions, Sink, Summary, Warning};

pub use engine::Engine;
pub use inputs::Input;
pub use lookups::Lookups;
pub use origins::Origins;
pub use progress::Progress;
pub use stop::Stop;

/// Captures on their way into windows.
pub struct Replay<'a> {
    engine: Engine,
    asked: Asked,
    time: CaptureTime,
    origins: Origins,
    /// Of the open window, and of all closed ones.
    notes: (Notes, Notes),
    /// Records that were read.
    read: u64,
    run: Run,
    sink: &'a mut dyn Sink,
}

/// What is to be made of records.
pub struct Asked {
    /// Which of their lengths is counted.
    pub bytes: ByteLength,
    /// What the largest flows of all are chosen by.
    pub sort: Sort,
    /// How many events there are to be for each line of output, and what flows are told apart by.
    pub reduce: Option<(Reduction, By)>,
    /// Flows that are looked for in every window.
    pub lookups: Lookups,
}

/// Why no further record is read.
enum End {
    /// There is none.
    Read,
    /// It was asked for.
    Asked,
    /// The reader of the output is gone.
    OutputClosed,
    /// The rest cannot be read.
    Failed(Failure),
}

impl<'a> Replay<'a> {
    /// Nothing has been read.
    pub fn new(
        engine: Engine,
        asked: Asked,
        time: CaptureTime,
        origins: Origins,
        sink: &'a mut dyn Sink,
    ) -> Self {
        // All flows of one window are remembered: the report is of them.
        let most = usize::try_from(engine.geometry().rows_per_cpu()).unwrap_or(usize::MAX);
        Replay {
            engine,
            time,
            origins,
            notes: Default::default(),
            read: 0,
            run: Run::new(asked.sort, most),
            asked,
            sink,
        }
    }

    /// Counts every record of the inputs, as one stream, until `stop` is set.
    ///
    /// # Errors
    /// When an input cannot be read on: what was read of it until then has been counted and shown.
    pub fn run(
        mut self,
        inputs: &[Input],
        stop: &Stop,
        mut progress: Progress,
    ) -> Result<(), Failure> {
        let mut end = End::Read;
        let (mut done, mut read_of_done) = (0, 0);
        for input in inputs {
            end = match input.open(stop) {
                _ if stop.is_asked() && !input.is_pipe() => End::Asked,
                Ok(capture) => self.capture(input, capture, stop, &mut progress),
                Err(_) if stop.is_cut() => End::Asked,
                Err(failure) => End::Failed(failure),
            };
            if !matches!(end, End::Read) {
                break;
            }
            done += 1;
            read_of_done = self.read;
            progress.next_input();
        }
        progress.finish();
        let failure = match end {
            End::Read => None,
            End::OutputClosed => return Ok(()),
            End::Asked => {
                let part = if self.read > read_of_done {
                    ", and a part of the next"
                } else {
                    ""
                };
                let all = inputs_in_words(inputs.len());
                eprintln!("windrow: interrupted: {done} of {all} read to the end{part}");
                None
            }
            End::Failed(failure) => Some(failure),
        };
        // A file that is refused as a whole has nothing to show.
        if self.read > 0 || failure.is_none() {
            let closed = self.time.close();
            let complete = done == inputs.len();
            match self.window(closed).and_then(|()| self.summary(complete)) {
                Err(error) if exit::is_closed_pipe(&error) => {}
                shown => shown.context("writing the output")?,
            }
        }
        // The reader counts records by itself: a second opinion on the engine's total.
        let (read, counted) = (self.read, self.run.ledger.events);
        if read != counted {
            return Err(anyhow!(
                "{read} records were read, but {counted} counted: this is a bug in windrow, please report it"
            )
            .into());
        }
        let unread = inputs.len() - done;
        match failure {
            Some(failure) if unread > 1 => Err(failure.and(format!(
                "the {} behind it not read",
                inputs_in_words(unread - 1)
            ))),
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    fn capture(
        &mut self,
        input: &Input,
        mut capture: Capture<inputs::Reader>,
        stop: &Stop,
        progress: &mut Progress,
    ) -> End {
        let is_pipe = input.is_pipe();
        self.origins.next_capture();
        loop {
            let record = match capture.next_record() {
                Ok(Some(record)) => record,
                // What reading was ended for is no damage.
                Ok(None) | Err(_) if stop.is_cut() => return End::Asked,
                Ok(None) => return End::Read,
                Err(error) => return End::Failed(input.failure(error)),
            };
            if let Some(closed) = self.time.advance(record.time)
                && let Err(error) = self.window(Some(closed))
            {
                return match exit::is_closed_pipe(&error) {
                    true => End::OutputClosed,
                    false => End::Failed(error.context("writing the output").into()),
                };
            }
            if let Err(failure) = self.record(&record) {
                return End::Failed(failure);
            }
            // A pipe is read until its writer, which was interrupted too, has nothing more to say.
            if stop.is_asked() && !is_pipe {
                return End::Asked;
            }
            if self.read.is_multiple_of(progress::RECORDS) {
                progress.at(capture.bytes_read());
            }
        }
    }

    fn record(&mut self, record: &Record<'_>) -> Result<(), Failure> {
        let captured = record.captured.len() as u32;
        let bytes = match self.asked.bytes {
            ByteLength::Captured => captured,
            ByteLength::Wire => record.original_bytes,
        };
        let origin = self.origins.of(record);
        let at = self.time.now();
        self.engine
            .count(origin, record.link, record.captured, bytes, at)?;
        self.read += 1;
        self.notes.0.record(captured, record.original_bytes);
        Ok(())
    }

    /// Hands a closed window to the sink.
    fn window(&mut self, closed: Option<(Span, Oddities)>) -> anyhow::Result<()> {
        let Some((span, oddities)) = closed else {
            return Ok(());
        };
        let before = Instant::now();
        let slice = self.engine.drain();
        let drain = before.elapsed();
        let mut notes = std::mem::take(&mut self.notes.0);
        notes.oddities = oddities;
        self.notes.1.add(&notes);
        let mut window = Window::merge(span, vec![slice]);
        let unreduced = self.asked.reduce.filter(|(it, by)| !window.reduce(*it, by));
        let conditions = Conditions {
            drain,
            lost: self.engine.lost_since(),
            notes,
            unreduced: unreduced.map(|(asked, _)| asked),
            ..Conditions::default()
        };
        self.run.add(&window, conditions.lost);
        self.asked.lookups.add(&window);
        let warnings = Warning::of(&window, &conditions);
        if let Some(error) = warnings.iter().find(|warning| warning.is_error()) {
            eprintln!("windrow: error: {}", error.text);
        }
        self.sink.window(&window, &conditions, &warnings)
    }

    fn summary(&mut self, complete: bool) -> anyhow::Result<()> {
        let captured = Captured {
            notes: self.notes.1,
            bytes: self.asked.bytes,
            complete,
            times: self.time.reach(),
        };
        let summary = Summary {
            captured: Some(captured),
            looked_up: self.asked.lookups.found(),
            ..Summary::of(&self.run)
        };
        self.sink.summary(&summary)
    }
}

fn inputs_in_words(number: usize) -> String {
    format!("{number} input{}", if number == 1 { "" } else { "s" })
}
