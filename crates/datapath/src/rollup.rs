//! Windows added into longer ones, those into still longer ones, each in tables of its own.

use std::time::Duration;

use windrow_core::edges::Span;
use windrow_core::rollup::{Along, Closed, Tier};
use windrow_core::selection::Selection;
use windrow_core::window::Window;

use crate::native::{Added, Error};
use crate::secret::Secret;

/// All tiers of longer windows, the shortest first; each is made of the one before.
#[derive(Debug)]
pub struct Rollup<A> {
    levels: Vec<Level<A>>,
}

/// One tier with the table in which its flows are added up.
#[derive(Debug)]
struct Level<A> {
    tier: Tier<A>,
    table: Added,
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
            let tier = Tier::new(*length, table.geometry().networks());
            Ok(Level { tier, table })
        };
        Ok(Rollup {
            levels: lengths.iter().map(level).collect::<Result<_, Error>>()?,
        })
    }

    /// Of each tier the length of its windows, the bytes that its tables hold, and their rows.
    pub fn tiers(&self) -> impl Iterator<Item = (Duration, u64, u64)> {
        self.levels.iter().map(|Level { tier, table }| {
            let rows = table.geometry().rows_per_cpu();
            (tier.length(), table.memory_bytes(), rows)
        })
    }

    /// The longer windows that are over because a window of that span is not theirs, the shorter before the
    /// longer that they are part of.
    pub fn before(&mut self, span: &Span) -> Vec<(Window, A)> {
        let mut over = Vec::new();
        for place in 0..self.levels.len() {
            if self.levels[place].tier.is_left_by(span) {
                over.extend(self.close(place));
            }
        }
        over
    }

    /// Adds a window, with what goes with it. The longer windows that are over come back, in the same order:
    /// those that were [before](Self::before) it, if they were not asked for, and those that are with it.
    pub fn add(&mut self, window: &Window, along: &A) -> Vec<(Window, A)> {
        let mut over = self.before(&window.span);
        over.extend(self.add_at(0, window, along));
        over
    }

    /// Closes all that is open: no window will be added any more.
    pub fn finish(&mut self) -> Vec<(Window, A)> {
        (0..self.levels.len())
            .flat_map(|level| self.close(level))
            .collect()
    }

    fn add_at(&mut self, place: usize, window: &Window, along: &A) -> Vec<(Window, A)> {
        let Some(level) = self.levels.get_mut(place) else {
            return Vec::new();
        };
        level.add(window, along);
        match level.tier.is_over() {
            true => self.close(place),
            false => Vec::new(),
        }
    }

    /// Closes a tier's open window and adds it to the next tier.
    fn close(&mut self, place: usize) -> Vec<(Window, A)> {
        let Some((window, along)) = self.levels[place].close() else {
            return Vec::new();
        };
        let longer = self.add_at(place + 1, &window, &along);
        let mut over = vec![(window, along)];
        over.extend(longer);
        over
    }
}

impl<A: Along> Level<A> {
    fn add(&mut self, window: &Window, along: &A) {
        debug_assert!(!self.tier.is_left_by(&window.span));
        self.tier.add(window, along);
        self.table.events(window.ledger.events);
        for flow in &window.flows {
            let over = flow.bounds.hi - flow.bounds.lo;
            debug_assert_eq!(over.max_each(window.absent_hi), window.absent_hi);
            self.table.add(flow, window.absent_hi - over);
        }
    }

    fn close(&mut self) -> Option<(Window, A)> {
        let Closed { span, sums, along } = self.tier.close()?;
        let (table, credits) = self.table.drain();
        Some((Window::rolled(span, table, credits, sums), along))
    }
}

#[cfg(test)]
mod tests;
