//! Windows added into a longer one.

use std::time::Duration;

use super::networks::Networks;
use super::{Ledger, Window};
use crate::distinct::Distinct;
use crate::edges::Span;
use crate::net::Side;
use crate::prefix;
use crate::rollup::{Closed, Part};
use crate::slice::{Folded, Row, Slice};
use crate::tally::Tally;

/// What windows of flows sum up to, but for their flows.
#[derive(Debug)]
pub struct Sums {
    ledger: Ledger,
    /// What they folded.
    folded: Vec<Folded>,
    /// At most so much they may hold of a flow that has a row in none of them.
    absent_hi: Tally,
    without_table: Tally,
    /// How many distinct values of keys there were in all of them, as far as somebody knows of each;
    /// `None`: there were no windows.
    distinct: Option<Option<Distinct>>,
    /// Networks that are told apart at most.
    networks: usize,
}

impl Part for Window {
    fn span(&self) -> &Span {
        &self.span
    }

    fn gap(&self) -> Duration {
        self.rolled.map_or(Duration::ZERO, |rolled| rolled.gap)
    }
}

impl Window {
    /// A longer window: a table in which the flows of its windows were added up, and what all else in
    /// them sums up to.
    ///
    /// `credits` says of each row of the table, in order, by how much less the windows in which the flow
    /// had a row may hold of it than of a flow without one; that is what is added to upper bounds, beside
    /// what the table itself may have folded.
    pub fn rolled<R>(closed: Closed, table: Slice<R>, credits: &[Tally], mut sums: Sums) -> Window
    where
        R: IntoIterator<Item = Row, IntoIter: ExactSizeIterator>,
    {
        sums.shrink();
        let mut window = Window::merge(closed.span, vec![table]);
        // Flows of rows come first, in the order of these; what only was spilled has no credit.
        let credits = credits
            .iter()
            .copied()
            .chain(std::iter::repeat(Tally::ZERO));
        for (flow, credit) in window.flows.iter_mut().zip(credits) {
            flow.bounds.hi += sums.absent_hi - credit;
        }
        window.absents.add(sums.absent_hi);
        window.absent_hi = window.absents.most();
        let rows = window.ledger.rows;
        window.earlier = sums.ledger.folded_sum();
        window.without_table = sums.without_table;
        window.distinct = sums.distinct.flatten();
        window.ledger = sums.ledger;
        window.ledger.rows = rows;
        window.folded.extend(sums.folded);
        window.ledger.folded = Default::default();
        for Folded { net, count, .. } in &window.folded {
            window.ledger.folded[net.level().index()] += *count;
        }
        window.prefixes = prefix::prefixes(&window.flows, &window.folded);
        window.rolled = Some(closed.rolled);
        window
    }
}

impl Sums {
    /// Of no windows; so many networks of what was folded will be told apart at most.
    pub fn new(networks: usize) -> Sums {
        Sums {
            ledger: Ledger::default(),
            folded: Vec::new(),
            absent_hi: Tally::ZERO,
            without_table: Tally::ZERO,
            distinct: None,
            networks,
        }
    }

    /// All so far; it begins anew.
    pub fn take(&mut self) -> Sums {
        std::mem::replace(self, Sums::new(self.networks))
    }

    /// Adds a window.
    pub fn add(&mut self, window: &Window) {
        self.ledger.add(&window.ledger);
        self.absent_hi += window.absent_hi;
        self.without_table += window.without_table;
        self.distinct = Some(match self.distinct.take() {
            None => window.distinct.clone(),
            Some(all) => Distinct::both(all, window.distinct.as_ref()),
        });
        self.folded.extend_from_slice(&window.folded);
        // Now and then is enough: what is folded of one network is one.
        if self.folded.len() > 2 * self.networks.max(1) {
            self.shrink();
        }
    }

    /// Makes of what was folded as many lines of networks as there is room for, or only totals.
    fn shrink(&mut self) {
        let folded_of = |side| {
            let folded = self.folded.iter().filter(|folded| folded.side == side);
            folded.map(|folded| folded.count.packets).sum::<u64>()
        };
        let side = match folded_of(Side::Src) > folded_of(Side::Dst) {
            true => Side::Src,
            false => Side::Dst,
        };
        let folded = std::mem::take(&mut self.folded);
        self.folded = Networks::new(side, folded, self.networks).folded();
    }
}

#[cfg(test)]
mod tests;
