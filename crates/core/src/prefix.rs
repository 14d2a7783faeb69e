//! Intervals of whole networks: their flows, and what was folded.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use crate::bounds::Bounds;
use crate::net::{Family, Level, Net, Side};
use crate::slice::Folded;
use crate::tally::Tally;
use crate::window::Flow;

/// A network in which something was folded, and all that it carried, flows included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// Whether it is the flows' source or destination.
    pub side: Side,
    /// Which network.
    pub net: Net,
    /// What it carried.
    pub bounds: Bounds,
}

/// The networks of what was folded and all that they are part of, by side and network.
///
/// At least, a network carried its flows' lower bounds and what was folded of it or within it. At most,
/// all that was folded of networks around it may be its own, too; so may all that was folded by the
/// other side's addresses.
pub(crate) fn prefixes(flows: &[Flow], folded: &[Folded]) -> Vec<Prefix> {
    let mut nets: BTreeMap<(Side, Net), Bounds> = BTreeMap::new();
    for Folded { side, net, .. } in folded {
        for level in Level::ALL.into_iter().filter(|level| *level >= net.level()) {
            nets.entry((*side, net.at(level))).or_default();
        }
    }
    let sides: BTreeSet<Side> = nets.keys().map(|(side, _)| *side).collect();
    for side in sides.iter().copied() {
        let mut flows_of = HashMap::new();
        for (_, net) in nets.keys().filter(|(of, _)| *of == side) {
            flows_of.insert(*net, Tally::ZERO);
        }
        for flow in flows {
            for level in Level::ALL {
                if let Some(sum) = flows_of.get_mut(&Net::of(side.of(&flow.key), level)) {
                    *sum += flow.bounds.lo;
                }
            }
        }
        for (net, sum) in flows_of {
            nets.insert((side, net), Bounds::exactly(sum));
        }
    }
    add_folded(&mut nets, folded);
    let prefix = |((side, net), bounds)| Prefix { side, net, bounds };
    nets.into_iter().map(prefix).collect()
}

fn add_folded(nets: &mut BTreeMap<(Side, Net), Bounds>, folded: &[Folded]) {
    // What was folded of each network itself, by the side whose addresses led there.
    let mut own: BTreeMap<(Side, Net), Tally> = BTreeMap::new();
    let mut all: BTreeMap<(Side, Family), Tally> = BTreeMap::new();
    for Folded { side, net, count } in folded {
        *own.entry((*side, *net)).or_default() += *count;
        *all.entry((*side, net.family())).or_default() += *count;
        for level in Level::ALL.into_iter().filter(|level| *level >= net.level()) {
            if let Some(bounds) = nets.get_mut(&(*side, net.at(level))) {
                bounds.lo += *count;
                bounds.hi += *count;
            }
        }
    }
    for ((side, net), bounds) in nets.iter_mut() {
        for level in Level::ALL.into_iter().filter(|level| *level > net.level()) {
            let around = own.get(&(*side, net.at(level)));
            bounds.hi += around.copied().unwrap_or_default();
        }
        let other = match side {
            Side::Src => Side::Dst,
            Side::Dst => Side::Src,
        };
        let elsewhere = all.get(&(other, net.family())).copied().unwrap_or_default();
        if net.level() == Level::TOTAL {
            // All of a family is all of it, whichever side.
            bounds.lo += elsewhere;
        }
        bounds.hi += elsewhere;
    }
}
