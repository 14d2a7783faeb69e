//! Everything that talks to the kernel: load, attach, map, flip, drain, program test runs.
//!
//! Links, maps and programs are owned values; dropping them detaches. Nothing is pinned.
#![allow(unsafe_code)] // mapped memory and the libbpf calls that libbpf-rs does not wrap

mod attach;
mod clsact;
mod drain;
mod grace;
mod load;
mod mapped;
mod programs;
pub(crate) mod skeleton;
mod test_run;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::abi::Globals;
use crate::geometry::Geometry;

pub use attach::{Attached, Direction, Error as AttachError, Hook, LinkLayer};
pub use grace::Grace;
pub use load::{Error, Hooks, Settings};
pub use test_run::FrameHook;

/// The number of an epoch in its run, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch behind this one.
    pub fn next(self) -> Epoch {
        Epoch(self.0 + 1)
    }

    /// Its 16 bits in a row's key; never 0, which marks memory that no epoch has written.
    fn mark(self) -> u16 {
        (self.0 % u64::from(u16::MAX)) as u16 + 1
    }

    fn buffer(self, buffers: u32) -> u32 {
        (self.0 % u64::from(buffers)) as u32
    }
}

/// The kernel programs, loaded, with their tables mapped.
#[derive(Debug)]
pub struct Datapath {
    programs: load::Programs,
    maps: drain::Tables,
    globals: Arc<mapped::Mapped<Globals>>,
    geometry: Geometry,
}

/// Moves the programs from one epoch to the next. May be sent to the thread that keeps time.
#[derive(Clone, Debug)]
pub struct Flipper {
    globals: Arc<mapped::Mapped<Globals>>,
    buffers: u32,
}

impl Flipper {
    /// From now on events are counted in `epoch`. Programs that run at this moment may still be
    /// counting in the one before: see [`Grace`].
    ///
    /// The buffer of `epoch` must have been drained since it was last used.
    pub fn flip(&self, epoch: Epoch) {
        let word = u32::from(epoch.mark()) | epoch.buffer(self.buffers) << 16;
        self.globals
            .store_u32(std::mem::offset_of!(Globals, control), word);
    }
}

impl Datapath {
    /// The tables' shape.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// A handle that flips epochs.
    pub fn flipper(&self) -> Flipper {
        Flipper {
            globals: Arc::clone(&self.globals),
            buffers: self.geometry.buffers,
        }
    }

    /// Events that the kernel could not run a program for, since load: programs entered while they
    /// ran, and events without a ledger.
    pub fn lost_events(&self) -> u64 {
        let unplaced = std::mem::offset_of!(Globals, unplaced_events);
        self.globals.load_u64(unplaced) + self.programs.recursion_misses()
    }
}
