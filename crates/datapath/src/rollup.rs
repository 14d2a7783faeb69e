//! Windows added into longer ones, those into still longer ones, each in tables of its own.

use std::time::Duration;

use windrow_core::edges::Span;
use windrow_core::rollup::{Adder, Along, Cascade, Closed};
use windrow_core::selection::Selection;
use windrow_core::window::{Sums, Window};

use crate::native::{Added, Error};
use crate::secret::Secret;

/// All tiers of longer windows, the shortest first; each is made of the one before.
#[derive(Debug)]
pub struct Rollup<A> {
    levels: Cascade<Flows, A>,
}

/// The table in which flows of one tier are added up, and what all else in their windows sums up to.
#[derive(Debug)]
struct Flows {
    table: Added,
    sums: Sums,
}

impl<A: Along> Rollup<A> {
    /// Windows of those lengths, each a multiple of the one before and of the windows that will be added,
    /// of what is selected; each tier's tables fit into `memory_bytes`.
    pub fn new(
        lengths: &[Duration],
        memory_bytes: u64,
        secret: Secret,
        selection: &Selection,
    ) -> Result<Self, Error> {
        // What was filtered is in no row that is added.
        let selection = Selection {
            filter: None,
            ..selection.clone()
        };
        let level = |length: &Duration| {
            let table = Added::new(memory_bytes, secret, &selection)?;
            let sums = Sums::new(table.geometry().networks());
            Ok((*length, Flows { table, sums }))
        };
        Ok(Rollup {
            levels: lengths.iter().map(level).collect::<Result<_, Error>>()?,
        })
    }

    /// Of each tier the length of its windows, the bytes that its tables hold, and their rows.
    pub fn tiers(&self) -> impl Iterator<Item = (Duration, u64, u64)> {
        self.levels.levels().map(|(length, Flows { table, .. })| {
            let rows = table.geometry().rows_per_cpu();
            (length, table.memory_bytes(), rows)
        })
    }

    /// The longer windows that are over because a window of that span is not theirs, the shorter before the
    /// longer that they are part of.
    pub fn before(&mut self, span: &Span) -> Vec<(Window, A)> {
        self.levels.before(span)
    }

    /// Adds a window, with what goes with it. The longer windows that are over come back, in the same order:
    /// those that were [before](Self::before) it, if they were not asked for, and those that are with it.
    pub fn add(&mut self, window: &Window, along: &A) -> Vec<(Window, A)> {
        self.levels.add(window, along)
    }

    /// Closes all that is open: no window will be added any more.
    pub fn finish(&mut self) -> Vec<(Window, A)> {
        self.levels.finish()
    }
}

impl Adder for Flows {
    type Window = Window;

    fn add(&mut self, window: &Window) {
        self.sums.add(window);
        self.table.events(window.ledger.events);
        for flow in &window.flows {
            let over = flow.bounds.hi - flow.bounds.lo;
            debug_assert_eq!(over.max_each(window.absent_hi), window.absent_hi);
            self.table.add(flow, window.absent_hi - over);
        }
    }

    fn close(&mut self, closed: Closed) -> Window {
        let (table, credits) = self.table.drain();
        Window::rolled(closed, table, credits, self.sums.take())
    }
}

#[cfg(test)]
mod tests;
