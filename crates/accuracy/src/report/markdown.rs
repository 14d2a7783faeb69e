//! The tables of `docs/ACCURACY.md`.

use std::fmt::Write;

use windrow_figures::layout::{decimals, whole};

use super::figure::{distinct, error, find, memory, reduction, share, verdict};
use crate::counter::Algorithm;
use crate::measure::Outcome;

/// A figure of an outcome, as it stands in a table.
type Figure = fn(&Outcome) -> String;

/// All tables, then whether everything held.
pub fn markdown(outcomes: &[Outcome]) -> String {
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
    let own: [(&str, Figure); 3] = [
        ("Precision of windrow's top 100", |it| {
            share(it.top_100_precision)
        }),
        (
            "Share of the true top 1000 that windrow certifies as exact",
            |it| share(it.certified_exact),
        ),
        ("Packets a line that windrow exports", |it| {
            reduction(it.reduction)
        }),
    ];
    for (title, figure) in own {
        text += &by_memory(outcomes, title, figure);
    }
    text + &verdict(outcomes) + ".\n"
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
        let outcomes = [
            sample::windrow("syn-flood", 1 << 20, 0.95),
            sample::peer("syn-flood", "lru", 1 << 20, 0.25),
        ];
        let text = markdown(&outcomes);
        assert!(
            text.starts_with(
                "| rows (rows a K) | 1 MiB |\n|---|--:|\n| windrow | 10,485 (10.5) |\n"
            )
        );
        let precision = "Precision of the top 1000, 1 MiB:\n\n|  | **windrow** | lru |\n\
                         |---|--:|--:|\n| syn-flood | **0.950** | 0.250 |\n";
        assert!(text.contains(precision), "{text}");
        assert!(text.ends_with("residue 0 in 1 of 1 runs of windrow.\n"));
    }
}
