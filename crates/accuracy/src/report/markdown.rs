//! The tables of `docs/ACCURACY.md`.

use std::fmt::Write;

use windrow_figures::layout::{decimals, whole};

use super::figure::{distinct, error, find, memory, reduction, share, verdict};
use super::proofs;
use crate::counter::Algorithm;
use crate::measure::{Outcome, Results};

/// A figure of an outcome, as it stands in a table.
type Figure = fn(&Outcome) -> String;

/// All tables, then whether everything held.
pub fn markdown(results: &Results) -> String {
    let outcomes = results.outcomes.as_slice();
    let mut text = capacity(outcomes);
    let figures: [(&str, Figure); 2] = [
        ("Precision of the top 1000", |it| {
            share(it.top_1000_precision)
        }),
        ("Mean relative error of the true top 1000", |it| {
            error(it.mean_relative_error)
        }),
    ];
    for (title, figure) in figures {
        for memory_bytes in distinct(outcomes, |it| it.memory_bytes) {
            text += &by_counter(outcomes, title, memory_bytes, figure);
        }
    }
    let own: [(&str, Figure); 4] = [
        ("Precision of windrow's top 100", |it| {
            share(it.top_100_precision)
        }),
        (
            "Share of the true top 1000 that windrow certifies as exact",
            |it| share(it.certified_exact),
        ),
        (
            "Mean width of windrow's intervals of the true top 1000, as a share of the packets",
            |it| error(it.mean_relative_width),
        ),
        ("Packets a line that windrow exports", |it| {
            reduction(it.reduction)
        }),
    ];
    for (title, figure) in own {
        text += &by_memory(outcomes, title, figure);
    }
    let proven = proofs::rows(results).map(|(name, cells)| (name, cells.to_vec()));
    text += &format!(
        "What windrow proves, over all of these workloads and memories:\n\n{}",
        table("", proofs::HEAD.map(str::to_owned), proven)
    );
    text + &verdict(results) + ".\n"
}

/// A head, and under it a row a name.
fn table<'a>(
    first: &str,
    head: impl IntoIterator<Item = String>,
    rows: impl IntoIterator<Item = (&'a str, Vec<String>)>,
) -> String {
    let head: Vec<String> = head.into_iter().collect();
    let mut text = format!(
        "| {first} | {} |\n|---|{}\n",
        head.join(" | "),
        "--:|".repeat(head.len())
    );
    for (name, cells) in rows {
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text.push('\n');
    text
}

/// How many rows each counter has in each memory, for each of K.
fn capacity(outcomes: &[Outcome]) -> String {
    let memories = distinct(outcomes, |it| it.memory_bytes);
    let of = |counter: &str, memory_bytes: u64| {
        let mut all = outcomes.iter();
        let found = all.find(|it| it.counter == counter && it.memory_bytes == memory_bytes);
        found.map_or_else(String::new, |it| {
            format!(
                "{} ({})",
                whole(it.capacity_rows),
                decimals(it.rows_per_k, 1)
            )
        })
    };
    let rows = distinct(outcomes, |it| it.counter)
        .into_iter()
        .map(|counter| {
            let cells = memories.iter().map(|bytes| of(counter, *bytes));
            (counter, cells.collect())
        });
    table(
        "rows (rows a K)",
        memories.iter().map(|bytes| memory(*bytes)),
        rows,
    )
}

/// Workloads by counter, in one memory.
fn by_counter(outcomes: &[Outcome], title: &str, memory_bytes: u64, figure: Figure) -> String {
    let counters = distinct(outcomes, |it| it.counter);
    let own = Algorithm::Windrow.name();
    let bold = |counter: &str, text: String| match counter == own {
        true => format!("**{text}**"),
        false => text,
    };
    let rows = distinct(outcomes, |it| it.workload)
        .into_iter()
        .map(|workload| {
            let cells = counters.iter().map(|counter| {
                let found = find(outcomes, workload, memory_bytes, counter);
                bold(counter, found.map(figure).unwrap_or_default())
            });
            (workload, cells.collect())
        });
    let head = counters
        .iter()
        .map(|counter| bold(counter, (*counter).to_owned()));
    format!(
        "{title}, {}:\n\n{}",
        memory(memory_bytes),
        table("", head, rows)
    )
}

/// Workloads by memory, of windrow alone.
fn by_memory(outcomes: &[Outcome], title: &str, figure: Figure) -> String {
    let memories = distinct(outcomes, |it| it.memory_bytes);
    let rows = distinct(outcomes, |it| it.workload)
        .into_iter()
        .map(|workload| {
            let cells = memories.iter().map(|bytes| {
                let found = find(outcomes, workload, *bytes, Algorithm::Windrow.name());
                found.map(figure).unwrap_or_default()
            });
            (workload, cells.collect())
        });
    let head = memories.iter().map(|bytes| memory(*bytes));
    format!("{title}:\n\n{}", table("", head, rows))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn tables_are_those_of_a_document() {
        let text = markdown(&sample::results());
        assert!(
            text.starts_with(
                "| rows (rows a K) | 1 MiB |\n|---|--:|\n| windrow | 10,485 (10.5) |\n"
            )
        );
        let precision = "Precision of the top 1000, 1 MiB:\n\n|  | **windrow** | lru |\n\
                         |---|--:|--:|\n| syn-flood | **0.950** | 0.250 |\n";
        assert!(text.contains(precision), "{text}");
        assert!(text.contains("| two CPUs | 1 | 0 / 0 | 1,000 | 0 |\n"));
        assert!(text.ends_with("residue 0 in 2 of 2 runs of windrow.\n"));
    }
}
