//! Costs of packets of one kind, by design and number of flows: what tables, promises and the picture
//! are made of.

use std::fmt;

use crate::designs::{FLOOR, WINDROW};
use crate::results::{Cost, Outcome};

/// Measured by program test runs.
pub const HOT: &str = "hot";
/// Measured with frames on a veth.
pub const LIVE: &str = "live";
/// Measured by program test runs, with fewer rows than flows.
pub const FULL: &str = "full";
/// Measured with frames on a veth, with fewer rows than flows.
pub const FULL_LIVE: &str = "full_live";
/// Measured by program test runs, with and without something.
pub const LEVELS: &str = "levels";
/// Measured by draining tables.
pub const EXPORT: &str = "export";

/// What all packets of a comparison have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// [`HOT`], [`LIVE`], [`FULL`] or [`FULL_LIVE`].
    pub group: &'static str,
    /// 4 or 6.
    pub family: u8,
    /// `uniform` or `zipf`.
    pub dist: &'static str,
}

impl Kind {
    /// That of one cost.
    pub fn of(cost: &Cost) -> Self {
        Self {
            group: cost.group,
            family: cost.family,
            dist: cost.dist,
        }
    }

    /// The kinds of a group that were measured, in the order in which they were.
    pub fn of_group(outcomes: &[Outcome], group: &str) -> Vec<Self> {
        let mut kinds = Vec::new();
        for cost in default_costs(outcomes).filter(|cost| cost.group == group) {
            let kind = Self::of(cost);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} IPv{} {}", self.group, self.family, self.dist)
    }
}

/// The costs of one kind. The *net* cost of a design is what it takes beyond the floor, which parses
/// the same headers and counts nothing.
#[derive(Debug)]
pub struct Costs<'a>(Vec<&'a Cost>);

impl<'a> Costs<'a> {
    /// Those of `kind`; none, if it was not measured.
    pub fn of(outcomes: &'a [Outcome], kind: Kind) -> Self {
        let of_kind = default_costs(outcomes).filter(|cost| Kind::of(cost) == kind);
        Self(of_kind.collect())
    }

    /// Names, in the order in which they were measured.
    pub fn designs(&self) -> Vec<&'static str> {
        let mut designs = Vec::new();
        for cost in &self.0 {
            if !designs.contains(&cost.what) {
                designs.push(cost.what);
            }
        }
        designs
    }

    /// Numbers of flows, ascending.
    pub fn flows(&self) -> Vec<u32> {
        let mut flows: Vec<u32> = self.0.iter().map(|cost| cost.flows).collect();
        flows.sort_unstable();
        flows.dedup();
        flows
    }

    /// Nanoseconds a packet, in all.
    pub fn ns(&self, design: &str, flows: u32) -> Option<f64> {
        let found = self
            .0
            .iter()
            .find(|cost| cost.what == design && cost.flows == flows)?;
        Some(found.ns)
    }

    /// What windrow takes in all, as a multiple of the floor.
    pub fn over_floor(&self, flows: u32) -> Option<f64> {
        self.over(FLOOR.name, flows)
    }

    /// The same, as a multiple of any other design.
    pub fn over(&self, other: &str, flows: u32) -> Option<f64> {
        ratio(self.ns(WINDROW.name, flows)?, self.ns(other, flows)?)
    }

    /// Nanoseconds a packet of windrow, net.
    pub fn net(&self, flows: u32) -> Option<f64> {
        self.net_of(WINDROW.name, flows)
    }

    /// windrow's net cost as a share of another design's.
    pub fn net_share(&self, other: &str, flows: u32) -> Option<f64> {
        ratio(self.net(flows)?, self.net_of(other, flows)?)
    }

    fn net_of(&self, design: &str, flows: u32) -> Option<f64> {
        Some(self.ns(design, flows)? - self.ns(FLOOR.name, flows)?)
    }
}

/// windrow's net cost for packets of IPv6 as a multiple of that for IPv4.
pub fn ipv6_over_ipv4(outcomes: &[Outcome], kind: Kind, flows: u32) -> Option<f64> {
    let net = |family| Costs::of(outcomes, Kind { family, ..kind }).net(flows);
    ratio(net(6)?, net(4)?)
}

/// Nothing, where the divisor is so small that it is not known to be more than nothing.
pub fn ratio(dividend: f64, divisor: f64) -> Option<f64> {
    (divisor > 0.0).then(|| dividend / divisor)
}

/// Costs of packets by the default key and without a FILTER.
fn default_costs(outcomes: &[Outcome]) -> impl Iterator<Item = &Cost> {
    all(outcomes).filter(|cost| cost.by.is_none() && cost.filter.is_none())
}

/// All costs of packets and rows.
pub fn all(outcomes: &[Outcome]) -> impl Iterator<Item = &Cost> {
    outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Cost(cost) => Some(cost),
        _ => None,
    })
}

/// Nanoseconds a packet of a sender beside a program at a hook.
pub fn sender(outcomes: &[Outcome], hook: &str, what: &str) -> Option<f64> {
    outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Sender(it) if (it.hook, it.what) == (hook, what) => Some(it.ns),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    const KIND: Kind = Kind {
        group: HOT,
        family: 4,
        dist: "uniform",
    };

    #[test]
    fn shares_are_of_what_is_beyond_the_floor() {
        let outcomes = sample::outcomes();
        let costs = Costs::of(&outcomes, KIND);
        assert_eq!(costs.over_floor(1_000), Some(36.0 / 30.0));
        assert_eq!(costs.net(1_000), Some(6.0));
        assert_eq!(costs.net_share("hash", 1_000), Some(6.0 / 40.0));
        assert_eq!(ipv6_over_ipv4(&outcomes, KIND, 1_000), Some(8.0 / 6.0));
    }

    #[test]
    fn what_was_not_measured_has_no_cost() {
        let outcomes = sample::outcomes();
        let costs = Costs::of(&outcomes, KIND);
        assert_eq!(costs.ns("hash", 7), None);
        assert_eq!(costs.net_share("no design", 1_000), None);
        assert_eq!(ratio(1.0, 0.0), None);
        assert_eq!(ratio(1.0, -2.0), None);
    }

    #[test]
    fn masks_and_filters_are_no_designs() {
        let outcomes = sample::outcomes();
        let costs = Costs::of(&outcomes, KIND);
        assert_eq!(costs.ns("windrow", 1_000), Some(36.0));
        assert_eq!(costs.flows(), [1_000, 100_000]);
        assert_eq!(Kind::of_group(&outcomes, HOT).len(), 2);
    }
}
