//! Twins of the structs in `bpf/call_abi.h`.

use std::mem::{offset_of, size_of};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[cfg(feature = "kernel")]
use super::{BUCKET_WAYS, Globals};
use super::{Extremes, FlowKey, HistogramPool};
#[cfg(feature = "kernel")]
use crate::kernel::skeleton::sys::types;

/// [`CallKey::family`].
pub const FAMILY_CALL: u8 = 1;
/// [`CallKey::about`]: in the numbering of 32-bit programs.
pub const CALL_COMPAT: u32 = 1;
/// [`CallKey::about`]: begun before anybody counted.
pub const CALL_BEGUN_BEFORE: u32 = 2;
/// [`CallKey::about`]: above it, when the process began.
pub const CALL_LIFE_SHIFT: u32 = 2;
/// [`super::SliceEpoch::other`]: a child's way out of fork or clone.
pub const OTHER_CHILD: usize = 0;
/// [`super::SliceEpoch::other`]: windrow's own.
pub const OTHER_OWN: usize = 1;
/// Most values of each kind that calls are selected by.
pub const CALL_FILTER_VALUES: usize = 16;
/// Numbers of calls that may be selected, less one the largest.
pub const CALL_FILTER_NUMBERS: usize = 512;

twin! {
    /// What calls are grouped by, laid over [`FlowKey`].
    CallKey {
        /// Real user id.
        uid: u32,
        /// Real group id.
        gid: u32,
        /// Process.
        pid: u32,
        /// Number of the call.
        number: i32,
        /// The process's name, if it is asked for.
        comm: [u8; 16],
        /// `CALL_…`, and when the process began.
        about: u32,
        /// 0.
        pad: u8,
        /// [`FAMILY_CALL`].
        family: u8,
        /// Which window wrote the row; 0 = none.
        epoch: u16,
        /// Control group.
        cgroup: u64,
    }
}

twin! {
    /// What lies beside a row of calls.
    CallRow = call_row {
        /// Shortest and longest duration.
        took: Extremes,
        /// Calls that failed.
        errors: u64,
        /// Calls without a duration.
        untimed: u64,
        /// The process's name.
        comm: [u8; 16],
        /// Its pid in its own namespace.
        inner_pid: u32,
        /// Which of the slice's histograms, from 1; 0 = none.
        histogram: u32,
        /// When the last of them ended; 0 = it has no duration.
        last_ns: u64,
    }
}

twin! {
    /// What a CPU counts of an epoch beside its ledger.
    CallEpoch = call_epoch {
        /// Calls that began.
        enters: u64,
        /// … in tasks that are nobody's.
        untracked_enters: u64,
        /// … and it could not be kept.
        unkept: u64,
        /// … while another had not ended.
        overtaken: u64,
        /// 0.
        enter_pad: [u64; 4],
        /// Ends of calls whose beginning was kept.
        matched: u64,
        /// Ends without a beginning.
        unentered: u64,
        /// Ends of calls that began before anybody counted.
        begun_before: u64,
        /// Ends in tasks that are nobody's.
        untracked: u64,
        /// Histograms that rows may take.
        histograms: HistogramPool,
        /// Calls whose tasks were killed meanwhile.
        killed: u64,
        /// Of what was folded.
        folded: CallRow,
        /// Calls that ended with their task.
        never_returned: u64,
        /// 0.
        exited_pad: [u64; 7],
        /// Children that could not be marked.
        forks_unkept: u64,
        /// 0.
        fork_pad: [u64; 7],
    }
}

twin! {
    /// What is told to the programs, and by the one that goes through all tasks.
    CallRun = run {
        /// `CLOCK_MONOTONIC`: tasks that are younger were seen from their beginning.
        opened_ns: u64,
        /// The process that asked, as the first pid namespace has it.
        own_pid: u32,
        /// Tasks in a call that had begun and not ended when counting did.
        in_calls: u32,
        /// Not 0: no task was hidden that might be in one.
        sees_all: u32,
        /// 0.
        pad: u32,
    }
}

twin! {
    /// Which calls are counted.
    CallFilter = call_filter {
        /// How many of each kind there are; 0 = any.
        pids: u32,
        /// Users.
        uids: u32,
        /// Names.
        comms: u32,
        /// Control groups.
        cgroups: u32,
        /// Not 0: those numbers alone.
        numbers: u32,
        /// Not 0: those of tracked tasks alone.
        tracked: u32,
        /// Processes.
        pid: [u32; CALL_FILTER_VALUES],
        /// Real user ids.
        uid: [u32; CALL_FILTER_VALUES],
        /// Names of processes.
        comm: [[u8; 16]; CALL_FILTER_VALUES],
        /// Control groups and all below.
        cgroup: [CallFilterCgroup; CALL_FILTER_VALUES],
        /// A bit a number.
        native: [u64; CALL_FILTER_NUMBERS / 64],
        /// Of 32-bit programs.
        compat: [u64; CALL_FILTER_NUMBERS / 64],
    }
}

twin! {
    /// A control group.
    CallFilterCgroup = call_filter_cgroup {
        /// Its id.
        id: u64,
        /// Below the root.
        level: u32,
        /// 0.
        pad: u32,
    }
}

twin! {
    /// What a walk over all tasks says of a process.
    WalkedProcess {
        /// As the first pid namespace has it.
        pid: u32,
        /// As who asked has it.
        seen_pid: u32,
    }
}

/// A key's words are a flow key's.
impl From<FlowKey> for CallKey {
    fn from(key: FlowKey) -> CallKey {
        zerocopy::transmute!(key)
    }
}

const _: () = {
    assert!(size_of::<CallKey>() == size_of::<FlowKey>());
    assert!(offset_of!(CallKey, epoch) == offset_of!(FlowKey, epoch));
    assert!(offset_of!(CallKey, family) == offset_of!(FlowKey, family));
    assert!(CALL_FILTER_VALUES == windrow_core::calls::selection::MOST_VALUES);
    assert!(CALL_FILTER_NUMBERS == windrow_core::calls::selection::MOST_NUMBERS);
    // What every call touches beside its row is one cache line, as each program's counters are.
    assert!(size_of::<CallRow>() == 64);
    assert!(offset_of!(CallEpoch, matched) == 64);
    assert!(offset_of!(CallEpoch, never_returned) % 64 == 0);
    assert!(offset_of!(CallEpoch, forks_unkept) % 64 == 0);
};

#[cfg(feature = "kernel")]
const _: () = {
    assert!(offset_of!(Globals, control) == offset_of!(types::bss, control));
    assert!(offset_of!(Globals, unplaced_events) == offset_of!(types::bss, unplaced_events));
    assert!(size_of::<types::call_bucket>() == size_of::<CallRow>() * BUCKET_WAYS);
};
