//! What the command line means: limits checked, defaults resolved.

use std::time::Duration;

#[cfg(feature = "kernel")]
use windrow_core::adaptive::Adaptive;
use windrow_core::by::By;
use windrow_core::hierarchy::Hierarchy;
use windrow_core::lengths;
#[cfg(feature = "kernel")]
use windrow_core::lengths::LISTED;
use windrow_core::reduction::Reduction;
use windrow_core::spill_budget::SpillBudget;
use windrow_core::top::Sort;
#[cfg(feature = "kernel")]
use windrow_datapath::Export;
#[cfg(feature = "kernel")]
use windrow_datapath::kernel::Direction;

#[cfg(feature = "kernel")]
use crate::args;
use crate::args::SortName;
#[cfg(feature = "kernel")]
use crate::args::{DirectionName, ExportName, HookName};
use crate::exit::Failure;
#[cfg(feature = "kernel")]
use crate::windows::Asked;

/// Shortest and longest window.
pub const WINDOW_LIMITS: (Duration, Duration) =
    (Duration::from_millis(1), Duration::from_secs(24 * 3600));
/// Windows below this need a third buffer: a grace period may take as long.
#[cfg(feature = "kernel")]
const SHORT_WINDOW: Duration = Duration::from_millis(100);
/// Flows that a table on screen and the report show unless told otherwise.
pub const DEFAULT_TOP: usize = 10;

/// How packets are to be counted, whatever is then done with the windows.
#[cfg(feature = "kernel")]
#[derive(Clone, Debug)]
pub struct Counting {
    /// At XDP rather than at traffic control.
    pub xdp: bool,
    /// Which packets.
    pub direction: Direction,
    /// Length of a window.
    pub window: Duration,
    /// How that follows the load, if it does.
    pub adaptive: Option<Adaptive>,
    /// Bytes the kernel may hold.
    pub memory_bytes: u64,
    /// What is to be made of them.
    pub asked: Asked,
    /// How rows leave the kernel.
    pub export: Export,
}

#[cfg(feature = "kernel")]
impl Counting {
    /// Resolves hook and direction, and checks the window.
    pub fn resolve(
        hook: HookName,
        direction: Option<DirectionName>,
        window: Duration,
        memory_bytes: u64,
    ) -> Result<Self, Failure> {
        let xdp = hook == HookName::Xdp;
        let direction = match (xdp, direction) {
            (true, None | Some(DirectionName::In)) | (false, Some(DirectionName::In)) => {
                Direction::In
            }
            (true, Some(_)) => {
                return Err(Failure::usage(
                    "--hook xdp sees only packets that come in: leave --direction away, or use --hook tcx",
                ));
            }
            (false, Some(DirectionName::Out)) => Direction::Out,
            (false, None | Some(DirectionName::Both)) => Direction::Both,
        };
        check_window(window)?;
        Ok(Counting {
            xdp,
            direction,
            window,
            adaptive: None,
            memory_bytes,
            asked: Asked::default(),
            export: Export::Map,
        })
    }

    /// Table sets that windows of this length need.
    pub fn buffers(&self) -> u32 {
        buffers(self.window)
    }
}

/// Table sets that windows of this length need.
#[cfg(feature = "kernel")]
pub fn buffers(window: Duration) -> u32 {
    if window < SHORT_WINDOW { 3 } else { 2 }
}

/// `--rollup`, made of windows that may have those lengths; of one window over everything nothing is.
pub fn tiers(rollup: &[Duration], windows: &[Duration]) -> Result<Vec<Duration>, Failure> {
    let mut tiers = rollup.to_vec();
    tiers.sort_unstable();
    if windows.is_empty() && !tiers.is_empty() {
        return Err(Failure::usage(
            "--rollup makes longer windows of shorter ones: give --window, as --window 1s",
        ));
    }
    let mut parts = windows;
    for length in &tiers {
        let is_made_of =
            |part: &&Duration| length > *part && length.as_nanos().is_multiple_of(part.as_nanos());
        if let Some(part) = parts.iter().find(|part| !is_made_of(part)) {
            return Err(Failure::usage(format!(
                "--rollup: windows of {} are not made of several whole windows of {}: each length must be longer than the one before, and a multiple of it; with --adaptive, of all that windows may last",
                lengths::text(*length),
                lengths::text(*part),
            )));
        }
        if *length > WINDOW_LIMITS.1 {
            return Err(Failure::usage("--rollup: windows are 24h long at most"));
        }
        parts = std::slice::from_ref(length);
    }
    Ok(tiers)
}

/// `--adaptive`, from `min` to `max`, and `window` at first. Unless it was given, `max` is such
/// that those of `rollup` are made of whole windows.
#[cfg(feature = "kernel")]
pub fn adaptive(
    min: Duration,
    max: Option<Duration>,
    window: Duration,
    rollup: &args::Rollup,
) -> Result<Adaptive, Failure> {
    let makes_up = |length: &Duration| {
        let whole = |tier: &Duration| tier.as_nanos().is_multiple_of(length.as_nanos());
        rollup
            .rollup
            .iter()
            .all(|tier| length < tier && whole(tier))
    };
    let fitting = LISTED.into_iter().filter(|length| *length >= min);
    let longest = fitting.take_while(makes_up).last().unwrap_or(min);
    let max = max.unwrap_or(longest.max(window));
    let given = [
        ("--min-window", min),
        ("--window", window),
        ("--max-window", max),
    ];
    // As it is written on the command line.
    let written = |length: Duration| lengths::text(length).replace(" min", "m").replace(' ', "");
    let listed = LISTED.map(written).join(", ");
    if let Some((flag, _)) = given.iter().find(|(_, it)| !LISTED.contains(it)) {
        return Err(Failure::usage(format!(
            "with --adaptive, {flag} must be one of {listed}"
        )));
    }
    if !given.is_sorted_by_key(|(_, length)| *length) {
        let given = given.map(|(flag, length)| format!("{flag} {}", written(length)));
        return Err(Failure::usage(format!(
            "with --adaptive, {} must be in this order, of {listed}",
            given.join(", ")
        )));
    }
    Ok(Adaptive::new(min, max, window))
}

/// Whether windows may be so long.
pub fn check_window(window: Duration) -> Result<(), Failure> {
    if window < WINDOW_LIMITS.0 || window > WINDOW_LIMITS.1 {
        return Err(Failure::usage("--window must be from 1ms to 24h"));
    }
    Ok(())
}

/// `--export`.
#[cfg(feature = "kernel")]
pub fn export(name: ExportName) -> Export {
    match name {
        ExportName::Map => Export::Map,
        ExportName::Ring => Export::Ring,
    }
}

/// `--spill-budget`, which `--reduce` leaves no more room than it has itself.
pub fn spill_budget(budget: SpillBudget, reduce: Option<Reduction>) -> SpillBudget {
    reduce.map_or(budget, |reduction| budget.within(reduction))
}

/// `--hierarchy`, if packets that are grouped by these keys have such networks.
pub fn hierarchy(asked: Option<Hierarchy>, by: &By) -> Result<Option<Hierarchy>, Failure> {
    match asked.map(|hierarchy| hierarchy.check(by)) {
        Some(Err(sentence)) => Err(Failure::usage(sentence)),
        Some(Ok(())) | None => Ok(asked),
    }
}

/// `--sort`.
pub fn sort(name: SortName) -> Sort {
    match name {
        SortName::Packets => Sort::Packets,
        SortName::Bytes => Sort::Bytes,
    }
}

#[cfg(all(test, feature = "kernel"))]
mod tests {
    use super::*;

    #[test]
    fn xdp_with_egress_asked_for_is_refused() {
        let window = Duration::from_secs(1);
        let resolve = |hook, direction| Counting::resolve(hook, direction, window, 1 << 20);
        assert!(resolve(HookName::Xdp, Some(DirectionName::Both)).is_err());
        assert!(resolve(HookName::Xdp, Some(DirectionName::Out)).is_err());
        let counting = resolve(HookName::Xdp, None).expect("xdp without a direction");
        assert_eq!(counting.direction, Direction::In);
        let counting = resolve(HookName::Auto, None).expect("auto without a direction");
        assert_eq!(counting.direction, Direction::Both);
    }
}
