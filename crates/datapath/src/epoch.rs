//! Epochs: which window's counts memory holds.

/// The number of an epoch in its run, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch behind this one.
    pub fn next(self) -> Epoch {
        Epoch(self.0 + 1)
    }

    /// Its 16 bits in a row's key; never 0, which marks memory that no epoch has written.
    pub(crate) fn mark(self) -> u16 {
        (self.0 % u64::from(u16::MAX)) as u16 + 1
    }

    pub(crate) fn buffer(self, buffers: u32) -> u32 {
        (self.0 % u64::from(buffers)) as u32
    }

    /// As `struct control` has it: the mark, and the buffer that is written to.
    pub(crate) fn word(self, buffers: u32) -> u32 {
        u32::from(self.mark()) | self.buffer(buffers) << 16
    }
}
