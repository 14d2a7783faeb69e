//! What can stand beside system calls: the designs that are compared, as one sees them from outside.

use anyhow::Result;
use windrow_datapath::calls::Measure;

use super::load::Load;
use super::pair::{EMPTY, FLOOR, Pair};
use super::strace::Strace;
use super::tool::Tool;
use super::windrow::Windrow;

/// Nothing beside the call.
pub const NONE: &str = "none";
/// Programs that return.
pub const EMPTY_PAIR: &str = "empty_pair";
/// Programs that read the clock, and keep the start with the task.
pub const LATENCY_FLOOR: &str = "latency_floor";
/// windrow, counting alone.
pub const WINDROW_COUNT: &str = "windrow_count";
/// windrow: counts, errors, and durations.
pub const WINDROW: &str = "windrow";
/// The same, and histograms of durations.
pub const WINDROW_HIST: &str = "windrow_hist";
/// `bpftrace`, counting alone.
pub const BPFTRACE_COUNT: &str = "bpftrace_count";
/// `bpftrace`: what [`WINDROW`] has.
pub const BPFTRACE: &str = "bpftrace";
/// `syscount -L` of libbpf-tools.
pub const SYSCOUNT: &str = "syscount";
/// `strace -c -f`.
pub const STRACE: &str = "strace";

/// Something that can be put beside system calls again and again.
pub trait Design {
    /// Puts it there.
    ///
    /// # Errors
    /// When it cannot be attached or started.
    fn attach(&mut self) -> Result<Box<dyn Attached + '_>>;
}

/// A design that is in its place; dropping it takes it away.
pub trait Attached {
    /// Nanoseconds that a call takes, in all.
    ///
    /// # Errors
    /// When the load fails, or was not seen.
    fn measure(&mut self, load: &Load) -> Result<f64> {
        load.own_ns()
    }

    /// Takes it away, and looks whether it has seen what was called.
    ///
    /// # Errors
    /// When it does not end, or has not seen all calls of the loads.
    fn detach(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

/// Makes a design ready to be attached; the error is why it cannot be had.
type Prepare = fn() -> Result<Box<dyn Design>>;

/// All designs, those with the least to do first.
pub const DESIGNS: [(&str, Prepare); 10] = [
    (NONE, || Ok(Box::new(Nothing))),
    (EMPTY_PAIR, || Ok(Box::new(Pair::load(EMPTY)?))),
    (LATENCY_FLOOR, || Ok(Box::new(Pair::load(FLOOR)?))),
    (WINDROW_COUNT, || {
        Ok(Box::new(Windrow::new(Measure::Counts)?))
    }),
    (WINDROW, || Ok(Box::new(Windrow::new(Measure::Durations)?))),
    (WINDROW_HIST, || {
        Ok(Box::new(Windrow::new(Measure::Histograms)?))
    }),
    (BPFTRACE_COUNT, || Ok(Box::new(Tool::bpftrace_counts()?))),
    (BPFTRACE, || Ok(Box::new(Tool::bpftrace_statistics()?))),
    (SYSCOUNT, || Ok(Box::new(Tool::syscount()?))),
    (STRACE, || Ok(Box::new(Strace::new()?))),
];

/// The bare call.
struct Nothing;

impl Design for Nothing {
    fn attach(&mut self) -> Result<Box<dyn Attached + '_>> {
        Ok(Box::new(Self))
    }
}

impl Attached for Nothing {}
