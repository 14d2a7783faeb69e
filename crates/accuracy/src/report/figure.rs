//! Outcomes by what they have in common, and figures as they stand in tables.

use windrow_figures::layout::{decimals, whole};

use crate::measure::{Outcome, Results};

/// Each value once, in the order of the outcomes.
pub fn distinct<T: PartialEq>(outcomes: &[Outcome], value: impl Fn(&Outcome) -> T) -> Vec<T> {
    let mut values = Vec::new();
    for value in outcomes.iter().map(value) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// The outcome of one counter in one memory on one workload.
pub fn find<'a>(
    outcomes: &'a [Outcome],
    workload: &str,
    memory_bytes: u64,
    counter: &str,
) -> Option<&'a Outcome> {
    outcomes.iter().find(|it| {
        it.workload == workload && it.memory_bytes == memory_bytes && it.counter == counter
    })
}

/// `0.25 MiB`.
pub fn memory(bytes: u64) -> String {
    let number = format!("{:.2}", bytes as f64 / f64::from(1 << 20));
    format!("{} MiB", number.trim_end_matches('0').trim_end_matches('.'))
}

/// A share of 1; below 1 it never looks like 1.
pub fn share(share: f64) -> String {
    decimals((share * 1_000.0 + 1e-9).floor() / 1_000.0, 3)
}

/// A mean relative error; above 0 it never looks like 0.
pub fn error(error: f64) -> String {
    match error {
        0.0 => "0".to_owned(),
        error if error < 0.0001 => "<.0001".to_owned(),
        error => decimals(error, 4),
    }
}

/// How many times fewer.
pub fn reduction(factor: f64) -> String {
    match factor {
        ..100.0 => format!("{}x", decimals(factor, 1)),
        _ => format!("{}x", whole(factor as i64)),
    }
}

/// Packets and bytes that are missing, of a counter that knows.
pub fn residue(it: &Outcome) -> Option<String> {
    Some(format!(
        "{} / {}",
        whole(it.residue_packets?),
        whole(it.residue_bytes?)
    ))
}

/// One line: what was compared with the truth, and what was wrong.
pub fn verdict(results: &Results) -> String {
    let Results { outcomes, proofs } = results;
    let checks = outcomes.iter().map(|it| it.checks);
    let checks: u64 = checks.chain(proofs.iter().map(|it| it.checks.checks)).sum();
    let wrong = outcomes.iter().map(|it| it.violations);
    let wrong: u64 = wrong
        .chain(proofs.iter().map(|it| it.checks.violations))
        .sum();
    // What windrow accounts for: its outcomes, and all proofs.
    let accounts = outcomes
        .iter()
        .filter_map(|it| Some((it.residue_packets?, it.residue_bytes?) == (0, 0)))
        .chain(
            proofs
                .iter()
                .map(|it| (it.residue_packets, it.residue_bytes) == (0, 0)),
        );
    let (whole_ones, all) = accounts.fold((0, 0), |(whole, all), is_whole| {
        (whole + usize::from(is_whole), all + 1)
    });
    format!(
        "{} intervals compared with the truth, {} wrong; residue 0 in {whole_ones} of {all} runs \
         of windrow",
        whole(checks),
        whole(wrong),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_rounded_to_perfection() {
        assert_eq!(share(0.999_9), "0.999");
        assert_eq!(share(0.57), "0.570");
        assert_eq!(share(1.0), "1.000");
        assert_eq!(error(0.000_01), "<.0001");
        assert_eq!(error(0.0), "0");
        assert_eq!(error(0.25), "0.2500");
    }

    #[test]
    fn units_are_said() {
        assert_eq!(memory(256 << 10), "0.25 MiB");
        assert_eq!(memory(4 << 20), "4 MiB");
        assert_eq!(memory(10 << 20), "10 MiB");
        assert_eq!(memory(2_728_000), "2.6 MiB");
        assert_eq!(reduction(2.5), "2.5x");
        assert_eq!(reduction(3_906.3), "3,906x");
    }
}
