//! TCP connections: the third source. The programs in `bpf/conn.bpf.c` count attempts, their ends and what was
//! accepted into the same tables as packets, with a line beside each row, histograms and counters of their own.

mod copies;
mod grouping;
mod load;
mod lost;
mod rows;

use std::io;
use std::iter;
use std::mem::offset_of;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use windrow_core::calls::selection::Selection;
use windrow_core::connects::by::By;
use windrow_core::connects::slice::Slice;

use crate::abi::{ConnectRun, Globals};
use crate::clock::Clock;
use crate::connects::copies::Copies;
use crate::connects::lost::Lost;
use crate::connects::rows::ConnectRows;
use crate::epoch::Epoch;
use crate::kernel::{Error, Flipper, Meter, programs};
use crate::memory::Mapped;
use crate::timed::load::Programs;
use crate::timed::{Attached, Drained, LeftOut, Tables, Tracepoints, iterate};

/// How connections are to be counted.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What they are grouped by.
    pub by: By,
    /// Whose are counted; of calls it says nothing here.
    pub selection: Selection,
    /// Only those of what this process begins while it counts, and of all that it forks.
    pub tracked: bool,
    /// How handshakes are spread.
    pub histograms: bool,
    /// Connections are followed until they are closed.
    pub health: bool,
    /// How the program where calls end is attached; see [`Tracepoints::of_kernel`].
    pub tracepoints: Tracepoints,
    /// Rows that an epoch is to have room for, over all CPUs.
    pub rows: u64,
    /// Table sets: 2, or 3 where windows are shorter than grace periods may be.
    pub buffers: u32,
}

/// The programs for TCP connections, loaded, with their tables mapped.
#[derive(Debug)]
pub struct Connects {
    programs: Programs,
    /// Goes through all files for sockets that listen.
    listeners: OwnedFd,
    /// Goes through what is kept of sockets.
    in_flight: OwnedFd,
    /// What is kept of sockets.
    sockets: OwnedFd,
    tables: Tables<ConnectRows>,
    globals: Arc<Mapped<Globals>>,
    run: Mapped<ConnectRun>,
    copies: Copies,
    lost: Lost,
    is_closed: bool,
    drained: Drained<ConnectRows>,
    /// Length of a jiffy.
    tick: Duration,
}

impl Connects {
    /// A handle that flips epochs.
    pub fn flipper(&self) -> Flipper {
        Flipper {
            globals: Arc::clone(&self.globals),
            buffers: self.tables.buffers(),
        }
    }

    /// Attaches the programs, which learn of sockets that begin to listen from now on, and looks for those
    /// that do already. Nothing is counted before [`Connects::open`].
    ///
    /// # Errors
    /// When the kernel refuses one; none is attached then.
    pub fn attach(&self) -> Result<Attached, Error> {
        let links = self.programs.attach().map_err(|source| Error::System {
            what: "attaching to the kernel's tracepoints of TCP connections",
            source,
        })?;
        iterate(self.listeners.as_fd(), None).map_err(|source| Error::System {
            what: "going through all files for sockets that listen",
            source,
        })?;
        Ok(Attached::new(links))
    }

    /// From now on connections are counted, in epoch 0: all programs that are attached begin at one instant.
    pub fn open(&self) {
        self.flipper().flip(Epoch(0));
    }

    /// From now on nothing is counted any more: all programs end at one instant, whatever is attached.
    pub fn close(&mut self) {
        self.globals
            .store_u32(offset_of!(Globals, control.epoch), 0);
        self.is_closed = true;
    }

    /// Copies what `epoch` counted on every CPU and frees its buffer for a later epoch.
    ///
    /// The epoch must have been left, and a grace period have passed since.
    pub fn drain(&mut self, epoch: Epoch) -> Vec<Slice> {
        let clock = Clock::Jiffies(self.tick);
        self.tables.drain(epoch, clock, &mut self.drained);
        self.drained.slices(&self.tables.beside)
    }

    /// How many attempts were in flight when all was closed, a grace period after it, by what is kept of
    /// each: those that are there, and those that ended since, which the programs saw. Then these are
    /// detached.
    ///
    /// # Errors
    /// When the kernel does not run the program that finds out.
    pub fn in_flight(&self, attached: Attached) -> Result<u64, Error> {
        iterate(self.in_flight.as_fd(), Some(self.sockets.as_fd())).map_err(|source| {
            Error::System {
                what: "going through what is kept of sockets",
                source,
            }
        })?;
        drop(attached);
        let run = self.run.read(0);
        Ok(u64::from(run.in_flight) + u64::from(run.unkept_open))
    }

    /// Rows of one CPU in one epoch.
    pub fn rows_per_cpu(&self) -> u64 {
        self.tables.rows_per_cpu()
    }

    /// What the kernel holds for the tables, bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.tables.memory_bytes()
    }

    /// A meter of what every change of a socket's state runs; loads an empty program beside.
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

    /// Times that the kernel could not run a program, since load, and nothing else saw to what it was for;
    /// and events without a ledger. Where copies may still see to some, what is missing for some time is lost, or
    /// when nothing is counted any more.
    pub fn lost_events(&mut self) -> u64 {
        let unplaced = self.globals.load_u64(offset_of!(Globals, unplaced_events));
        let alone = self.programs.recursion_misses(LeftOut::Lost);
        let misses = self.programs.recursion_misses(LeftOut::ToCopies);
        // After the misses: what is seen to meanwhile is no more than was missing.
        let run = self.run.read(0);
        let missing = (misses + run.left_out).saturating_sub(run.seen_to);
        let lost = match self.copies.is_preemptible() && !self.is_closed {
            true => self.lost.look(missing, Instant::now()),
            false => self.lost.last_look(missing),
        };
        unplaced + alone + lost
    }
}

#[cfg(test)]
mod tests;
