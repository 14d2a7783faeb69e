//! System calls: the second source. The programs in `bpf/sys.bpf.c` count the ends of calls into the
//! same tables as packets, with a line beside each row, histograms and counters of their own.

mod grouping;
mod load;
mod rows;
mod walk;

use std::mem::offset_of;
use std::os::fd::{AsFd, OwnedFd};

use nix::time::{ClockId, clock_gettime};
use windrow_core::calls::by::By;
use windrow_core::calls::selection::Selection;

use crate::abi::CallRun;
use crate::calls::rows::CallRows;
use crate::epoch::Epoch;
use crate::kernel::Error;
use crate::memory::Mapped;
use crate::timed::{Attached, Counts, LeftOut, Loaded, OfParts, Parts, Source, Tracepoints};

pub use walk::Process;

/// What is known of calls, beside how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Nothing: they are counted where they begin, and it is not seen how they end.
    Counts,
    /// How long they took in all, at least and at most, and how many failed.
    Durations,
    /// How these are spread, too.
    Histograms,
}

/// How calls are to be counted.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What calls are grouped by.
    pub by: By,
    /// Which are counted.
    pub selection: Selection,
    /// Only those of what this process begins while it counts, from its execve on, and of all that it
    /// forks.
    pub tracked: bool,
    /// windrow's own like all others; otherwise they are only counted together.
    pub own: bool,
    /// What is known of calls.
    pub measure: Measure,
    /// How programs are attached; see [`Tracepoints::of_kernel`].
    pub tracepoints: Tracepoints,
    /// Rows that an epoch is to have room for, over all CPUs.
    pub rows: u64,
    /// Table sets: 2, or 3 where windows are shorter than grace periods may be.
    pub buffers: u32,
}

/// The programs for system calls, loaded, with their tables mapped.
#[derive(Debug)]
pub struct Calls {
    parts: Parts<CallRows>,
    /// The one that goes through all tasks.
    walk: OwnedFd,
    run: Mapped<CallRun>,
}

impl Calls {
    /// Goes through all tasks: finds out who we are, and what processes are called by those who see what
    /// we see. To be called once before anything is attached.
    ///
    /// # Errors
    /// When the kernel does not run the program that does.
    pub fn processes(&self) -> Result<Vec<Process>, Error> {
        walk::processes(self.walk.as_fd())
    }
}

impl Counts for Calls {
    type Subject = windrow_core::calls::Calls;
}

impl OfParts for Calls {
    type Beside = CallRows;

    fn parts(&self) -> &Parts<CallRows> {
        &self.parts
    }

    fn parts_mut(&mut self) -> &mut Parts<CallRows> {
        &mut self.parts
    }
}

impl Source for Calls {
    fn attach(&self) -> Result<Attached, Error> {
        let what = "attaching to the kernel's tracepoints of system calls";
        self.parts.attach(what)
    }

    fn open(&self) {
        // Whoever is not known yet and comes first is older, until that has a time: from the flip on
        // children are marked.
        self.run.store_u64(offset_of!(CallRun, opened_ns), u64::MAX);
        self.flipper().flip(Epoch(0));
        let now = clock_gettime(ClockId::CLOCK_MONOTONIC);
        // The clock does not fail. Without it children that come out of fork would count as old tasks.
        let now = now.map_or(u64::MAX, |it| {
            it.tv_sec() as u64 * 1_000_000_000 + it.tv_nsec() as u64
        });
        self.run.store_u64(offset_of!(CallRun, opened_ns), now);
    }

    fn close(&mut self) {
        self.parts.close();
    }

    /// Tasks that are in a call.
    fn in_flight(&self, attached: Attached) -> Result<Option<u64>, Error> {
        walk::processes(self.walk.as_fd())?;
        drop(attached);
        let run = self.run.read(0);
        Ok((run.sees_all != 0).then_some(u64::from(run.in_calls)))
    }

    fn lost_events(&mut self) -> u64 {
        self.parts.unplaced_events() + self.parts.programs.recursion_misses(LeftOut::Lost)
    }
}

#[cfg(test)]
mod tests;
