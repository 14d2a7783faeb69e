//! What windrow proves, by how packets came to tables: over all workloads and memories.

use windrow_figures::layout::whole;

use crate::measure::Results;
use crate::proof::{ARRANGEMENTS, Proof, tiers};

/// Names of the figures of [`rows`].
pub const HEAD: [&str; 4] = ["runs", "residue", "intervals", "wrong"];

/// An arrangement, and how often it was counted with, packets and bytes that are missing, intervals
/// that were compared with the truth, and those that did not contain it.
pub fn rows(results: &Results) -> impl Iterator<Item = (&'static str, [String; 4])> {
    let named = |name| results.proofs.iter().filter(move |it| it.proof == name);
    let row = move |name: &'static str| {
        let sum = |figure: fn(&Proof) -> u64| whole(named(name).map(figure).sum::<u64>());
        let residue = format!(
            "{} / {}",
            sum(|it| it.residue_packets),
            sum(|it| it.residue_bytes)
        );
        let cells = [
            whole(named(name).count() as u64),
            residue,
            sum(|it| it.checks.checks),
            sum(|it| it.checks.violations),
        ];
        (name, cells)
    };
    ARRANGEMENTS
        .iter()
        .map(|it| it.name)
        .chain(tiers::NAMES.into_iter().flatten())
        .filter(move |name| named(name).count() > 0)
        .map(row)
}
