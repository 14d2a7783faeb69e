//! What is added to a packet, as differences of results: their table, and the figures of promises.

use windrow_figures::layout::{Table, decimals, whole};

use super::costs::{LEVELS, all};
use crate::levels::{Addition, PREFIXES_KNOWN, REGISTERS_FRESH, REGISTERS_FULL, REGISTERS_KNOWN};
use crate::results::{Cost, Outcome};

/// In the order of the table.
const ADDITIONS: [Addition; 4] = [
    PREFIXES_KNOWN,
    REGISTERS_KNOWN,
    REGISTERS_FRESH,
    REGISTERS_FULL,
];

/// One packet with something and without.
pub struct Difference<'a> {
    /// What it costs with it; kind and flows are those of both.
    pub with: &'a Cost,
    /// Nanoseconds without.
    pub without_ns: f64,
}

impl Difference<'_> {
    /// What is added, nanoseconds; below 0 where nothing is that can be told.
    pub fn ns(&self) -> f64 {
        self.with.ns - self.without_ns
    }
}

/// What was measured both with and without it.
pub fn differences(outcomes: &[Outcome], addition: Addition) -> Vec<Difference<'_>> {
    let costs = || all(outcomes).filter(|cost| cost.group == LEVELS);
    let packets = |cost: &Cost| (cost.family, cost.dist, cost.flows);
    let with = costs().filter(|cost| cost.what == addition.with);
    with.filter_map(|with| {
        let without =
            costs().find(|cost| cost.what == addition.without && packets(cost) == packets(with))?;
        Some(Difference {
            with,
            without_ns: without.ns,
        })
    })
    .collect()
}

/// A line for each of them.
pub fn table(outcomes: &[Outcome]) -> Table {
    let title = "levels: ns a packet in all, without and with what is added";
    let head = ["added", "packets", "flows", "without", "with", "more"];
    let mut table = Table::new(title, head);
    for addition in ADDITIONS {
        for difference in differences(outcomes, addition) {
            let cost = difference.with;
            table.row(
                addition.what,
                [
                    format!("IPv{} {}", cost.family, cost.dist),
                    whole(cost.flows),
                    decimals(Some(difference.without_ns), 1),
                    decimals(Some(cost.ns), 1),
                    decimals(Some(difference.ns()), 1),
                ],
            );
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_difference_is_of_the_same_packets() {
        let known = |what, flows, ns| Outcome::Cost(sample::cost(LEVELS, what, flows, ns));
        let outcomes = [
            known("known", 1_000, 36.0),
            known("known", 10_000, 42.0),
            known("known_prefixes", 10_000, 41.5),
            known("known_prefixes", 100_000, 90.0),
        ];
        let found = differences(&outcomes, PREFIXES_KNOWN);
        let found: Vec<_> = found.iter().map(|it| (it.with.flows, it.ns())).collect();
        assert_eq!(found, [(10_000, -0.5)]);
    }
}
