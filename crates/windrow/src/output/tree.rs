//! All networks of a window as a tree a side: where packets come from and go to, the largest first.
//!
//! [`Tree::of`] keeps what is large enough to be shown at all; how much of that there is room for,
//! [`choose`] decides; [`draw`] makes text of it.

mod choose;
mod draw;
#[cfg(test)]
mod tests;

use windrow_core::bounds::Bounds;
use windrow_core::hierarchy::Hierarchy;
use windrow_core::net::{Level, Net, Side};
use windrow_core::prefix::Prefix;
use windrow_core::tally::Tally;
use windrow_core::top::Sort;
use windrow_core::window::Window;

pub use draw::Drawn;

/// A part of so many of its network is large enough to stand by itself: 5 %.
const LEAST_SHARE: u64 = 20;
/// Lines of both trees where there is no terminal whose height they are to fit.
pub const LINES: usize = 40;
/// Lines of both that a table of flows leaves them, where there are half as many for itself.
const LINES_BESIDE: usize = 12;

/// Of so many lines those that a table leaves to trees.
pub fn least(room: usize) -> usize {
    LINES_BESIDE.min(room - room.div_ceil(3))
}

/// The large networks of a window.
#[derive(Debug)]
pub struct Tree {
    sort: Sort,
    /// The largest networks of each side, which are everything of a family.
    sides: Vec<(Side, Vec<usize>)>,
    /// Those of all sides, by place.
    nodes: Vec<Node>,
}

/// A network that is large enough to stand by itself.
#[derive(Debug)]
struct Node {
    net: Net,
    bounds: Bounds,
    /// What its share is of: the network around it.
    whole: Tally,
    /// The large networks of the next level within it, largest first: their places.
    parts: Vec<usize>,
    /// The others of that level: never a single one, which would take no fewer lines.
    smaller: Smaller,
    /// What is not known to be of any of them, where it is much.
    rest: Tally,
}

/// Networks that are one line together.
#[derive(Clone, Copy, Debug, Default)]
struct Smaller {
    networks: usize,
    bounds: Bounds,
}

impl Smaller {
    fn add(&mut self, networks: usize, bounds: Bounds) {
        self.networks += networks;
        self.bounds.lo += bounds.lo;
        self.bounds.hi += bounds.hi;
    }
}

impl Tree {
    /// That of a window with a hierarchy, if anything was counted in it.
    pub fn of(window: &Window, sort: Sort) -> Option<Tree> {
        let hierarchy = window.hierarchy()?;
        let mut tree = Tree {
            sort,
            sides: Vec::new(),
            nodes: Vec::new(),
        };
        let all = window.ledger.seen - window.ledger.filtered;
        let of_sides = window.prefixes.chunk_by(|a, b| a.side == b.side);
        for of_side in of_sides {
            let mut roots: Vec<usize> = (networks(of_side, Level::TOTAL))
                .map(|network| tree.grow(network, all, hierarchy))
                .collect();
            roots.sort_by_key(|root| sort.rank(tree.nodes[*root].bounds.lo));
            tree.sides.push((of_side[0].side, roots));
        }
        (!tree.nodes.is_empty()).then_some(tree)
    }

    /// Adds a network and its large parts, which follow it; its place.
    fn grow(&mut self, network: &[Prefix], whole: Tally, hierarchy: Hierarchy) -> usize {
        let Prefix { net, bounds, .. } = network[0];
        let place = self.nodes.len();
        self.nodes.push(Node {
            net,
            bounds,
            whole,
            parts: Vec::new(),
            smaller: Smaller::default(),
            rest: Tally::ZERO,
        });
        let is_finer = |level: &Level| *level < net.level();
        let Some(level) = hierarchy.levels().rev().find(is_finer) else {
            return place;
        };
        let size = |count| size(self.sort, count);
        let is_large = |part: &&[Prefix]| {
            let size_of_part = size(part[0].bounds.lo);
            size_of_part > 0 && size_of_part.saturating_mul(LEAST_SHARE) >= size(bounds.lo)
        };
        let (mut large, mut smaller, mut last) = (Vec::new(), Smaller::default(), None);
        let mut counted = Tally::ZERO;
        for part in networks(&network[1..], level) {
            counted += part[0].bounds.lo;
            if is_large(&part) {
                large.push(part);
            } else {
                smaller.add(1, part[0].bounds);
                last = Some(part);
            }
        }
        if smaller.networks == 1 {
            smaller = Smaller::default();
            // It is not worth more than its own line.
            large.extend(last.map(|part| &part[..1]));
        }
        large.sort_by_key(|part| self.sort.rank(part[0].bounds.lo));
        let rest = bounds.lo - counted;
        let is_much =
            !counted.is_zero() && size(rest).saturating_mul(LEAST_SHARE) >= size(bounds.lo);
        let parts = (large.into_iter())
            .map(|part| self.grow(part, bounds.lo, hierarchy))
            .collect();
        let node = &mut self.nodes[place];
        (node.parts, node.smaller) = (parts, smaller);
        if is_much {
            node.rest = rest;
        }
        place
    }
}

impl Node {
    /// All parts but the first `shown`.
    fn others(&self, nodes: &[Node], shown: usize) -> Smaller {
        let mut others = self.smaller;
        for part in &self.parts[shown..] {
            others.add(1, nodes[*part].bounds);
        }
        // What is certainly of those that are shown is not theirs.
        let shown = self.parts[..shown].iter();
        let elsewhere: Tally = shown.map(|part| nodes[*part].bounds.lo).sum();
        others.bounds.hi = others.bounds.hi.min_each(self.bounds.hi - elsewhere);
        others
    }
}

/// Each network of a level, with those that are part of it behind it.
fn networks(prefixes: &[Prefix], level: Level) -> impl Iterator<Item = &[Prefix]> {
    let is_of_level = move |prefix: &Prefix| prefix.net.level() == level;
    // Where something was folded there may be networks of other levels, too.
    let first = prefixes.iter().position(is_of_level);
    let networks = &prefixes[first.unwrap_or(prefixes.len())..];
    networks.chunk_by(move |_, next| !is_of_level(next))
}

/// What decides which network is larger.
fn size(sort: Sort, count: Tally) -> u64 {
    match sort {
        Sort::Packets => count.packets,
        Sort::Bytes => count.bytes,
    }
}
