//! Whose events are counted, as programs are told before they are loaded.

use windrow_core::calls::selection::Selection;

use crate::abi::{CALL_FILTER_VALUES, CallFilter, CallFilterCgroup};

/// The selection as the programs take it; `tracked`: only of what this process begins.
pub(crate) fn call_filter(selection: &Selection, tracked: bool) -> CallFilter {
    let mut filter: CallFilter = zerocopy::FromZeros::new_zeroed();
    filter.tracked = u32::from(tracked);
    filter.pids = put(&mut filter.pid, &selection.pids, |pid| *pid);
    filter.uids = put(&mut filter.uid, &selection.uids, |uid| *uid);
    filter.comms = put(&mut filter.comm, &selection.comms, |comm| comm.0);
    filter.cgroups = put(&mut filter.cgroup, &selection.cgroups, |cgroup| {
        CallFilterCgroup {
            id: cgroup.id,
            level: cgroup.level,
            pad: 0,
        }
    });
    let numbers = !selection.native.is_empty() || !selection.compat.is_empty();
    filter.numbers = u32::from(numbers);
    for (bits, numbers) in [
        (&mut filter.native, &selection.native),
        (&mut filter.compat, &selection.compat),
    ] {
        for number in numbers {
            if let Some(word) = bits.get_mut(*number as usize / 64) {
                *word |= 1 << (number % 64);
            }
        }
    }
    filter
}

/// Puts values into their places; how many there are.
fn put<T, U>(to: &mut [U; CALL_FILTER_VALUES], of: &[T], value: impl Fn(&T) -> U) -> u32 {
    for (to, of) in to.iter_mut().zip(of) {
        *to = value(of);
    }
    of.len() as u32
}

/// Copies it into the type of the same layout that a skeleton declares for its own object.
macro_rules! set_call_filter {
    ($to:expr, $filter:expr) => {{
        let (to, filter) = (&mut $to, $filter);
        (to.pids, to.uids, to.comms) = (filter.pids, filter.uids, filter.comms);
        (to.cgroups, to.numbers) = (filter.cgroups, filter.numbers);
        (to.tracked, to.pid, to.uid) = (filter.tracked, filter.pid, filter.uid);
        (to.native, to.compat) = (filter.native, filter.compat);
        for (to, comm) in to.comm.iter_mut().zip(filter.comm) {
            to.name = comm.map(|byte| byte as i8);
        }
        for (to, cgroup) in to.cgroup.iter_mut().zip(filter.cgroup) {
            (to.id, to.level) = (cgroup.id, cgroup.level);
        }
    }};
}

pub(crate) use set_call_filter;
