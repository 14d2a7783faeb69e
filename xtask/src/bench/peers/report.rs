//! The outcomes as a table, as verdicts and as JSON. The JSON is read by other programs: add to its
//! fields, do not rename them.

use serde_json::{Value, json};

use crate::bench::peers::measure::{Measured, Outcome};

/// The tool that all others are compared with.
const OURS: &str = "windrow";

/// How many times as fast as the best peer windrow has to be.
#[derive(Debug, Clone, Copy)]
pub struct Gate {
    /// With this many flows.
    pub flows: u32,
    /// At least so many times.
    pub times: f64,
}

/// What a gate says.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether windrow is fast enough and lost nothing.
    pub passed: bool,
    /// The statement, one line.
    pub text: String,
}

/// The tools that were measured, a line each.
pub fn table(outcomes: &[Outcome]) -> String {
    let mut text = format!(
        "{:<10} {:>7} {:>7} {:>15} {:>9} {:>12}\n",
        "tool", "flows", "Mpps", "min–max", "loss", "flows seen"
    );
    for outcome in outcomes {
        let Ok(measured) = &outcome.result else {
            continue;
        };
        let rate = |seconds: f64| outcome.packets as f64 / seconds / 1e6;
        let slowest = measured.seconds.iter().copied().fold(0.0, f64::max);
        let fastest = measured.seconds.iter().copied().fold(f64::MAX, f64::min);
        let range = format!("{:.2}–{:.2}", rate(slowest), rate(fastest));
        text.push_str(&format!(
            "{:<10} {:>7} {:>7.2} {range:>15} {:>9} {:>12}\n",
            outcome.tool,
            outcome.flows,
            rate(median(&measured.seconds)),
            measured.loss,
            measured.flows_seen
        ));
    }
    text
}

/// Judges windrow against the best peer, where there is something to judge.
pub fn judge(outcomes: &[Outcome], gate: Gate) -> Option<Verdict> {
    let of_gate = || outcomes.iter().filter(|it| it.flows == gate.flows);
    let ours = of_gate().find(|outcome| outcome.tool == OURS)?;
    let best = of_gate()
        .filter(|outcome| outcome.tool != OURS)
        .filter_map(|outcome| Some((outcome.tool, time(outcome)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    let flows = gate.flows;
    let (Ok(Measured { loss, .. }), Some((peer, theirs))) = (&ours.result, best) else {
        let who = if best.is_some() { OURS } else { "any peer" };
        return Some(Verdict {
            passed: false,
            text: format!("{flows} flows: FAIL: there is no result of {who}"),
        });
    };
    let ratio = theirs / time(ours)?;
    let passed = ratio >= gate.times && *loss == 0;
    let word = if passed { "pass" } else { "FAIL" };
    Some(Verdict {
        passed,
        text: format!(
            "{flows} flows: {word}: windrow is {ratio:.2} times as fast as {peer}, the best peer (at least {} wanted), with a loss of {loss}",
            gate.times
        ),
    })
}

/// One object for each tool and capture that was measured.
pub fn json(outcomes: &[Outcome]) -> Vec<Value> {
    let objects = outcomes.iter().filter_map(|outcome| {
        let measured = outcome.result.as_ref().ok()?;
        let ns = time(outcome)? * 1e9 / outcome.packets as f64;
        Some(json!({
            "group": "replay",
            "what": outcome.tool,
            "family": 4,
            "flows": outcome.flows,
            "dist": "uniform",
            "ns": (ns * 100.0).round() / 100.0,
            "unit": "packet",
            "loss": measured.loss,
        }))
    });
    objects.collect()
}

/// The median seconds of an outcome.
fn time(outcome: &Outcome) -> Option<f64> {
    let measured = outcome.result.as_ref().ok()?;
    (!measured.seconds.is_empty()).then(|| median(&measured.seconds))
}

/// The middle of some numbers, or of the two in the middle; 0 of none.
fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.len() / 2;
    let Some(&middle) = sorted.get(upper) else {
        return 0.0;
    };
    if sorted.len() % 2 == 1 {
        middle
    } else {
        (sorted[upper - 1] + middle) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATE: Gate = Gate {
        flows: 1000,
        times: 2.0,
    };

    fn outcome(tool: &'static str, seconds: &[f64], loss: i64) -> Outcome {
        Outcome {
            tool,
            flows: 1000,
            packets: 4_000_000,
            result: Ok(Measured {
                seconds: seconds.to_vec(),
                loss,
                flows_seen: 1000,
            }),
        }
    }

    fn failed(tool: &'static str) -> Outcome {
        Outcome {
            result: Err("it ended with 2".to_owned()),
            ..outcome(tool, &[], 0)
        }
    }

    #[test]
    fn medians() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn the_table_has_a_line_a_measured_tool() {
        let outcomes = [
            outcome("windrow", &[0.4, 0.5, 0.25], 0),
            outcome("argus", &[2.0, 2.0, 2.0], 7),
            failed("nfpcapd"),
        ];
        let expected = "\
tool         flows    Mpps         min–max      loss   flows seen
windrow       1000   10.00      8.00–16.00         0         1000
argus         1000    2.00       2.00–2.00         7         1000
";
        assert_eq!(table(&outcomes), expected);
    }

    #[test]
    fn the_best_peer_decides() {
        let ours = outcome("windrow", &[1.0], 0);
        let peers = [outcome("slow", &[9.0], 0), outcome("fast", &[1.9], 0)];
        let [slow, fast] = peers;
        let verdict = judge(&[ours.clone(), slow.clone()], GATE);
        assert!(verdict.is_some_and(|it| it.passed));
        let verdict = judge(&[ours, slow, fast], GATE);
        assert!(verdict.is_some_and(|it| !it.passed && it.text.contains("1.90 times")));
    }

    #[test]
    fn losing_packets_or_failing_is_no_pass() {
        let peer = outcome("peer", &[9.0], 0);
        for ours in [outcome("windrow", &[1.0], 1), failed("windrow")] {
            let verdict = judge(&[ours, peer.clone()], GATE);
            assert!(verdict.is_some_and(|it| !it.passed));
        }
        let verdict = judge(&[outcome("windrow", &[1.0], 0), failed("peer")], GATE);
        assert!(verdict.is_some_and(|it| !it.passed));
        assert_eq!(judge(&[peer], GATE), None, "windrow was left out");
    }

    #[test]
    fn json_leaves_failures_out() {
        let outcomes = [outcome("argus", &[2.0], 7), failed("nfpcapd")];
        let expected = vec![json!({
            "group": "replay", "what": "argus", "family": 4, "flows": 1000, "dist": "uniform",
            "ns": 500.0, "unit": "packet", "loss": 7
        })];
        assert_eq!(json(&outcomes), expected);
    }
}
