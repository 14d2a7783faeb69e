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
use windrow_core::capture_time::{CaptureTime, Oddities};
use windrow_core::edges::Span;
use windrow_core::window::Window;

use crate::exit::{self, Failure};
use crate::notes::Notes;
use crate::output::{ByteLength, Captured, Conditions, Sink, Summary};
use crate::windows::Windows;

pub use engine::Engine;
pub use inputs::Input;
pub use lookups::Lookups;
pub use origins::Origins;
pub use progress::Progress;
pub use stop::Stop;

/// Captures on their way into windows.
pub struct Replay<'a> {
    engine: Engine,
    /// Which length of records is counted.
    bytes: ByteLength,
    time: CaptureTime,
    origins: Origins,
    /// Of the open window, and of all closed ones.
    notes: (Notes, Notes),
    /// Records that were read.
    read: u64,
    windows: Windows,
    sink: &'a mut dyn Sink,
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
        bytes: ByteLength,
        time: CaptureTime,
        origins: Origins,
        windows: Windows,
        sink: &'a mut dyn Sink,
    ) -> Self {
        Replay {
            engine,
            time,
            origins,
            notes: Default::default(),
            read: 0,
            bytes,
            windows,
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
            let shown = self.window(closed).and_then(|()| {
                self.windows.finish(self.sink)?;
                self.summary(complete)
            });
            match shown {
                Err(error) if exit::is_closed_pipe(&error) => {}
                shown => shown.context("writing the output")?,
            }
        }
        // The reader counts records by itself: a second opinion on the engine's total.
        let (read, counted) = (self.read, self.windows.run().ledger.events);
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
        let bytes = match self.bytes {
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
        let window = Window::merge(span, vec![slice]);
        let conditions = Conditions {
            drain,
            lost: self.engine.lost_since(),
            notes,
            ..Conditions::default()
        };
        self.windows.take(window, conditions, self.sink)
    }

    fn summary(&mut self, complete: bool) -> anyhow::Result<()> {
        let captured = Captured {
            notes: self.notes.1,
            bytes: self.bytes,
            complete,
            times: self.time.reach(),
        };
        let summary = Summary {
            captured: Some(captured),
            looked_up: self.windows.looked_up(),
            ..Summary::of(self.windows.run())
        };
        self.sink.summary(&summary)
    }
}

fn inputs_in_words(number: usize) -> String {
    format!("{number} input{}", if number == 1 { "" } else { "s" })
}
