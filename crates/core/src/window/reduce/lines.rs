//! How many lines flows take: one each, and, with a hierarchy, one for each of their networks.

use hashbrown::HashSet;

use crate::by::By;
use crate::flow::FlowKey;
use crate::hierarchy::Hierarchy;
use crate::net::{Family, Net, Side};

/// Flows that stay, and the networks that come with them.
pub(super) struct Lines<'a> {
    hierarchy: Option<(Hierarchy, &'a By)>,
    networks: HashSet<(Side, Net)>,
    flows: usize,
}

impl<'a> Lines<'a> {
    /// No flow yet; with a hierarchy the totals are there whichever stay.
    pub(super) fn new(hierarchy: Option<Hierarchy>, by: &'a By, families: &[Family]) -> Lines<'a> {
        let mut networks = HashSet::new();
        if hierarchy.is_some() {
            for side in by.sides() {
                networks.extend(families.iter().map(|family| (side, Net::all(*family))));
            }
        }
        Lines {
            hierarchy: hierarchy.map(|hierarchy| (hierarchy, by)),
            networks,
            flows: 0,
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.flows + self.networks.len()
    }

    /// One more flow stays, unless there were more lines than that with it; whether it does.
    pub(super) fn add(&mut self, key: &FlowKey, most: usize) -> bool {
        let new = self.new_networks(key);
        let fits = self.count() + 1 + new.len() <= most;
        if fits {
            self.flows += 1;
            self.networks.extend(new);
        }
        fits
    }

    /// The networks of a flow that are no lines yet.
    fn new_networks(&self, key: &FlowKey) -> Vec<(Side, Net)> {
        let mut new = Vec::new();
        let Some((hierarchy, by)) = self.hierarchy else {
            return new;
        };
        for side in by.sides() {
            let address = side.of(key);
            let first = hierarchy.first(by, side)[Family::of(address) as usize];
            let levels = hierarchy.levels().filter(|level| *level >= first);
            let networks = levels.map(|level| (side, Net::of(address, level)));
            new.extend(networks.filter(|network| !self.networks.contains(network)));
        }
        new
    }
}
