//! What windrow promises of its speed, as data, and whether the run kept it. A promise that was missed
//! is said to be, and one that was not looked at too.

use windrow_figures::layout::{decimals, whole};

use super::costs::{Costs, EXPORT, HOT, Kind, LIVE, all, ipv6_over_ipv4, ratio, sender};
use super::missing;
use crate::designs::WINDROW;
use crate::results::{Cost, Outcome};

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
    /// Draining a table of so many rows.
    Drain(u32, Measure),
    /// Packets lost, or counted twice.
    Conservation,
    /// The sender's time beside windrow, as a multiple of that beside an empty program.
    Sender,
    /// Cores that the agent takes outside the hook.
    Agent,
}

/// What is counted of a drain.
#[derive(Clone, Copy)]
enum Measure {
    NsARow,
    Micros,
    Millis,
    Syscalls,
}

const fn goal(promise: Promise, limit: f64, written: &'static str) -> Goal {
    Goal {
        promise,
        limit,
        written,
    }
}

const GOALS: [Goal; 20] = [
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
    goal(Promise::Drain(1_000, Measure::Micros), 50.0, "50"),
    goal(Promise::Drain(100_000, Measure::NsARow), 10.0, "10"),
    goal(Promise::Drain(100_000, Measure::Syscalls), 0.0, "0"),
    goal(Promise::Drain(1_000_000, Measure::Millis), 15.0, "15"),
    goal(Promise::Drain(1_000_000, Measure::Syscalls), 0.0, "0"),
    goal(Promise::Conservation, 0.0, "0"),
    goal(Promise::Sender, 1.5, "1.5"),
    goal(Promise::Agent, 0.02, "0.02"),
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
            Self::Drain(..) => EXPORT,
            Self::Conservation => "conservation",
            Self::Sender => "sender",
            Self::Agent => "agent",
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
        }
    }
}

fn worst_over_floor(outcomes: &[Outcome], kind: Kind, most: u32) -> Option<Figure> {
    let costs = Costs::of(outcomes, kind);
    let flows = costs.flows().into_iter().filter(|flows| *flows <= most);
    let (flows, value) = flows
        .filter_map(|flows| Some((flows, costs.over_floor(flows)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(Figure {
        value: Some(value),
        text: format!(
            "{kind}: windrow is {value:.3} × the floor at {} flows",
            whole(flows)
        ),
    })
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

impl Measure {
    fn unit(self) -> &'static str {
        match self {
            Self::NsARow => "ns a row",
            Self::Micros => "µs",
            Self::Millis => "ms",
            Self::Syscalls => "system calls",
        }
    }

    fn figure(self, cost: &Cost) -> Option<Figure> {
        let in_all = || Some(cost.ns * cost.rows? as f64);
        let (value, digits) = match self {
            Self::NsARow => (cost.ns, 2),
            Self::Micros => (in_all()? / 1e3, 1),
            Self::Millis => (in_all()? / 1e6, 2),
            Self::Syscalls => (cost.syscalls? as f64, 0),
        };
        let figure = decimals(value, digits);
        let rows = whole(cost.flows);
        Some(Figure {
            value: Some(value),
            text: format!(
                "export: windrow drains {rows} rows: {figure} {}",
                self.unit()
            ),
        })
    }
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
mod tests {
    use super::super::sample;
    use super::*;

    const GOLDEN: &str = "\
pass  hot IPv4 uniform: windrow is 1.200 × the floor at 1,000 flows (at most 1.3)
pass  hot IPv6 uniform: windrow is 1.258 × the floor at 1,000 flows (at most 1.3)
pass  hot IPv4 uniform: windrow's net is 0.150 of hash's at 1,000 flows (at most 1/6)
pass  hot IPv6 uniform: windrow's net is 0.160 of hash's at 1,000 flows (at most 1/6)
pass  hot IPv4 uniform: windrow's net is 0.300 of hash's at 100,000 flows (at most 1/3)
MISS  hot IPv6 uniform: windrow's net is 0.833 of hash's at 100,000 flows (at most 1/3)
none  hot: windrow's net against hash's, 1,000,000 flows: not measured
pass  hot IPv6 uniform: windrow's net is 1.333 × that of IPv4 at 1,000 flows (at most 1.5)
MISS  hot IPv6 uniform: windrow's net is 3.333 × that of IPv4 at 100,000 flows (at most 3)
none  live: windrow over the floor, up to 10,000 flows: not measured
none  live: windrow's net against hash's, 1,000 flows: not measured
none  live: windrow's net against hash's, 100,000 flows: not measured
none  live: windrow's net against hash's, 1,000,000 flows: not measured
none  live: IPv6's net against IPv4's, 1,000 flows: not measured
none  live: IPv6's net against IPv4's, 100,000 flows: not measured
none  export: windrow drains 1,000 rows, µs: not measured
pass  export: windrow drains 100,000 rows: 8.00 ns a row (at most 10)
pass  export: windrow drains 100,000 rows: 0 system calls (at most 0)
MISS  export: windrow drains 1,000,000 rows: 16.00 ms (at most 15)
pass  export: windrow drains 1,000,000 rows: 0 system calls (at most 0)
pass  conservation at xdp, windows of 10 ms: of 3,000,000 packets 0 lost, 0 counted twice (at most 0)
MISS  conservation at tcx, windows of 10 ms: of 3,000,000 packets 1 lost, 0 counted twice (at most 0)
pass  sender at xdp: beside windrow 1.250 × its time beside an empty program (at most 1.5)
pass  agent: 0.0123 cores outside the hook, 1,000,000 packets/s of 1,000 flows (at most 0.02)
12 kept, 4 missed, 8 without a figure
";

    #[test]
    fn each_promise_has_its_lines() {
        assert_eq!(lines(&sample::outcomes(), |_| true), GOLDEN);
    }

    #[test]
    fn promises_of_other_groups_are_left_out() {
        let text = lines(&[], |group| group == "agent");
        assert_eq!(
            text,
            "none  agent: cores outside the hook: not measured\n0 kept, 0 missed, 1 without a figure\n"
        );
        assert_eq!(lines(&[], |_| false), "");
    }

    #[test]
    fn the_worst_number_of_flows_is_shown() {
        let costs = [(1, 36.0), (1_000, 45.0), (10_000, 40.0), (100_000, 90.0)];
        let outcomes: Vec<Outcome> = costs
            .into_iter()
            .flat_map(|(flows, ns)| {
                [("floor", 30.0), ("windrow", ns)]
                    .map(|(what, ns)| Outcome::Cost(sample::cost(LIVE, what, flows, ns)))
            })
            .collect();
        let line =
            "MISS  live IPv4 uniform: windrow is 1.500 × the floor at 1,000 flows (at most 1.3)";
        assert!(lines(&outcomes, |_| true).lines().any(|it| it == line));
    }

    #[test]
    fn a_share_of_nothing_is_no_figure() {
        let outcomes = [("floor", 30.0), ("windrow", 31.0), ("hash", 30.0)]
            .map(|(what, ns)| Outcome::Cost(sample::cost(HOT, what, 1_000, ns)));
        let line =
            "none  hot IPv4 uniform: windrow's net is – of hash's at 1,000 flows (at most 1/6)";
        assert!(lines(&outcomes, |_| true).lines().any(|it| it == line));
    }

    #[test]
    fn a_limit_itself_is_kept() {
        let line = lines(&[sample::drain("windrow", 100_000, 10.0, 0)], |_| true);
        assert!(line.contains("pass  export: windrow drains 100,000 rows: 10.00 ns a row"));
    }
}
