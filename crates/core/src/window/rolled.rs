//! Windows added into a longer one.

use super::Window;
use super::networks::Networks;
use crate::edges::Span;
use crate::net::Side;
use crate::prefix;
use crate::rollup::Sums;
use crate::slice::{Folded, Row, Slice};
use crate::tally::Tally;

impl Window {
    /// A longer window: a table in which the flows of its windows were added up, and what all else in
    /// them sums up to.
    ///
    /// `credits` says of each row of the table, in order, by how much less the windows in which the flow
    /// had a row may hold of it than of a flow without one; that is what is added to upper bounds, beside
    /// what the table itself may have folded.
    pub fn rolled<R>(span: Span, table: Slice<R>, credits: &[Tally], sums: Sums) -> Window
    where
        R: IntoIterator<Item = Row, IntoIter: ExactSizeIterator>,
    {
        let mut window = Window::merge(span, vec![table]);
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
        window.distinct = sums.distinct;
        window.ledger = sums.ledger;
        window.ledger.rows = rows;
        window.folded.extend(sums.folded);
        window.ledger.folded = Default::default();
        for Folded { net, count, .. } in &window.folded {
            window.ledger.folded[net.level().index()] += *count;
        }
        window.prefixes = prefix::prefixes(&window.flows, &window.folded);
        window.rolled = Some(sums.rolled);
        window
    }

    /// What was folded; a network may be there several times.
    pub(crate) fn folded(&self) -> &[Folded] {
        &self.folded
    }
}

impl Sums {
    /// Makes of what was folded so many lines of networks at most, or only totals.
    pub(crate) fn shrink_to(&mut self, networks: usize) {
        let folded_of = |side| {
            let folded = self.folded.iter().filter(|folded| folded.side == side);
            folded.map(|folded| folded.count.packets).sum::<u64>()
        };
        let side = match folded_of(Side::Src) > folded_of(Side::Dst) {
            true => Side::Src,
            false => Side::Dst,
        };
        let folded = std::mem::take(&mut self.folded);
        self.folded = Networks::new(side, folded, networks).folded();
    }
}
