//! Comma-separated values: the rows, under the names that they have in `--json`.

use std::io::Write;

use windrow_core::calls::by::By;
use windrow_core::calls::top::{Sort, top};
use windrow_core::calls::window::Window;

use crate::calls::cgroups::Cgroups;
use crate::calls::output::row::{RowFields, columns};
use crate::calls::output::{Conditions, Sink, Start, Summary, Warning};
use crate::output::{Teller, of_writing};

/// Writes CSV (RFC 4180, but for line ends of one character).
pub struct Csv<W: Write> {
    out: csv::Writer<W>,
    /// Rows a window; `None` = all.
    top: Option<usize>,
    sort: Sort,
    by: By,
    cgroups: Cgroups,
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
            by: By::default(),
            cgroups: Cgroups::new(),
            teller: Teller::default(),
        }
    }
}

impl<W: Write> Sink for Csv<W> {
    fn start(&mut self, start: &Start) -> anyhow::Result<()> {
        self.by = start.by;
        self.out
            .write_record(columns(&start.by))
            .map_err(of_writing)?;
        self.out.flush()?;
        Ok(())
    }

    fn window(
        &mut self,
        window: &Window,
        _: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()> {
        for call in top(&window.rows, self.top, self.sort) {
            let row = RowFields::of(window, call, &self.by, &mut self.cgroups);
            self.out.serialize(row).map_err(of_writing)?;
        }
        self.teller.say(warnings, window.tier());
        self.out.flush()?;
        Ok(())
    }

    fn summary(&mut self, _: &Summary<'_>) -> anyhow::Result<()> {
        Ok(())
    }
}
