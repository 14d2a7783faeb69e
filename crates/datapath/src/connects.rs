//! TCP connections: the third source. The programs in `bpf/conn.bpf.c` count attempts, their ends and what was
//! accepted into the same tables as packets, with a line beside each row, histograms and counters of their own.

mod copies;
mod grouping;
mod load;
mod lost;
mod rows;

use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use windrow_core::calls::selection::Selection;
use windrow_core::connects::by::By;

use crate::abi::ConnectRun;
use crate::connects::copies::Copies;
use crate::connects::lost::Lost;
use crate::connects::rows::ConnectRows;
use crate::epoch::Epoch;
use crate::kernel::Error;
use crate::memory::Mapped;
use crate::timed::{
    Attached, Counts, LeftOut, Loaded, OfParts, Parts, Source, Tracepoints, iterate,
};

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
    parts: Parts<ConnectRows>,
    /// Goes through all files for sockets that listen.
    listeners: OwnedFd,
    /// Goes through what is kept of sockets.
    in_flight: OwnedFd,
    /// What is kept of sockets.
    sockets: OwnedFd,
    run: Mapped<ConnectRun>,
    copies: Copies,
    lost: Lost,
    is_closed: bool,
}

impl Counts for Connects {
    type Subject = windrow_core::connects::Connects;
}

impl OfParts for Connects {
    type Beside = ConnectRows;

    fn parts(&self) -> &Parts<ConnectRows> {
        &self.parts
    }

    fn parts_mut(&mut self) -> &mut Parts<ConnectRows> {
        &mut self.parts
    }
}

impl Source for Connects {
    /// The programs learn of sockets that begin to listen from now on; those that do already are looked for.
    fn attach(&self) -> Result<Attached, Error> {
        let what = "attaching to the kernel's tracepoints of TCP connections";
        let attached = self.parts.attach(what)?;
        iterate(self.listeners.as_fd(), None).map_err(|source| Error::System {
            what: "going through all files for sockets that listen",
            source,
        })?;
        Ok(attached)
    }

    fn open(&self) {
        self.flipper().flip(Epoch(0));
    }

    fn close(&mut self) {
        self.parts.close();
        self.is_closed = true;
    }

    /// Attempts, by what is kept of each socket.
    fn in_flight(&self, attached: Attached) -> Result<Option<u64>, Error> {
        iterate(self.in_flight.as_fd(), Some(self.sockets.as_fd())).map_err(|source| {
            Error::System {
                what: "going through what is kept of sockets",
                source,
            }
        })?;
        drop(attached);
        let run = self.run.read(0);
        Ok(Some(u64::from(run.in_flight) + u64::from(run.unkept_open)))
    }

    /// Where copies may still see to what others were left out of, what is missing for some time is lost, or
    /// when nothing is counted any more.
    fn lost_events(&mut self) -> u64 {
        let programs = &self.parts.programs;
        let alone = programs.recursion_misses(LeftOut::Lost);
        let misses = programs.recursion_misses(LeftOut::ToCopies);
        // After the misses: what is seen to meanwhile is no more than was missing.
        let run = self.run.read(0);
        let missing = (misses + run.left_out).saturating_sub(run.seen_to);
        let lost = match self.copies.is_preemptible() && !self.is_closed {
            true => self.lost.look(missing, Instant::now()),
            false => self.lost.last_look(missing),
        };
        self.parts.unplaced_events() + alone + lost
    }
}

#[cfg(test)]
mod tests;
