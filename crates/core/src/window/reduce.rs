//! Folding the smallest flows of a window, so that enough events stand behind each line of output.

use hashbrown::HashSet;

use super::networks::Networks;
use super::{Flow, Window};
use crate::by::{By, Key};
use crate::net::{Family, Net, Side};
use crate::prefix;
use crate::reduction::Reduction;
use crate::slice::Folded;
use crate::top::Sort;
use lines::Lines;

/// Of all lines no more than one in so many is a network's …
const LINES_A_NETWORK: usize = 4;
/// … and of those that are saved no more than this for each.
const SAVED_A_NETWORK: usize = 3;
/// Flows that are looked at to choose a side.
const SIDE_SAMPLE: usize = 4096;

impl Window {
    /// Folds the smallest flows until no more summaries are left than a reduction has room for, and
    /// no more flows than that takes; whether that could be reached. If not, all flows are folded into
    /// the total: spilled rows and reasons are summaries that cannot be folded.
    ///
    /// Flows are folded into networks of one side, which are lines themselves: where there are too
    /// many of them, the smallest go up a level. With a [hierarchy](Window::add_hierarchy) the networks of
    /// flows that stay are lines, too. `by` is what keys hold, and how much of addresses.
    pub fn reduce(&mut self, reduction: Reduction, by: &By) -> bool {
        let most = reduction.summaries(self.ledger.events);
        if self.summaries() <= most {
            return true;
        }
        let fixed = self.ledger.other.len() as u64 + self.exported_spills();
        let room = usize::try_from(most.saturating_sub(fixed)).unwrap_or(usize::MAX);
        let families = self.families();
        let mut lines = Lines::new(self.hierarchy, by, &families);
        let shares = self.shares(room, families.len(), lines.count());
        let largest = room.min(self.flows.len());
        let stay = shares.flows.min(largest);
        select(&mut self.flows, largest);
        select(&mut self.flows[..largest], stay);
        if self.hierarchy.is_some() {
            // Not all of them may find room, with their networks: the largest come first.
            self.flows[..stay].sort_unstable_by_key(rank);
        }
        let fits = |flow: &&Flow| lines.add(&flow.key, shares.flows);
        let mut kept = self.flows[..stay].iter().take_while(fits).count();

        let side = self.side(by, &self.flows[kept..]);
        let of_flows = self.flows[kept..].iter().map(|flow| fold(flow, side, by));
        let folded = self.folded.iter().copied().chain(of_flows).collect();
        let mut networks = Networks::new(side, folded, shares.networks);

        // They may have become fewer than there is room for: some flows can stay after all.
        let next = &mut self.flows[kept..largest];
        next.sort_unstable_by_key(rank);
        for flow in next {
            if !lines.add(&flow.key, room.saturating_sub(networks.lines())) {
                break;
            }
            networks.take_back(&fold(flow, side, by));
            kept += 1;
        }
        self.leave(kept, networks.folded(), by);
        self.summaries() <= most
    }

    /// Those of what was counted.
    fn families(&self) -> Vec<Family> {
        let is_there = |family: &Family| {
            let of_flows = self.flows.iter().map(|flow| Family::of(flow.key.src));
            let of_folded = self.folded.iter().map(|folded| folded.net.family());
            of_flows.chain(of_folded).any(|it| it == *family)
        };
        let families = [Family::Ipv4, Family::Ipv6].into_iter();
        families.filter(is_there).collect()
    }

    /// Divides room for so many lines between flows, of which so many lines are taken in any case, and
    /// networks that they are folded into, of which there is at least one a family; nothing where there is
    /// no room for these.
    fn shares(&self, room: usize, families: usize, taken: usize) -> Shares {
        if room < families + taken {
            return Shares {
                flows: 0,
                networks: 0,
            };
        }
        let lines = self.flows.len() + self.prefixes.len();
        let of_flows = match self.hierarchy {
            Some(_) => lines,
            None => self.flows.len(),
        };
        let networks = (room / LINES_A_NETWORK)
            .min(lines.saturating_sub(room) / SAVED_A_NETWORK)
            .max(room.saturating_sub(of_flows))
            .clamp(families, room - taken);
        Shares {
            flows: room - networks,
            networks,
        }
    }

    /// The side whose networks flows are folded into: that of what is folded already, so that
    /// intervals stay narrow; else the one with fewer distinct addresses among them.
    fn side(&self, by: &By, flows: &[Flow]) -> Side {
        match (by.has(Key::Src), by.has(Key::Dst)) {
            (true, false) => return Side::Src,
            (_, false) | (false, true) => return Side::Dst,
            (true, true) => {}
        }
        let folded_of = |side| {
            let folded = self.folded.iter().filter(|folded| folded.side == side);
            folded.map(|folded| folded.count.packets).sum::<u64>()
        };
        let (of_src, of_dst) = (folded_of(Side::Src), folded_of(Side::Dst));
        if of_src != of_dst {
            return if of_src > of_dst {
                Side::Src
            } else {
                Side::Dst
            };
        }
        let step = flows.len().div_ceil(SIDE_SAMPLE).max(1);
        let distinct = |side: Side| {
            let addresses = flows.iter().step_by(step).map(|flow| side.of(&flow.key));
            addresses.collect::<HashSet<_>>().len()
        };
        if distinct(Side::Src) < distinct(Side::Dst) {
            Side::Src
        } else {
            Side::Dst
        }
    }

    /// Leaves the first flows; the others are in what was folded, which is all there is of it.
    fn leave(&mut self, kept: usize, folded: Vec<Folded>, by: &By) {
        for flow in self.flows.drain(kept..) {
            self.reduced += flow.bounds.lo;
            self.absents.leaves(flow.bounds.hi);
        }
        self.absent_hi = self.absents.most();
        self.ledger.rows = self.flows.iter().map(|flow| flow.bounds.lo).sum();
        self.ledger.folded = Default::default();
        for Folded { net, count, .. } in &folded {
            self.ledger.folded[net.level().index()] += *count;
        }
        self.prefixes = prefix::prefixes(&self.flows, &folded);
        self.folded = folded;
        if let Some(hierarchy) = self.hierarchy {
            self.add_hierarchy(&hierarchy, by);
        }
    }
}

/// Lines that there is room for.
struct Shares {
    /// Of flows and what comes with them.
    flows: usize,
    networks: usize,
}

/// Puts the `k` largest flows first.
fn select(flows: &mut [Flow], k: usize) {
    if k < flows.len() {
        flows.select_nth_unstable_by_key(k, rank);
    }
}

/// The larger, the earlier.
fn rank(flow: &Flow) -> impl Ord + use<> {
    (Sort::Packets.rank(flow.bounds.lo), flow.key)
}

/// A flow as a part of the finest network that its key tells.
fn fold(flow: &Flow, side: Side, by: &By) -> Folded {
    let address = side.of(&flow.key);
    let level = by.finest(side, Family::of(address));
    Folded {
        side,
        net: Net::of(address, level),
        count: flow.bounds.lo,
    }
}

mod lines;
#[cfg(test)]
mod tests;
