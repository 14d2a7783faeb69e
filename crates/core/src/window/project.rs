//! Names instead of addresses: flows that are alike in all that is printed of them become one.

use std::net::{IpAddr, Ipv4Addr};

use hashbrown::HashMap;

use super::absent::Absents;
use super::{Flow, Window};
use crate::by::{By, Key};
use crate::flow::FlowKey;
use crate::net::{Family, Level, Net, Side};
use crate::networks::{NetName, Networks};
use crate::slice::Folded;
use crate::tally::Tally;

impl Window {
    /// Tells flows the names of their networks, where `by` has names among its keys, and leaves of a
    /// flow's key what `by` asks for. The window was counted by [`By::counted`]. It is the last thing
    /// that is made of a window: from then on [`Window::absent_bounds`] knows no hashes, unless only
    /// names were added.
    ///
    /// A merged flow has at least what its parts had. At most it has all, too, that was folded and
    /// may be its own: parts without a row may belong to it, and no bound of a row says anything of them.
    pub fn project(&mut self, networks: &Networks, by: &By) {
        if !by.has_network() {
            return;
        }
        let view = View { networks, by };
        if by.counted(networks) == by.without_networks() {
            // What is kept tells flows apart already.
            for flow in &mut self.flows {
                flow.key = view.key(&flow.key);
            }
            return;
        }
        let foldings = Foldings::of(&self.folded, &view);
        let mut places = HashMap::new();
        let mut merged: Vec<Flow> = Vec::new();
        for part in self.flows.drain(..) {
            let key = view.key(&part.key);
            let place = *places.entry(key).or_insert(merged.len());
            match merged.get_mut(place) {
                Some(flow) => {
                    flow.bounds.lo += part.bounds.lo;
                    flow.first = flow.first.min(part.first);
                    flow.last = flow.last.max(part.last);
                    flow.tcp_flags |= part.tcp_flags;
                }
                None => merged.push(Flow { key, ..part }),
            }
        }
        for flow in &mut merged {
            flow.bounds.hi = flow.bounds.lo + foldings.of_key(&flow.key);
        }
        self.flows = merged;
        if let Some(distinct) = &mut self.distinct {
            distinct.keep(by);
        }
        self.absents = Absents::at_most(self.ledger.folded_sum());
        self.absent_hi = self.absents.most();
    }
}

/// What is left of keys.
struct View<'a> {
    networks: &'a Networks,
    by: &'a By,
}

impl View<'_> {
    fn key(&self, key: &FlowKey) -> FlowKey {
        FlowKey {
            src: self.address(Side::Src, key.src),
            dst: self.address(Side::Dst, key.dst),
            src_net: self.name(Side::Src, key.src),
            dst_net: self.name(Side::Dst, key.dst),
            ..*key
        }
    }

    /// As much of an address as is kept.
    fn address(&self, side: Side, address: IpAddr) -> IpAddr {
        // Without any address families are not told apart.
        if !self.by.has_address() {
            return Ipv4Addr::UNSPECIFIED.into();
        }
        self.by.kept(side).of(address)
    }

    fn has_name(&self, side: Side) -> bool {
        self.by.has(Key::network(side))
    }

    fn name(&self, side: Side, address: IpAddr) -> Option<NetName> {
        let name = || self.networks.name_of(address);
        self.has_name(side).then(name).flatten()
    }

    /// The name of all addresses of a network; `None` where they have several.
    fn name_of_all(&self, side: Side, net: Net) -> Option<Option<NetName>> {
        match self.has_name(side) {
            true => self.networks.name_of_all(net),
            false => Some(None),
        }
    }
}

/// What was folded, by what is left of the keys that it may have had.
struct Foldings<'a> {
    by: &'a By,
    /// Networks that several of the addresses lie in which are left on their side.
    around: HashMap<(Side, Net), Tally>,
    /// Networks of which one address is left, by the name of them all; where these have several, it may
    /// be any of them.
    inside: HashMap<(Side, IpAddr, Option<Option<NetName>>), Tally>,
}

impl<'a> Foldings<'a> {
    fn of(folded: &[Folded], view: &View<'a>) -> Foldings<'a> {
        let mut foldings = Foldings {
            by: view.by,
            around: HashMap::new(),
            inside: HashMap::new(),
        };
        for Folded { side, net, count } in folded {
            let kept = view.by.kept(*side).bits(net.family());
            let of = if net.bits() < kept {
                foldings.around.entry((*side, *net)).or_default()
            } else {
                let address = view.address(*side, net.address());
                let name = view.name_of_all(*side, *net);
                foldings.inside.entry((*side, address, name)).or_default()
            };
            *of += *count;
        }
        foldings
    }

    /// At most so much was folded of a key, as it is printed.
    fn of_key(&self, key: &FlowKey) -> Tally {
        let of_side = |side: Side| {
            let address = side.of(key);
            let name = match side {
                Side::Src => key.src_net,
                Side::Dst => key.dst_net,
            };
            let kept = self.by.kept(side).bits(Family::of(address));
            let levels = Level::ALL.into_iter();
            let coarser = levels.filter(|level| level.bits(Family::of(address)) < kept);
            let around = coarser.map(|level| self.around.get(&(side, Net::of(address, level))));
            let names = [None, Some(name)].into_iter();
            let inside = names.map(|name| self.inside.get(&(side, address, name)));
            around.chain(inside).flatten().copied().sum::<Tally>()
        };
        Side::BOTH.into_iter().map(of_side).sum()
    }
}

#[cfg(test)]
mod tests;
