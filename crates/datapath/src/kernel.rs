//! Everything that talks to the kernel: load, attach, map, flip, drain, program test runs.
//!
//! Links, maps and programs are owned values; dropping them detaches. Nothing is pinned.
#![allow(unsafe_code)] // mapped memory and the libbpf calls that libbpf-rs does not wrap

mod attach;
mod claim;
mod clsact;
mod cost;
pub(crate) mod cpus;
mod export;
mod grace;
mod interfaces;
mod leftovers;
pub(crate) mod load;
mod privilege;
pub(crate) mod programs;
mod replay;
mod ring;
pub(crate) mod skeleton;
mod test_run;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use windrow_core::adaptive::Fill;
use windrow_core::flow::FlowKey;

use crate::abi::Globals;
use crate::clock::Clock;
use crate::drained::Drained;
use crate::epoch::Epoch;
use crate::geometry::Geometry;
use crate::memory::Mapped;
use crate::tables::Tables;

pub use attach::{Attached, Attacher, Direction, Error as AttachError, Hook, LinkLayer};
pub use cost::{Meter, Metered, Metering, Runs};
pub use grace::Grace;
pub use interfaces::{Interfaces, Place, Seen};
pub use leftovers::{Found, Ours, Owner};
pub use load::{Error, Hooks, Settings};
pub use privilege::{in_user_namespace, missing_capabilities};
pub use programs::{AtInterface, Xdp, has_tcx};
pub use replay::{LEAST_FRAME, Replay};
pub use test_run::FrameHook;

/// The kernel programs, loaded, with their tables mapped.
#[derive(Debug)]
pub struct Datapath {
    programs: Arc<load::Programs>,
    interfaces: Arc<Interfaces>,
    claims: Arc<claim::Claims>,
    tables: Tables,
    globals: Arc<Mapped<Globals>>,
    /// Where rows do not leave by mapping.
    exporter: Option<export::Exporter>,
    drained: Drained,
    /// Length of a jiffy.
    tick: Duration,
}

/// Moves the programs from one epoch to the next. May be sent to the thread that keeps time.
#[derive(Clone, Debug)]
pub struct Flipper {
    pub(crate) globals: Arc<Mapped<Globals>>,
    pub(crate) buffers: u32,
}

impl Flipper {
    /// From now on events are counted in `epoch`. Programs that run at this moment may still be
    /// counting in the one before: see [`Grace`].
    ///
    /// The buffer of `epoch` must have been drained since it was last used.
    pub fn flip(&self, epoch: Epoch) {
        self.globals.store_u32(
            std::mem::offset_of!(Globals, control.epoch),
            epoch.word(self.buffers),
        );
    }
}

impl Datapath {
    /// The tables' shape.
    pub fn geometry(&self) -> &Geometry {
        &self.tables.geometry
    }

    /// The same without registers of distinct counts, to measure what these cost; to be called before
    /// anything is counted.
    #[must_use]
    pub fn without_registers(mut self) -> Self {
        self.tables.drop_registers();
        self
    }

    /// The hash by which what was folded of a flow is known: see
    /// [`Native::hash_of`](crate::Native::hash_of).
    pub fn hash_of(&self, key: &FlowKey) -> u64 {
        self.tables.pressure.hash_of(key)
    }

    /// A handle that attaches to interfaces.
    pub fn attacher(&self) -> Attacher {
        Attacher {
            programs: Arc::clone(&self.programs),
            interfaces: Arc::clone(&self.interfaces),
            claims: Arc::clone(&self.claims),
        }
    }

    /// A handle that flips epochs.
    pub fn flipper(&self) -> Flipper {
        Flipper {
            globals: Arc::clone(&self.globals),
            buffers: self.tables.geometry.buffers,
        }
    }

    /// Copies what `epoch` counted on every CPU and frees its buffer for a later epoch.
    ///
    /// The epoch must have been left, and a grace period have passed since. What is to be made of
    /// the copy can wait: the programs may use the buffer again as soon as this returns.
    ///
    /// # Errors
    /// With [`Export::Ring`](crate::Export::Ring), when the kernel does not run the program that
    /// exports; the epoch keeps what it counted.
    pub fn drain(&mut self, epoch: Epoch) -> Result<&Drained, Error> {
        let clock = Clock::Jiffies(self.tick);
        let drained = &mut self.drained;
        let Some(exporter) = &mut self.exporter else {
            self.tables.drain(epoch, clock, drained);
            return Ok(drained);
        };
        exporter
            .read(epoch, &self.tables, clock, drained)
            .map_err(|source| Error::System {
                what: "rows do not leave through the ring buffer (--export map does without it)",
                source,
            })?;
        self.tables.free(epoch);
        Ok(drained)
    }

    /// Reads what an epoch has spilled so far, so that there is room for more: rows that find the log
    /// full are folded. To be called now and then while the epoch is open.
    pub fn read_spills(&mut self, epoch: Epoch) {
        self.drained.read_spills(&self.tables, epoch);
    }

    /// What each CPU's table had to take so far in an epoch that is open; no system call is made.
    pub fn filling(&self, epoch: Epoch) -> impl Iterator<Item = Fill> {
        self.tables.filling(epoch)
    }

    /// Events that the kernel could not run a program for, since load: programs entered while they
    /// ran, and events without a ledger.
    pub fn lost_events(&self) -> u64 {
        let unplaced = std::mem::offset_of!(Globals, unplaced_events);
        self.globals.load_u64(unplaced) + self.programs.recursion_misses()
    }
}
