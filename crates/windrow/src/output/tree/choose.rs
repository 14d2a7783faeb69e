//! Which networks there is room for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Node, Tree, size};

/// What is shown below a network.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown {
    /// So many parts, largest first, and how many others there are; `None`: neither.
    pub(super) parts: Option<usize>,
    /// What is not told apart.
    pub(super) rest: bool,
}

/// What may be shown next: its size, and the network that it is below; the larger, the earlier.
type Next = (u64, Reverse<usize>, What);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Rest,
    Part,
}

impl Tree {
    /// What is shown below each network, by place, in at most `room` lines below the roots of all sides.
    /// A side has its share of these, and what the others leave.
    pub(super) fn choose(&self, sides: &[&[usize]], room: usize) -> Vec<Shown> {
        let nothing = vec![Shown::default(); self.nodes.len()];
        let wanted = |roots: &&[usize]| self.choose_below(roots, room, &mut nothing.clone());
        let wanted: Vec<usize> = sides.iter().map(wanted).collect();
        let (mut shown, mut left) = (nothing.clone(), room);
        for (place, roots) in sides.iter().enumerate() {
            let share = left / (sides.len() - place);
            let by_others = wanted[place + 1..].iter().sum();
            let most = left.saturating_sub(by_others).max(share);
            left -= self.choose_below(roots, most, &mut shown);
        }
        shown
    }

    /// The same below some roots, of which nothing is shown yet: always what is the largest of all that is
    /// not. How many lines that takes.
    fn choose_below(&self, roots: &[usize], room: usize, shown: &mut [Shown]) -> usize {
        let mut left = room;
        let roots = roots.iter().filter_map(|root| self.next_part(*root, shown));
        let mut largest: BinaryHeap<Next> = roots.collect();
        while let Some((_, Reverse(place), what)) = largest.pop() {
            let (node, before) = (&self.nodes[place], shown[place]);
            let mut after = before;
            match what {
                What::Rest => after.rest = true,
                What::Part => {
                    let next = before
                        .parts
                        .map_or(node.parts.len().min(1), |parts| parts + 1);
                    after.parts = Some(next);
                }
            }
            let Some(rest) = (left + node.lines(before)).checked_sub(node.lines(after)) else {
                continue;
            };
            (left, shown[place]) = (rest, after);
            if what == What::Rest {
                continue;
            }
            if before.parts.is_none() && !node.rest.is_zero() {
                largest.push((size(self.sort, node.rest), Reverse(place), What::Rest));
            }
            let part = after
                .parts
                .and_then(|parts| node.parts.get(parts.checked_sub(1)?));
            for place in [Some(&place), part].into_iter().flatten() {
                largest.extend(self.next_part(*place, shown));
            }
        }
        room - left
    }

    /// The part of a network that would be shown next, or the only line of all of them; `None`: all are.
    fn next_part(&self, place: usize, shown: &[Shown]) -> Option<Next> {
        let (node, parts) = (&self.nodes[place], shown[place].parts);
        let next = match node.parts.get(parts.unwrap_or(0)) {
            Some(part) => self.nodes[*part].bounds.lo,
            None if parts.is_none() && node.smaller.networks > 0 => node.smaller.bounds.lo,
            None => return None,
        };
        Some((size(self.sort, next), Reverse(place), What::Part))
    }
}

impl Node {
    /// Lines of what is shown below it, those of its parts' parts not counted.
    fn lines(&self, shown: Shown) -> usize {
        let parts = shown.parts.map_or(0, |parts| {
            let others = self.parts.len() - parts + self.smaller.networks;
            parts + usize::from(others > 0)
        });
        parts + usize::from(shown.rest)
    }
}
