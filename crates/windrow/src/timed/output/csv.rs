//! Comma-separated values: the rows, under the names that they have in `--json`.

use std::io::Write;

use windrow_core::timed::window::Window;

use crate::output::{Teller, of_writing};
use crate::timed::cgroups::Cgroups;
use crate::timed::output::{Conditions, Records, Sink, Start, Summary, Warning};

/// Writes CSV (RFC 4180, but for line ends of one character).
pub struct Csv<W: Write, S: Records> {
    out: csv::Writer<W>,
    /// Rows a window; `None` = all.
    top: Option<usize>,
    sort: S::Sort,
    by: S::By,
    how: S::How,
    cgroups: Cgroups,
    teller: Teller,
}

impl<W: Write, S: Records> Csv<W, S> {
    /// Rows go to `out`, flushed after every window.
    pub fn new(out: W, top: Option<usize>, sort: S::Sort) -> Self {
        Csv {
            out: csv::WriterBuilder::new()
                .has_headers(false)
                .from_writer(out),
            top,
            sort,
            by: S::By::default(),
            how: S::How::default(),
            cgroups: Cgroups::new(),
            teller: Teller::default(),
        }
    }
}

impl<W: Write, S: Records> Sink<S> for Csv<W, S> {
    fn start(&mut self, start: &Start<S>) -> anyhow::Result<()> {
        (self.by, self.how) = (start.by, start.how.clone());
        self.out
            .write_record(S::columns(&self.by, &self.how))
            .map_err(of_writing)?;
        self.out.flush()?;
        Ok(())
    }

    fn window(
        &mut self,
        window: &Window<S>,
        _: &Conditions,
        warnings: &[Warning],
    ) -> anyhow::Result<()> {
        for row in S::top(&window.rows, self.top, self.sort) {
            let row = S::row(window, row, &self.by, &self.how, &mut self.cgroups);
            self.out.serialize(row).map_err(of_writing)?;
        }
        self.teller.say(warnings, window.tier());
        self.out.flush()?;
        Ok(())
    }

    fn summary(&mut self, _: &Summary<'_, S>) -> anyhow::Result<()> {
        Ok(())
    }
}
