//! What is added to system calls, and to a build.

use windrow_figures::layout::decimals;

use super::super::calls::{builds, share};
use super::Figure;
use crate::results::{Build, BuildTimes, Outcome};
use crate::syscall::Call;

/// One design beside another one, for each call.
pub fn added(outcomes: &[Outcome], what: &str, other: &str) -> Vec<Figure> {
    let of_call = |call: Call| {
        let value = share(outcomes, call, what, other)?;
        let (name, times) = (call.name(), decimals(value, 3));
        Some(Figure {
            value,
            text: format!("syscall {name}: {what} adds {times} × what {other} adds"),
        })
    };
    Call::ALL.into_iter().filter_map(of_call).collect()
}

/// By the clock, and by the processor, which other work on the machine disturbs less.
pub fn built(outcomes: &[Outcome]) -> Vec<Figure> {
    let figure = |build: &Build, name: &str, time| {
        let ratio = build.ratio(time);
        Figure {
            value: Some(ratio),
            text: format!("syscall build: {name} beside windrow is {ratio:.3} × that without"),
        }
    };
    let figures = |it| {
        [
            figure(it, "wall time", BuildTimes::wall_seconds),
            figure(it, "processor time", BuildTimes::cpu_seconds),
        ]
    };
    builds(outcomes).flat_map(figures).collect()
}
