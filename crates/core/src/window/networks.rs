//! Networks that something is folded into, in a given number of lines.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;

use crate::net::{Level, Net, Side};
use crate::slice::Folded;
use crate::tally::Tally;

/// Networks in which something was folded, and those around them: each is a line.
pub(super) struct Networks {
    /// That of most that is folded; the other's total is within its total.
    side: Side,
    nodes: HashMap<Place, Node>,
}

type Place = (Side, Net);

#[derive(Default)]
struct Node {
    /// What was folded of it, and of no finer network that is here.
    own: Tally,
    /// Networks here that are the next finer within it.
    parts: u32,
}

impl Networks {
    /// Those of what is folded. Where they are more than so many lines, the smallest go up a level, as
    /// often as it takes, and to the total if need be.
    pub(super) fn new(side: Side, mut folded: Vec<Folded>, lines: usize) -> Networks {
        let mut networks = Networks {
            side,
            nodes: HashMap::new(),
        };
        for level in Level::ALL {
            let mut here;
            (here, folded) = folded.into_iter().partition(|it| it.net.level() == level);
            merge(&mut here);
            here.retain(|it| match networks.nodes.get_mut(&place(it)) {
                Some(node) => {
                    node.own += it.count;
                    false
                }
                None => true,
            });
            // More of one level than there are lines in all would go up in any case.
            if let Some(above) = level.coarser()
                && let Some(surplus @ 1..) = here.len().checked_sub(lines)
            {
                let size = |it: &Folded| size(place(it), it.count);
                if lines > 0 {
                    here.select_nth_unstable_by_key(surplus, size);
                }
                let up = |it: Folded| Folded {
                    net: it.net.at(above),
                    ..it
                };
                folded.extend(here.drain(..surplus).map(up));
            }
            for it in here {
                networks.node(place(&it)).own += it.count;
            }
        }
        networks.shrink_to(lines);
        networks
    }

    /// How many there are.
    pub(super) fn lines(&self) -> usize {
        self.nodes.len()
    }

    /// The next coarser network.
    fn above(&self, (side, net): Place) -> Option<Place> {
        match net.level().coarser() {
            Some(level) => Some((side, net.at(level))),
            None => (side != self.side).then_some((self.side, net)),
        }
    }

    /// A network, which may be new, and so may those be around it.
    fn node(&mut self, place: Place) -> &mut Node {
        if !self.nodes.contains_key(&place)
            && let Some(above) = self.above(place)
        {
            self.node(above).parts += 1;
        }
        self.nodes.entry(place).or_default()
    }

    /// Takes away a network without parts; what was folded of it is in none then.
    fn remove(&mut self, place: Place) -> Tally {
        if let Some(above) = self.above(place) {
            self.node(above).parts -= 1;
        }
        self.nodes.remove(&place).unwrap_or_default().own
    }

    /// Moves the smallest networks up, until there are no more than so many, or only totals.
    fn shrink_to(&mut self, lines: usize) {
        let leaves = self.nodes.iter().filter(|(_, node)| node.parts == 0);
        let sizes = leaves.map(|(place, node)| Reverse(size(*place, node.own)));
        let mut smallest: BinaryHeap<_> = sizes.collect();
        while self.lines() > lines {
            let Some(Reverse((.., place))) = smallest.pop() else {
                break;
            };
            let Some(above) = self.above(place) else {
                continue;
            };
            let own = self.remove(place);
            let node = self.node(above);
            node.own += own;
            if node.parts == 0 {
                smallest.push(Reverse(size(above, node.own)));
            }
        }
    }

    /// Undoes the folding of so much of a network, or of the one that it went up to.
    pub(super) fn take_back(&mut self, folded: &Folded) {
        let mut place = place(folded);
        while !self.nodes.contains_key(&place)
            && let Some(above) = self.above(place)
        {
            place = above;
        }
        let node = self.node(place);
        node.own = node.own - folded.count;
        // Networks without anything folded are no lines.
        let mut empty = Some(place);
        while let Some(place) = empty {
            let node = self.node(place);
            if !node.own.is_zero() || node.parts > 0 {
                break;
            }
            empty = self.above(place);
            self.remove(place);
        }
    }

    /// What is folded, each network once.
    pub(super) fn folded(self) -> Vec<Folded> {
        let folded = self.nodes.into_iter().map(|((side, net), node)| Folded {
            side,
            net,
            count: node.own,
        });
        let mut folded: Vec<Folded> = folded.filter(|it| !it.count.is_zero()).collect();
        folded.sort_unstable_by_key(place);
        folded
    }
}

fn place(folded: &Folded) -> Place {
    (folded.side, folded.net)
}

/// What decides which network is smaller.
fn size(place: Place, count: Tally) -> (u64, u64, Place) {
    (count.packets, count.bytes, place)
}

/// Adds up what is of one network.
fn merge(folded: &mut Vec<Folded>) {
    folded.sort_unstable_by_key(place);
    folded.dedup_by(|next, first| {
        let same = place(next) == place(first);
        if same {
            first.count += next.count;
        }
        same
    });
}
