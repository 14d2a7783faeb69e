//! System calls: the second source. The programs in `bpf/sys.bpf.c` count the ends of calls into the
//! same tables as packets, with a line beside each row, histograms and counters of their own.

mod grouping;
mod load;
mod rows;
mod walk;

use std::io;
use std::iter;
use std::mem::offset_of;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use windrow_core::calls::by::By;
use windrow_core::calls::selection::Selection;
use windrow_core::calls::slice::Slice;

use crate::abi::{CallRun, Globals};
use crate::calls::rows::CallRows;
use crate::clock::Clock;
use crate::epoch::Epoch;
use crate::kernel::{Error, Flipper, Meter, programs};
use crate::memory::Mapped;
use crate::timed::load::Programs;
use crate::timed::{Attached, Drained, LeftOut, Tables, Tracepoints};

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
    programs: Programs,
    /// The one that goes through all tasks.
    walk: OwnedFd,
    tables: Tables<CallRows>,
    globals: Arc<Mapped<Globals>>,
    run: Mapped<CallRun>,
    drained: Drained<CallRows>,
    /// Length of a jiffy.
    tick: Duration,
}

impl Calls {
    /// A handle that flips epochs.
    pub fn flipper(&self) -> Flipper {
        Flipper {
            globals: Arc::clone(&self.globals),
            buffers: self.tables.buffers(),
        }
    }

    /// Attaches the programs. They count nothing before [`Calls::open`].
    ///
    /// # Errors
    /// When the kernel refuses one; none is attached then.
    pub fn attach(&self) -> Result<Attached, Error> {
        let links = self.programs.attach().map_err(|source| Error::System {
            what: "attaching to the kernel's tracepoints of system calls",
            source,
        })?;
        Ok(Attached::new(links))
    }

    /// From now on calls are counted, in epoch 0: all programs that are attached begin at one instant.
    pub fn open(&self) {
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

    /// From now on nothing is counted any more: all programs end at one instant, whatever is attached.
    pub fn close(&self) {
        self.globals
            .store_u32(offset_of!(Globals, control.epoch), 0);
    }

    /// Copies what `epoch` counted on every CPU and frees its buffer for a later epoch.
    ///
    /// The epoch must have been left, and a grace period have passed since.
    pub fn drain(&mut self, epoch: Epoch) -> Vec<Slice> {
        let clock = Clock::Jiffies(self.tick);
        self.tables.drain(epoch, clock, &mut self.drained);
        self.drained.slices(&self.tables.beside)
    }

    /// Goes through all tasks: finds out who we are, and what processes are called by those who see what
    /// we see. To be called once before anything is attached.
    ///
    /// # Errors
    /// When the kernel does not run the program that does.
    pub fn processes(&self) -> Result<Vec<Process>, Error> {
        walk::processes(self.walk.as_fd())
    }

    /// How many tasks were in a call when all was closed, a grace period after it: those that are there,
    /// and those that ended since, which the programs saw. Then these are detached. `None` where some
    /// cannot be seen from this pid namespace.
    ///
    /// # Errors
    /// When the kernel does not run the program that finds out.
    pub fn in_calls(&self, attached: Attached) -> Result<Option<u64>, Error> {
        walk::processes(self.walk.as_fd())?;
        drop(attached);
        let run = self.run.read(0);
        Ok((run.sees_all != 0).then_some(u64::from(run.in_calls)))
    }

    /// Rows of one CPU in one epoch.
    pub fn rows_per_cpu(&self) -> u64 {
        self.tables.rows_per_cpu()
    }

    /// What the kernel holds for the tables, bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.tables.memory_bytes()
    }

    /// A meter of what every call runs, where it begins and where it ends; loads an empty program beside.
    ///
    /// # Errors
    /// When the kernel does not load it.
    pub fn meter(&self) -> io::Result<Meter> {
        Meter::of_steps(self.programs.at_events().map(iter::once))
    }

    /// What the kernel numbers the programs by that are attached.
    pub fn program_ids(&self) -> impl Iterator<Item = u32> {
        self.programs.ids()
    }

    /// Bytes of the instructions of what is attached: those that the kernel keeps and those that the
    /// CPU runs.
    pub fn program_bytes(&self) -> u64 {
        programs::instruction_bytes(self.programs.all())
    }

    /// Times that the kernel could not run a program, since load, and events without a ledger.
    pub fn lost_events(&self) -> u64 {
        let unplaced = offset_of!(Globals, unplaced_events);
        self.globals.load_u64(unplaced) + self.programs.recursion_misses(LeftOut::Lost)
    }
}

#[cfg(test)]
mod tests;
