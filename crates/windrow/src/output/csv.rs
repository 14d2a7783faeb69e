//! Comma-separated values: the flow rows, under the names that they have in `--json`.

use std::io::{self, Write};

use windrow_core::by::{Key, Named};
use windrow_core::top::{Sort, shown};
use windrow_core::window::{Flow, Window};

use crate::output::json::flow::FlowFields;
use crate::output::key::Keys;
use crate::output::{Conditions, Sink, Start, Summary, Teller, Warning};

/// Before the keys, and after them, in the order of [`FlowFields`].
const BEFORE: [&str; 2] = ["seq", "window_ns"];
const AFTER: [&str; 8] = [
    "packets",
    "packets_hi",
    "bytes",
    "bytes_hi",
    "first",
    "last",
    "tcp_flags",
    "exact",
];

/// Writes CSV (RFC 4180, but for line ends of one character).
pub struct Csv<W: Write> {
    out: csv::Writer<W>,
    /// Rows a window; `None` = all.
    top: Option<usize>,
    sort: Sort,
    keys: Keys,
    teller: Teller,
}

impl<W: Write> Csv<W> {
    /// Rows go to `out`, flushed after every window.
    pub fn new(out: W, top: Option<usize>, sort: Sort) -> Self {
        Csv {
            out: csv::WriterBuilder::new()
                .has_headers(false)
                .from_writer(out),
            top,
            sort,
            keys: Keys::default(),
            teller: Teller::default(),
        }
    }

    fn flow(&mut self, window: &Window, flow: &Flow) -> io::Result<()> {
        let fields = FlowFields::of(window, flow, &self.keys);
        self.out.serialize(fields).map_err(of_writing)
    }
}

impl<W: Write> Sink for Csv<W> {
    fn start(&mut self, start: &Start) -> anyhow::Result<()> {
        if start.source.is_replay() {
            self.teller.once();
        }
        self.keys = start.keys.clone();
        let keys = self.keys.by.keys().map(Key::name);
        let header = BEFORE.into_iter().chain(keys).chain(AFTER);
        self.out.write_record(header).map_err(of_writing)?;
        self.out.flush()?;
        Ok(())
    }

    fn window(
        &mut self,
        window: &Window,
        conditions: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()> {
        for flow in shown(&window.flows, self.top, self.sort) {
            self.flow(window, flow)?;
        }
        self.teller.say(warnings, window.tier());
        Teller::say_length(conditions.length);
        self.out.flush()?;
        Ok(())
    }

    fn summary(&mut self, summary: &Summary<'_>) -> anyhow::Result<()> {
        if let Some(captured) = &summary.captured {
            self.teller.say(&Warning::of_records(&captured.notes), None);
        }
        Ok(())
    }
}

/// The output's own error, by whose kind a reader that went away is known.
pub fn of_writing(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}
