//! The tables that a run prints, one a workload.

use windrow_figures::layout::{Table, decimals, whole};

use super::figure::{distinct, error, memory, reduction, residue, share, verdict};
use crate::measure::Outcome;

/// What stands where there is no figure.
const NOTHING: &str = "–";

/// All tables, then whether everything held.
pub fn text(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for workload in distinct(outcomes, |it| it.workload) {
        let of_it: Vec<&Outcome> = outcomes
            .iter()
            .filter(|it| it.workload == workload)
            .collect();
        text += &table(&of_it).to_string();
        text.push('\n');
    }
    text + &verdict(outcomes) + "\n"
}

fn table(outcomes: &[&Outcome]) -> Table {
    let title = outcomes.first().map_or_else(String::new, |it| {
        format!(
            "{}: {} packets of {} flows; K is 1000, error and exact are those of the true top K",
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
        let text = text(&[
            sample::windrow("syn-flood", 1 << 20, 0.95),
            sample::peer("syn-flood", "lru", 1 << 20, 0.25),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("syn-flood: 1,000,000 packets of 500,000 flows"));
        assert!(lines[2].contains("1 MiB windrow") && lines[2].contains("0 / 0"));
        assert!(lines[3].contains("1 MiB lru") && lines[3].contains('–'));
        assert_eq!(
            lines[5],
            "20,000 intervals compared with the truth, 0 wrong; residue 0 in 1 of 1 runs of windrow"
        );
    }
}
