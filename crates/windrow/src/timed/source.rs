//! What counts in the kernel.

use std::io;

use windrow_core::calls::selection::Selection;
use windrow_core::timed::slice::Slice;
use windrow_datapath::kernel::{Flipper, Meter};
use windrow_datapath::{Epoch, Error};

use crate::timed::counting::Counting;
use crate::timed::output::Face;

/// Programs, loaded, and what they count.
pub trait Source: Sized {
    /// What is counted.
    type Subject: Face;
    /// Programs that are attached; they are detached when it is dropped.
    type Attached;

    /// Loads the programs, so that they can be attached. `selection` has processes as everybody sees them.
    ///
    /// # Errors
    /// When the kernel does not take them.
    fn load(counting: &Counting<Self::Subject>, selection: Selection) -> Result<Self, Error>;

    /// Attaches the programs. They count nothing before [`Source::open`].
    ///
    /// # Errors
    /// When the kernel refuses one; none is attached then.
    fn attach(&self) -> Result<Self::Attached, Error>;

    /// From now on it is counted, in epoch 0.
    fn open(&self);

    /// From now on nothing is counted any more.
    fn close(&mut self);

    /// A handle that flips epochs.
    fn flipper(&self) -> Flipper;

    /// Copies what `epoch` counted on every CPU and frees its buffer for a later one. It must have been
    /// left, and a grace period have passed since.
    fn drain(&mut self, epoch: Epoch) -> Vec<Slice<Self::Subject>>;

    /// How much had begun and not ended when all was closed, a grace period after it, by looking at each;
    /// then the programs are detached. `None`: not all can be seen from here.
    ///
    /// # Errors
    /// When the kernel does not let us look.
    fn in_flight(&self, attached: Self::Attached) -> Result<Option<u64>, Error>;

    /// What was lost since load, as far as that is known by now: what the kernel left all programs out of.
    fn lost_events(&mut self) -> u64;

    /// Rows of one CPU in one epoch.
    fn rows_per_cpu(&self) -> u64;

    /// What the kernel holds for the tables, bytes.
    fn memory_bytes(&self) -> u64;

    /// Bytes of the instructions of what is attached.
    fn program_bytes(&self) -> u64;

    /// A meter of what the kernel runs for each of what is counted.
    ///
    /// # Errors
    /// When the kernel does not load the empty program that belongs to it.
    fn meter(&self) -> io::Result<Meter>;
}
