//! Intervals of whole networks: their flows, and what was folded.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use crate::bounds::Bounds;
use crate::net::{Family, Level, Net, Side};
use crate::slice::Folded;
use crate::tally::Tally;
use crate::window::Flow;

/// A network, and all that it carried: its flows and what was folded.
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
pub(crate) fn prefixes(flows: &[Flow], folded: &[Folded]) -> Vec<Prefix> {
    let mut nets: BTreeMap<(Side, Net), Tally> = BTreeMap::new();
    for Folded { side, net, count } in folded {
        for level in Level::ALL.into_iter().filter(|level| *level >= net.level()) {
            *nets.entry((*side, net.at(level))).or_default() += *count;
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
            *nets.entry((side, net)).or_default() += sum;
        }
    }
    let folds = Folds::of(folded);
    let prefix = |((side, net), counted)| folds.prefix(side, net, counted);
    let mut prefixes: Vec<Prefix> = nets.into_iter().map(prefix).collect();
    sort(&mut prefixes);
    prefixes
}

/// Puts networks in the order of every output: those that are part of one follow it.
pub(crate) fn sort(prefixes: &mut [Prefix]) {
    prefixes.sort_unstable_by_key(|prefix| (prefix.side, prefix.net.order()));
}

/// What was folded, by what it may be of.
pub(crate) struct Folds {
    /// Of each network itself, and of no finer one, by the side whose addresses led there.
    own: HashMap<(Side, Net), Tally>,
    /// Of each family, by the same side.
    all: BTreeMap<(Side, Family), Tally>,
}

impl Folds {
    /// Adds up what was folded.
    pub(crate) fn of(folded: &[Folded]) -> Folds {
        let mut folds = Folds {
            own: HashMap::new(),
            all: BTreeMap::new(),
        };
        for Folded { side, net, count } in folded {
            *folds.own.entry((*side, *net)).or_default() += *count;
            *folds.all.entry((*side, net.family())).or_default() += *count;
        }
        folds
    }

    /// The families of which something was folded.
    pub(crate) fn families(&self) -> impl Iterator<Item = Family> {
        self.all.keys().map(|(_, family)| *family)
    }

    /// A network of which so much was counted: its flows' lower bounds, and what was folded of it or
    /// within it by the same side.
    ///
    /// At least, it carried that. At most, all that was folded of networks around it may be its own, too;
    /// so may all that was folded by the other side's addresses.
    pub(crate) fn prefix(&self, side: Side, net: Net, counted: Tally) -> Prefix {
        let other = match side {
            Side::Src => Side::Dst,
            Side::Dst => Side::Src,
        };
        let elsewhere = self.all.get(&(other, net.family()));
        let mut bounds = Bounds::exactly(counted);
        bounds.hi += elsewhere.copied().unwrap_or_default();
        if net.level() == Level::TOTAL {
            // All of a family is all of it, whichever side.
            bounds.lo = bounds.hi;
        }
        for level in Level::ALL.into_iter().filter(|level| *level > net.level()) {
            let around = self.own.get(&(side, net.at(level)));
            bounds.hi += around.copied().unwrap_or_default();
        }
        Prefix { side, net, bounds }
    }
}
