//! What windrow promises of its speed, as data, and whether the run kept it. A promise that was missed
//! is said to be, and one that was not looked at too.

mod calls;
mod connects;
mod drain;

use windrow_figures::layout::{decimals, whole};

use super::costs::{
    Costs, EXPORT, FULL, FULL_LIVE, HOT, Kind, LEVELS, LIVE, all, ipv6_over_ipv4, ratio, sender,
};
use super::levels::{Difference, differences};
use super::missing;
use crate::connect::{self, FLOOR, TCPLIFE};
use crate::designs::{DROP, LRU_HASH, WINDROW};
use crate::levels::{Addition, PREFIXES_KNOWN, REGISTERS_FRESH, REGISTERS_FULL, REGISTERS_KNOWN};
use crate::results::Outcome;
use crate::syscall::{self, BPFTRACE, BPFTRACE_COUNT, LATENCY_FLOOR, WINDROW_COUNT, WINDROW_HIST};
use drain::Measure;

/// The figure of a promise is at most its limit.
struct Goal {
    promise: Promise,
    limit: f64,
    /// The limit, as it is written.
    written: &'static str,
}

/// Whose figure it is.
#[derive(Clone, Copy)]
enum Promise {
    /// windrow in all as a multiple of the floor, up to so many flows.
    OverFloor(&'static str, u32),
    /// windrow's net cost as a share of that of `hash`.
    ShareOfHash(&'static str, u32),
    /// windrow's net cost for IPv6 as a multiple of that for IPv4.
    Ipv6(&'static str, u32),
    /// windrow in all as a multiple of another design, where flows outnumber the rows of both.
    Full(&'static str, &'static str),
    /// The same, net. Live frames take more in all than any share of a design leaves.
    FullNet(&'static str, &'static str),
    /// Nanoseconds that something adds to a packet.
    Adds(Addition),
    /// Draining a table of so many rows.
    Drain(u32, Measure),
    /// Packets lost, or counted twice.
    Conservation,
    /// The sender's time beside windrow, as a multiple of that beside an empty program.
    Sender,
    /// Cores that the agent takes outside the hook.
    Agent,
    /// What one design adds to a system call, as a multiple of what another one adds.
    AddsToCall(&'static str, &'static str),
    /// A build's time beside windrow, as a multiple of that without.
    Build,
    /// What one design adds to a connection, as a multiple of what another one adds.
    AddsToConnection(&'static str, &'static str),
    /// Connections lost to one program, as a multiple of those lost to another one.
    Connections(&'static str, &'static str),
}

const fn goal(promise: Promise, limit: f64, written: &'static str) -> Goal {
    Goal {
        promise,
        limit,
        written,
    }
}

const GOALS: [Goal; 36] = [
    goal(Promise::OverFloor(HOT, 10_000), 1.3, "1.3"),
    goal(Promise::ShareOfHash(HOT, 1_000), 1.0 / 6.0, "1/6"),
    goal(Promise::ShareOfHash(HOT, 100_000), 1.0 / 3.0, "1/3"),
    goal(Promise::ShareOfHash(HOT, 1_000_000), 1.0 / 3.0, "1/3"),
    goal(Promise::Ipv6(HOT, 1_000), 1.5, "1.5"),
    goal(Promise::Ipv6(HOT, 100_000), 3.0, "3"),
    goal(Promise::OverFloor(LIVE, 10_000), 1.3, "1.3"),
    goal(Promise::ShareOfHash(LIVE, 1_000), 1.0 / 6.0, "1/6"),
    goal(Promise::ShareOfHash(LIVE, 100_000), 1.0 / 3.0, "1/3"),
    goal(Promise::ShareOfHash(LIVE, 1_000_000), 1.0 / 3.0, "1/3"),
    goal(Promise::Ipv6(LIVE, 1_000), 1.5, "1.5"),
    goal(Promise::Ipv6(LIVE, 100_000), 3.0, "3"),
    goal(Promise::Full(FULL, DROP.name), 1.5, "1.5"),
    goal(Promise::Full(FULL, LRU_HASH.name), 0.5, "1/2"),
    goal(Promise::Full(FULL_LIVE, DROP.name), 1.5, "1.5"),
    goal(Promise::FullNet(FULL_LIVE, LRU_HASH.name), 0.5, "1/2"),
    goal(Promise::Adds(PREFIXES_KNOWN), 3.0, "3"),
    goal(Promise::Adds(REGISTERS_KNOWN), 3.0, "3"),
    goal(Promise::Adds(REGISTERS_FRESH), 3.0, "3"),
    goal(Promise::Adds(REGISTERS_FULL), 3.0, "3"),
    goal(Promise::Drain(1_000, Measure::Micros), 50.0, "50"),
    goal(Promise::Drain(100_000, Measure::NsARow), 10.0, "10"),
    goal(Promise::Drain(100_000, Measure::Syscalls), 0.0, "0"),
    goal(Promise::Drain(1_000_000, Measure::Millis), 15.0, "15"),
    goal(Promise::Drain(1_000_000, Measure::Syscalls), 0.0, "0"),
    goal(Promise::Conservation, 0.0, "0"),
    goal(Promise::Sender, 1.5, "1.5"),
    goal(Promise::Agent, 0.02, "0.02"),
    goal(
        Promise::AddsToCall(syscall::WINDROW, LATENCY_FLOOR),
        1.25,
        "1.25",
    ),
    goal(Promise::AddsToCall(WINDROW_HIST, LATENCY_FLOOR), 1.5, "1.5"),
    goal(
        Promise::AddsToCall(syscall::WINDROW, BPFTRACE),
        0.45,
        "0.45",
    ),
    goal(
        Promise::AddsToCall(WINDROW_COUNT, BPFTRACE_COUNT),
        1.0 / 3.0,
        "1/3",
    ),
    goal(Promise::Build, 1.01, "1.01"),
    goal(
        Promise::AddsToConnection(connect::WINDROW, FLOOR),
        1.5,
        "1.5",
    ),
    goal(
        Promise::AddsToConnection(connect::WINDROW, TCPLIFE),
        0.25,
        "1/4",
    ),
    goal(Promise::Connections(connect::WINDROW, TCPLIFE), 0.25, "1/4"),
];

/// A figure of a promise, and the sentence that says it.
struct Figure {
    /// Nothing, where what was measured gives none: a share of a cost that is not above 0.
    value: Option<f64>,
    text: String,
}

/// A line for each figure of each promise of the groups that were asked for, and how many were kept.
pub fn lines(outcomes: &[Outcome], asked: impl Fn(&str) -> bool) -> String {
    let (mut kept, mut missed, mut unknown) = (0, 0, 0);
    let mut lines = String::new();
    for goal in GOALS.iter().filter(|goal| asked(goal.promise.group())) {
        let figures = goal.promise.figures(outcomes);
        if figures.is_empty() {
            unknown += 1;
            lines += &format!("none  {}: not measured\n", goal.promise.subject());
        }
        for Figure { value, text } in figures {
            let (word, count) = match value {
                Some(value) if value <= goal.limit => ("pass", &mut kept),
                Some(_) => ("MISS", &mut missed),
                None => ("none", &mut unknown),
            };
            *count += 1;
            lines += &format!("{word}  {text} (at most {})\n", goal.written);
        }
    }
    if kept + missed + unknown == 0 {
        return lines;
    }
    lines + &format!("{kept} kept, {missed} missed, {unknown} without a figure\n")
}

impl Promise {
    /// The group of measurements that its figures come from.
    fn group(self) -> &'static str {
        match self {
            Self::OverFloor(group, _) | Self::ShareOfHash(group, _) | Self::Ipv6(group, _) => group,
            Self::Full(group, _) | Self::FullNet(group, _) => group,
            Self::Adds(_) => LEVELS,
            Self::Drain(..) => EXPORT,
            Self::Conservation => "conservation",
            Self::Sender => "sender",
            Self::Agent => "agent",
            Self::AddsToCall(..) | Self::Build => "syscall",
            Self::AddsToConnection(..) | Self::Connections(..) => "connect",
        }
    }

    /// What it is about, for when there is no figure.
    fn subject(self) -> String {
        match self {
            Self::OverFloor(group, most) => {
                format!(
                    "{group}: windrow over the floor, up to {} flows",
                    whole(most)
                )
            }
            Self::ShareOfHash(group, flows) => {
                format!(
                    "{group}: windrow's net against hash's, {} flows",
                    whole(flows)
                )
            }
            Self::Ipv6(group, flows) => {
                format!("{group}: IPv6's net against IPv4's, {} flows", whole(flows))
            }
            Self::Full(group, other) => format!("{group}: windrow against {other}"),
            Self::FullNet(group, other) => format!("{group}: windrow's net against {other}'s"),
            Self::Adds(addition) => format!("levels: {}", addition.what),
            Self::Drain(rows, measure) => {
                format!(
                    "export: windrow drains {} rows, {}",
                    whole(rows),
                    measure.unit()
                )
            }
            Self::Conservation => "conservation: packets lost or counted twice".to_owned(),
            Self::Sender => "sender: windrow over an empty program".to_owned(),
            Self::Agent => "agent: cores outside the hook".to_owned(),
            Self::AddsToCall(what, other) => format!("syscall: {what} against {other}"),
            Self::Build => "syscall: a build beside windrow".to_owned(),
            Self::AddsToConnection(what, other) => format!("connect: {what} against {other}"),
            Self::Connections(what, other) => {
                format!("connect: connections a second, {what} against {other}")
            }
        }
    }

    fn figures(self, outcomes: &[Outcome]) -> Vec<Figure> {
        let kinds = |group| Kind::of_group(outcomes, group).into_iter();
        match self {
            Self::OverFloor(group, most) => kinds(group)
                .filter_map(|kind| worst_over_floor(outcomes, kind, most))
                .collect(),
            Self::ShareOfHash(group, flows) => kinds(group)
                .filter_map(|kind| share_of_hash(outcomes, kind, flows))
                .collect(),
            Self::Ipv6(group, flows) => kinds(group)
                .filter(|kind| kind.family == 6)
                .filter_map(|kind| ipv6(outcomes, kind, flows))
                .collect(),
            Self::Full(group, other) => kinds(group)
                .filter_map(|kind| worst_full(outcomes, kind, other))
                .collect(),
            Self::FullNet(group, other) => kinds(group)
                .filter_map(|kind| worst_full_net(outcomes, kind, other))
                .collect(),
            Self::Adds(addition) => differences(outcomes, addition)
                .iter()
                .map(|it| added(addition, it))
                .collect(),
            Self::Drain(rows, measure) => all(outcomes)
                .filter(|cost| (cost.group, cost.what) == (EXPORT, WINDROW.name))
                .filter(|cost| cost.flows == rows)
                .filter_map(|cost| measure.figure(cost))
                .collect(),
            Self::Conservation => outcomes.iter().filter_map(conserved).collect(),
            Self::Sender => ["xdp", "tcx"]
                .into_iter()
                .filter_map(|hook| slowed(outcomes, hook))
                .collect(),
            Self::Agent => outcomes.iter().filter_map(agent).collect(),
            Self::AddsToCall(what, other) => calls::added(outcomes, what, other),
            Self::Build => calls::built(outcomes),
            Self::AddsToConnection(what, other) => {
                Vec::from_iter(connects::added(outcomes, what, other))
            }
            Self::Connections(what, other) => Vec::from_iter(connects::lost(outcomes, what, other)),
        }
    }
}

/// The largest figure, and the number of flows that it is of.
fn worst(
    costs: &Costs<'_>,
    most: u32,
    figure: impl Fn(u32) -> Option<f64>,
) -> Option<(f64, String)> {
    let flows = costs.flows().into_iter().filter(|flows| *flows <= most);
    let (flows, value) = flows
        .filter_map(|flows| Some((flows, figure(flows)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some((value, whole(flows)))
}

fn worst_over_floor(outcomes: &[Outcome], kind: Kind, most: u32) -> Option<Figure> {
    let costs = Costs::of(outcomes, kind);
    let (value, flows) = worst(&costs, most, |flows| costs.over_floor(flows))?;
    Some(Figure {
        value: Some(value),
        text: format!("{kind}: windrow is {value:.3} × the floor at {flows} flows"),
    })
}

fn worst_full(outcomes: &[Outcome], kind: Kind, other: &str) -> Option<Figure> {
    let costs = Costs::of(outcomes, kind);
    let (value, flows) = worst(&costs, u32::MAX, |flows| costs.over(other, flows))?;
    Some(Figure {
        value: Some(value),
        text: format!("{kind}: windrow is {value:.3} × {other} at {flows} flows"),
    })
}

fn worst_full_net(outcomes: &[Outcome], kind: Kind, other: &str) -> Option<Figure> {
    let costs = Costs::of(outcomes, kind);
    let (value, flows) = worst(&costs, u32::MAX, |flows| costs.net_share(other, flows))?;
    Some(Figure {
        value: Some(value),
        text: format!("{kind}: windrow's net is {value:.3} of {other}'s at {flows} flows"),
    })
}

fn added(addition: Addition, difference: &Difference<'_>) -> Figure {
    let (cost, ns) = (difference.with, difference.ns());
    Figure {
        value: Some(ns),
        text: format!(
            "levels IPv{} {}, {} flows: {}: {ns:.1} ns more a packet",
            cost.family,
            cost.dist,
            whole(cost.flows),
            addition.what
        ),
    }
}

fn share_of_hash(outcomes: &[Outcome], kind: Kind, flows: u32) -> Option<Figure> {
    let costs = Costs::of(outcomes, kind);
    costs.net(flows)?;
    let value = costs.net_share("hash", flows);
    Some(Figure {
        value,
        text: format!(
            "{kind}: windrow's net is {} of hash's at {} flows",
            decimals(value, 3),
            whole(flows)
        ),
    })
}

fn ipv6(outcomes: &[Outcome], kind: Kind, flows: u32) -> Option<Figure> {
    Costs::of(outcomes, kind).net(flows)?;
    let value = ipv6_over_ipv4(outcomes, kind, flows);
    Some(Figure {
        value,
        text: format!(
            "{kind}: windrow's net is {} × that of IPv4 at {} flows",
            decimals(value, 3),
            whole(flows)
        ),
    })
}

fn conserved(outcome: &Outcome) -> Option<Figure> {
    let Outcome::Conservation(it) = outcome else {
        return None;
    };
    let missing = missing(it);
    Some(Figure {
        // What does not add up in bytes or in a window is a miss, though all packets are there.
        value: Some(if it.holds() {
            0.0
        } else {
            missing.unsigned_abs().max(1) as f64
        }),
        text: format!(
            "conservation at {}, windows of {} ms: of {} packets {} lost, {} counted twice",
            it.hook,
            whole(it.window_ns / 1_000_000),
            whole(it.sent),
            whole(missing.max(0)),
            whole((-missing).max(0))
        ),
    })
}

fn slowed(outcomes: &[Outcome], hook: &str) -> Option<Figure> {
    let ns = sender(outcomes, hook, WINDROW.name)?;
    let value = ratio(ns, sender(outcomes, hook, "empty")?)?;
    Some(Figure {
        value: Some(value),
        text: format!(
            "sender at {hook}: beside windrow {value:.3} × its time beside an empty program"
        ),
    })
}

fn agent(outcome: &Outcome) -> Option<Figure> {
    let Outcome::Agent(it) = outcome else {
        return None;
    };
    Some(Figure {
        value: Some(it.cores),
        text: format!(
            "agent: {:.4} cores outside the hook, {} packets/s of {} flows",
            it.cores,
            whole(it.rate_pps),
            whole(it.flows)
        ),
    })
}

#[cfg(test)]
mod tests;
