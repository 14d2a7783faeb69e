//! Names of addresses of one family: where they begin. Networks lie within each other or apart, so where
//! one begins or ends the name changes, and nowhere else.

use super::NetName;

/// A network, from its first address to its last.
pub(super) struct Range {
    pub first: u128,
    pub last: u128,
    pub name: NetName,
}

/// Each name holds from its start to before the next one. Below the first there is none.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranges {
    /// Ascending.
    starts: Vec<u128>,
    /// Of each start; neighbours differ.
    names: Vec<Option<NetName>>,
}

impl Ranges {
    /// Those of networks, each of which comes once.
    pub(super) fn of(mut networks: Vec<Range>) -> Ranges {
        // Of those that begin together the largest is around the others.
        networks.sort_unstable_by_key(|it| (it.first, std::cmp::Reverse(it.last)));
        let mut ranges = Ranges::default();
        let mut around: Vec<Range> = Vec::new();
        for network in networks {
            ranges.end_those_before(network.first, &mut around);
            ranges.begin(network.first, Some(network.name));
            around.push(network);
        }
        ranges.end_those_before(u128::MAX, &mut around);
        ranges
    }

    /// Networks end that have no address from that one on; the innermost is the last.
    fn end_those_before(&mut self, address: u128, around: &mut Vec<Range>) {
        while let Some(ended) = around.pop_if(|it| it.last < address) {
            self.begin(ended.last + 1, around.last().map(|it| it.name));
        }
    }

    /// From there on addresses have that name; what was said of that very start is void.
    fn begin(&mut self, start: u128, name: Option<NetName>) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.names.pop();
        }
        if self.names.last().copied().flatten() != name {
            self.starts.push(start);
            self.names.push(name);
        }
    }

    /// The name of an address.
    pub(super) fn name_of(&self, address: u128) -> Option<NetName> {
        self.name_at(self.place(address))
    }

    /// That of all addresses from one to another; `None` where there are several.
    pub(super) fn name_of_all(&self, first: u128, last: u128) -> Option<Option<NetName>> {
        let place = self.place(first);
        (place == self.place(last)).then(|| self.name_at(place))
    }

    /// How many names begin at or below an address: the last of them is its own.
    fn place(&self, address: u128) -> usize {
        self.starts.partition_point(|start| *start <= address)
    }

    fn name_at(&self, place: usize) -> Option<NetName> {
        self.names[..place].last().copied().flatten()
    }
}
