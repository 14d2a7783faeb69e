//! A source's programs, loaded, with their tables mapped: what is done with them, whatever they count.

use std::io;
use std::iter;
use std::mem::offset_of;
use std::sync::Arc;
use std::time::Duration;

use windrow_core::timed::Subject;
use windrow_core::timed::slice::Slice;

use crate::abi::Globals;
use crate::clock::Clock;
use crate::epoch::Epoch;
use crate::kernel::{Error, Flipper, Meter, programs};
use crate::memory::Mapped;
use crate::timed::load::Programs;
use crate::timed::{Attached, Beside, Drained, Tables};

/// Programs that are loaded, and what they count.
pub trait Source: Loaded {
    /// Attaches the programs. They count nothing before [`Source::open`].
    ///
    /// # Errors
    /// When the kernel refuses one; none is attached then.
    fn attach(&self) -> Result<Attached, Error>;

    /// From now on it is counted, in epoch 0: all programs that are attached begin at one instant.
    fn open(&self);

    /// From now on nothing is counted any more: all programs end at one instant, whatever is attached.
    fn close(&mut self);

    /// How much had begun and not ended when all was closed, a grace period after it: by looking at all that
    /// is there, and at what ended since, which the programs saw. Then these are detached. `None`: not all
    /// can be seen from here.
    ///
    /// # Errors
    /// When the kernel does not run the program that looks.
    fn in_flight(&self, attached: Attached) -> Result<Option<u64>, Error>;

    /// What was lost since load, as far as that is known by now: events that the kernel left all programs out
    /// of, and those without a ledger.
    fn lost_events(&mut self) -> u64;
}

/// What counts something.
pub trait Counts {
    /// What is counted.
    type Subject: Subject;
}

/// What is alike of all sources.
pub trait Loaded: Counts {
    /// A handle that flips epochs.
    fn flipper(&self) -> Flipper;

    /// Copies what `epoch` counted on every CPU and frees its buffer for a later epoch.
    ///
    /// The epoch must have been left, and a grace period have passed since.
    fn drain(&mut self, epoch: Epoch) -> Vec<Slice<Self::Subject>>;

    /// Rows of one CPU in one epoch.
    fn rows_per_cpu(&self) -> u64;

    /// What the kernel holds for the tables, bytes.
    fn memory_bytes(&self) -> u64;

    /// A meter of what the kernel runs for each of what is counted; loads an empty program beside.
    ///
    /// # Errors
    /// When the kernel does not load it.
    fn meter(&self) -> io::Result<Meter>;

    /// What the kernel numbers the programs by that are attached.
    fn program_ids(&self) -> Vec<u32>;

    /// Bytes of the instructions of what is attached: those that the kernel keeps and those that the
    /// CPU runs.
    fn program_bytes(&self) -> u64;
}

/// The parts that every source has.
#[derive(Debug)]
pub(crate) struct Parts<B: Beside> {
    pub(crate) programs: Programs,
    pub(crate) tables: Tables<B>,
    pub(crate) globals: Arc<Mapped<Globals>>,
    pub(crate) drained: Drained<B>,
    /// Length of a jiffy.
    pub(crate) tick: Duration,
}

impl<B: Beside> Parts<B> {
    /// Attaches all programs; `what` is what that is called where it fails.
    pub(crate) fn attach(&self, what: &'static str) -> Result<Attached, Error> {
        let links = self.programs.attach();
        let links = links.map_err(|source| Error::System { what, source })?;
        Ok(Attached { links })
    }

    /// See [`Source::close`].
    pub(crate) fn close(&self) {
        self.globals
            .store_u32(offset_of!(Globals, control.epoch), 0);
    }

    /// Events without a ledger, since load.
    pub(crate) fn unplaced_events(&self) -> u64 {
        self.globals.load_u64(offset_of!(Globals, unplaced_events))
    }
}

/// Whatever has these parts.
pub(crate) trait OfParts: Counts {
    /// What lies beside its tables.
    type Beside: Beside<Subject = Self::Subject>;

    fn parts(&self) -> &Parts<Self::Beside>;

    fn parts_mut(&mut self) -> &mut Parts<Self::Beside>;
}

impl<T: OfParts> Loaded for T {
    fn flipper(&self) -> Flipper {
        let parts = self.parts();
        Flipper {
            globals: Arc::clone(&parts.globals),
            buffers: parts.tables.buffers(),
        }
    }

    fn drain(&mut self, epoch: Epoch) -> Vec<Slice<Self::Subject>> {
        let parts = self.parts_mut();
        let clock = Clock::Jiffies(parts.tick);
        parts.tables.drain(epoch, clock, &mut parts.drained);
        parts.drained.slices(&parts.tables.beside)
    }

    fn rows_per_cpu(&self) -> u64 {
        self.parts().tables.rows_per_cpu()
    }

    fn memory_bytes(&self) -> u64 {
        self.parts().tables.memory_bytes()
    }

    fn meter(&self) -> io::Result<Meter> {
        Meter::of_steps(self.parts().programs.at_events().map(iter::once))
    }

    fn program_ids(&self) -> Vec<u32> {
        self.parts().programs.ids().collect()
    }

    fn program_bytes(&self) -> u64 {
        programs::instruction_bytes(self.parts().programs.all())
    }
}
