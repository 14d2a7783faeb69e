//! All networks of some levels as lines.

use hashbrown::{HashMap, HashSet};

use super::Window;
use crate::by::By;
use crate::hierarchy::Hierarchy;
use crate::net::{Family, Level, Net, Side};
use crate::prefix::{self, Folds};
use crate::tally::Tally;

impl Window {
    /// Makes lines of all networks of some levels, beside those of what was folded: of each side that is
    /// among the keys, as fine as these hold its addresses, and of each of its families the total.
    ///
    /// To be called once, and before [`Window::reduce`], which then leaves room for them.
    pub fn add_hierarchy(&mut self, hierarchy: &Hierarchy, by: &By) {
        self.hierarchy = Some(*hierarchy);
        let folds = Folds::of(&self.folded);
        let known: HashSet<(Side, Net)> = (self.prefixes.iter())
            .map(|prefix| (prefix.side, prefix.net))
            .collect();
        for side in by.sides() {
            let first = hierarchy.first(by, side);
            // What flows had alone: where something was folded the line is there.
            let mut finer = HashMap::<Net, Tally>::new();
            for level in hierarchy.levels().chain([Level::TOTAL]) {
                let mut nets = HashMap::<Net, Tally>::new();
                if first.contains(&level) {
                    for flow in &self.flows {
                        let address = side.of(&flow.key);
                        if first[Family::of(address) as usize] == level {
                            *nets.entry(Net::of(address, level)).or_default() += flow.bounds.lo;
                        }
                    }
                }
                for (net, count) in finer {
                    *nets.entry(net.at(level)).or_default() += count;
                }
                if level == Level::TOTAL {
                    // Of a family there may be nothing but what the other side's addresses folded.
                    for family in folds.families() {
                        nets.entry(Net::all(family)).or_default();
                    }
                }
                let new = nets
                    .iter()
                    .filter(|(net, _)| !known.contains(&(side, **net)));
                let prefix = |(net, count): (&Net, &Tally)| folds.prefix(side, *net, *count);
                self.prefixes.extend(new.map(prefix));
                finer = nets;
            }
        }
        prefix::sort(&mut self.prefixes);
    }

    /// Levels of which all networks are lines.
    pub fn hierarchy(&self) -> Option<Hierarchy> {
        self.hierarchy
    }
}

#[cfg(test)]
mod tests;
