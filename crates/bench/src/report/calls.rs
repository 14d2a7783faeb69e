//! What is added to system calls, and to a build: their tables, and the ratios that promises are about.

use windrow_figures::layout::{Table, decimals};

use super::costs::ratio;
use crate::results::{Build, BuildTimes, Outcome, SystemCall};
use crate::syscall::{Call, NONE};

/// A line for each design, in the order in which they were measured.
pub fn table(outcomes: &[Outcome]) -> Table {
    let title = "syscall: ns a call in all, and what is added to the bare call";
    let head = ["design", "getppid", "added", "read", "added"];
    let mut table = Table::new(title, head);
    for it in all(outcomes).filter(|it| it.call == Call::Getppid) {
        let figures = Call::ALL.map(|call| {
            [
                in_all(outcomes, call, it.design),
                added(outcomes, call, it.design),
            ]
        });
        let figures = figures.as_flattened().iter();
        table.row(it.design, figures.map(|ns| decimals(*ns, 1)));
    }
    table
}

/// A build without windrow, and beside it.
pub fn build_table(outcomes: &[Outcome]) -> Table {
    let title = "build: seconds, and beside windrow as a multiple of without";
    let head = ["windrow", "wall", "user", "system", "× wall", "× CPU"];
    let mut table = Table::new(title, head);
    for it in builds(outcomes) {
        let seconds = |times: &BuildTimes| {
            let parts = [times.wall_seconds, times.user_seconds, times.system_seconds];
            parts.map(|seconds| decimals(seconds, 2))
        };
        let ratios = [BuildTimes::wall_seconds, BuildTimes::cpu_seconds];
        let ratios = ratios.map(|time| decimals(it.ratio(time), 3));
        table.row("without", seconds(&it.without));
        table.row("beside", seconds(&it.beside).into_iter().chain(ratios));
    }
    table
}

/// What one design adds to a call as a multiple of what another one adds, where both were measured: a
/// multiple of nothing is none.
pub fn share(outcomes: &[Outcome], call: Call, what: &str, other: &str) -> Option<Option<f64>> {
    let [what, other] = [what, other].map(|design| added(outcomes, call, design));
    Some(ratio(what?, other?))
}

/// All builds.
pub fn builds(outcomes: &[Outcome]) -> impl Iterator<Item = &Build> {
    outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Build(it) => Some(it),
        _ => None,
    })
}

/// Nanoseconds beyond the bare call.
fn added(outcomes: &[Outcome], call: Call, design: &str) -> Option<f64> {
    Some(in_all(outcomes, call, design)? - in_all(outcomes, call, NONE)?)
}

/// Nanoseconds with the call.
fn in_all(outcomes: &[Outcome], call: Call, design: &str) -> Option<f64> {
    let found = all(outcomes).find(|it| it.call == call && it.design == design)?;
    Some(found.ns)
}

fn all(outcomes: &[Outcome]) -> impl Iterator<Item = &SystemCall> {
    outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::SystemCall(it) => Some(it),
        _ => None,
    })
}
