//! The tables that a run prints, one a workload.

use windrow_figures::layout::{Table, decimals, whole};

use super::figure::{distinct, error, memory, reduction, residue, share, verdict};
use super::proofs;
use crate::measure::{Outcome, Results};

/// What stands where there is no figure.
const NOTHING: &str = "–";

/// All tables, then whether everything held.
pub fn text(results: &Results) -> String {
    let outcomes = &results.outcomes;
    let mut text = String::new();
    for workload in distinct(outcomes, |it| it.workload) {
        let of_it: Vec<&Outcome> = outcomes
            .iter()
            .filter(|it| it.workload == workload)
            .collect();
        text += &table(&of_it).to_string();
        text.push('\n');
    }
    let mut proven = Table::new("what windrow proves, over all of these", {
        let [runs, residue, intervals, wrong] = proofs::HEAD;
        ["", runs, residue, intervals, wrong]
    });
    for (name, cells) in proofs::rows(results) {
        proven.row(name, cells);
    }
    text += &proven.to_string();
    text + "\n" + &verdict(results) + "\n"
}

fn table(outcomes: &[&Outcome]) -> Table {
    let title = outcomes.first().map_or_else(String::new, |it| {
        format!(
            "{}: {} packets of {} flows; K is 1000; error, exact and width are those of the true top K",
            it.workload,
            whole(it.packets),
            whole(it.flows)
        )
    });
    let head = [
        "",
        "rows/K",
        "rows",
        "top 100",
        "top K",
        "error",
        "exact",
        "width",
        "reduction",
        "residue",
        "checks",
        "wrong",
    ];
    let mut table = Table::new(&title, head);
    for it in outcomes {
        let cells = [
            decimals(it.rows_per_k, 1),
            whole(it.rows),
            share(it.top_100_precision),
            share(it.top_1000_precision),
            error(it.mean_relative_error),
            share(it.certified_exact),
            error(it.mean_relative_width),
            reduction(it.reduction),
            residue(it).unwrap_or_else(|| NOTHING.to_owned()),
            whole(it.checks),
            whole(it.violations),
        ];
        table.row(
            &format!("{} {}", memory(it.memory_bytes), it.counter),
            cells,
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_line_a_counter_and_a_verdict() {
        let text = text(&sample::results());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("syn-flood: 1,000,000 packets of 500,000 flows"));
        assert!(lines[2].contains("1 MiB windrow") && lines[2].contains("0 / 0"));
        assert!(lines[3].contains("1 MiB lru") && lines[3].contains('–'));
        assert!(lines[5].starts_with("what windrow proves"));
        assert!(lines[7].contains("two CPUs") && lines[7].contains("1,000"));
        assert_eq!(
            lines[9],
            "21,000 intervals compared with the truth, 0 wrong; residue 0 in 2 of 2 runs of windrow"
        );
    }
}
