//! How near what a counter says is to the truth.

use std::cmp::Reverse;

use hashbrown::HashMap;
use windrow_core::tally::Tally;

use crate::counter::{Counted, Row};
use crate::random::lot;
use crate::trace::Truth;

/// Figures of one counter on one trace.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Metric {
    /// Rows.
    pub rows: u64,
    /// Share of the first 100 rows that are among the true top 100.
    pub top_100: f64,
    /// The same of 1000.
    pub top_1000: f64,
    /// The mean relative error of the packets of the true top 1000; one without a row counts as 1.
    pub error: f64,
    /// Share of the true top 1000 whose rows are proven to be the truth.
    pub exact: f64,
    /// The mean width of the intervals of the true top 1000, as a share of their packets; one without a
    /// row, or without an interval, counts as 1.
    pub width: f64,
    /// Packets for each line that is exported.
    pub reduction: f64,
    /// What came and is nowhere, packets and bytes, of a counter that keeps an account.
    pub residue: Option<(i64, i64)>,
    /// How many intervals were compared with the truth.
    pub checks: u64,
    /// How many did not contain it.
    pub violations: u64,
}

impl Metric {
    /// Compares rows with the truth.
    pub fn of(counted: &Counted, truth: &Truth) -> Metric {
        let rows = counted.rows.len() as u64;
        let largest = truth.top(1_000);
        let by_flow: HashMap<u32, &Row> = counted.rows.iter().map(|row| (row.flow, row)).collect();
        let share = |sum: f64| sum / (largest.len().max(1)) as f64;
        let errors = largest.iter().map(|flow| {
            let truth = truth.flows[*flow as usize].packets as f64;
            by_flow
                .get(flow)
                .map_or(1.0, |row| (row.estimate as f64 - truth).abs() / truth)
        });
        let exact = largest
            .iter()
            .filter(|flow| by_flow.get(*flow).is_some_and(|row| row.is_exact()));
        let widths = largest.iter().map(|flow| {
            let truth = truth.flows[*flow as usize].packets as f64;
            let packets = by_flow.get(flow).and_then(|row| row.packets);
            packets.map_or(1.0, |it| (it.hi - it.lo) as f64 / truth)
        });
        let (checks, violations) = check(counted, &by_flow, truth);
        let lines = counted.account.map_or(rows, |account| account.lines);
        Metric {
            rows,
            top_100: precision(&counted.rows, truth, &largest[..largest.len().min(100)]),
            top_1000: precision(&counted.rows, truth, &largest),
            error: share(errors.sum()),
            exact: share(exact.count() as f64),
            width: share(widths.sum()),
            reduction: truth.sum.packets as f64 / lines.max(1) as f64,
            residue: counted.account.map(|account| {
                let unseen = |sent: u64, seen: u64| sent.wrapping_sub(seen) as i64;
                (
                    unseen(truth.sum.packets, account.seen.packets) + account.residue.0,
                    unseen(truth.sum.bytes, account.seen.bytes) + account.residue.1,
                )
            }),
            checks,
            violations,
        }
    }

    /// Whether nothing is missing and nothing that was proven is wrong.
    pub fn holds(&self) -> bool {
        self.violations == 0 && self.residue.is_none_or(|residue| residue == (0, 0))
    }
}

/// The share of the largest rows that had as many packets as the last of the `largest` flows: of equal
/// flows any is right. Rows that are missing are wrong ones.
fn precision(rows: &[Row], truth: &Truth, largest: &[u32]) -> f64 {
    let Some(last) = largest.last() else {
        return 1.0;
    };
    let packets = |flow: u32| {
        truth
            .flows
            .get(flow as usize)
            .map_or(0, |flow| flow.packets)
    };
    let mut ranked: Vec<&Row> = rows.iter().collect();
    ranked.sort_unstable_by_key(|row| (Reverse(row.estimate), lot(row.flow)));
    ranked.truncate(largest.len());
    let right = ranked
        .iter()
        .filter(|row| packets(row.flow) >= packets(*last));
    right.count() as f64 / largest.len() as f64
}

/// Compares every interval with the truth, and every flow without a row with what such a flow had at
/// most. A row of no flow, and a second row of one, are wrong whatever they say.
fn check(counted: &Counted, by_flow: &HashMap<u32, &Row>, truth: &Truth) -> (u64, u64) {
    let (mut checks, mut violations) = (0, 0);
    let mut expect = |holds: bool| {
        checks += 1;
        violations += u64::from(!holds);
    };
    for row in &counted.rows {
        let flow = truth.flows.get(row.flow as usize);
        let flow = flow.copied().unwrap_or(Tally::ZERO);
        if let Some(packets) = row.packets {
            expect(packets.contains(flow.packets));
        }
        if let Some(bytes) = row.bytes {
            expect(bytes.contains(flow.bytes));
        }
    }
    let mut wrong = (counted.rows.len() - by_flow.len()) as u64;
    if let Some(account) = &counted.account {
        wrong += account.strangers;
        let absent = (0..)
            .zip(&truth.flows)
            .filter(|(flow, _)| !by_flow.contains_key(flow));
        for (_, flow) in absent {
            expect(flow.packets <= account.absent_hi.packets);
            expect(flow.bytes <= account.absent_hi.bytes);
        }
    }
    (checks, violations + wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counter::{Account, Interval};
    use crate::workload::Packet;

    /// Flow 0 had 4 packets, flow 1 had 3, and so on to flow 3; of 100 bytes each.
    fn truth() -> Truth {
        let packets: Vec<Packet> = (0..4)
            .flat_map(|flow| (flow..4).map(move |_| Packet { flow, bytes: 100 }))
            .collect();
        Truth::of(&packets)
    }

    fn row(flow: u32, lo: u64, hi: u64) -> Row {
        Row {
            flow,
            estimate: lo,
            packets: Some(Interval { lo, hi }),
            bytes: None,
        }
    }

    fn counted(rows: &[Row]) -> Counted {
        Counted {
            rows: rows.to_vec(),
            account: None,
        }
    }

    #[test]
    fn all_right_is_all_right() {
        let rows: Vec<Row> = (0..4)
            .map(|flow| row(flow, 4 - u64::from(flow), 4 - u64::from(flow)))
            .collect();
        let metric = Metric::of(&counted(&rows), &truth());
        let all = (metric.top_100, metric.top_1000, metric.error, metric.exact);
        assert_eq!(all, (1.0, 1.0, 0.0, 1.0));
        assert_eq!((metric.checks, metric.violations, metric.rows), (4, 0, 4));
        assert_eq!(metric.reduction, 2.5);
        assert!(metric.holds());
    }

    #[test]
    fn precision_is_of_the_first_rows_alone() {
        let rows = [row(3, 9, 9), row(0, 4, 4), row(1, 3, 3), row(2, 1, 1)];
        let truth = truth();
        let precision = |rows: &[Row], k| precision(rows, &truth, &truth.top(k));
        assert_eq!(precision(&rows, 1), 0.0);
        assert_eq!(precision(&rows, 2), 0.5);
        assert_eq!(precision(&rows, 4), 1.0);
        assert_eq!(precision(&rows[..1], 2), 0.0);
        assert_eq!(precision(&[], 2), 0.0);
    }

    #[test]
    fn of_equal_flows_any_is_right() {
        let packets = [0, 1, 2, 3].map(|flow| Packet { flow, bytes: 60 });
        let truth = Truth::of(&packets);
        let rows = [row(3, 1, 1), row(2, 1, 1)];
        assert_eq!(precision(&rows, &truth, &truth.top(2)), 1.0);
    }

    #[test]
    fn a_missing_flow_is_an_error_of_one_and_a_wrong_interval_is_seen() {
        let rows = [row(0, 3, 5), row(1, 3, 3), row(2, 3, 3)];
        let metric = Metric::of(&counted(&rows), &truth());
        // A quarter too few, right, half as many again, missing.
        assert!((metric.error - (0.25 + 0.0 + 0.5 + 1.0) / 4.0).abs() < 1e-12);
        assert_eq!((metric.checks, metric.violations), (3, 1));
        assert_eq!(metric.exact, 0.5);
        // Half as wide as it is large, two points, missing.
        assert_eq!(metric.width, (0.5 + 0.0 + 0.0 + 1.0) / 4.0);
        assert!(!metric.holds());
    }

    #[test]
    fn a_second_row_and_a_row_of_nobody_are_wrong() {
        let metric = Metric::of(&counted(&[row(0, 4, 4), row(0, 4, 4)]), &truth());
        assert_eq!(metric.violations, 1);
        let metric = Metric::of(&counted(&[row(77, 1, 1)]), &truth());
        assert_eq!(metric.violations, 1);
    }

    #[test]
    fn an_account_is_checked_against_what_was_sent() {
        let truth = truth();
        let account = Account {
            seen: truth.sum,
            absent_hi: Tally::new(3, 300),
            lines: 2,
            ..Account::default()
        };
        let with = |account: Account| Counted {
            rows: vec![row(0, 4, 4)],
            account: Some(account),
        };
        let metric = Metric::of(&with(account), &truth);
        assert_eq!(metric.residue, Some((0, 0)));
        assert_eq!((metric.checks, metric.violations), (7, 0));
        assert_eq!(metric.reduction, 5.0);
        let unseen = Account {
            seen: Tally::new(9, 900),
            ..account
        };
        let metric = Metric::of(&with(unseen), &truth);
        assert_eq!(metric.residue, Some((1, 100)));
        assert!(!metric.holds());
        let tight = Account {
            absent_hi: Tally::new(2, 300),
            ..account
        };
        assert_eq!(Metric::of(&with(tight), &truth).violations, 1);
    }
}
