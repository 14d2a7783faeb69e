//! Where a frame came by, for those that do not come from the kernel, which knows it itself.

use windrow_core::flow::{Dir, Life};

use crate::abi::{DIRECTION_IN, DIRECTION_OUT};

/// Interface and direction of a frame, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The interface.
    pub iface: Option<Life>,
    /// Which way.
    pub dir: Option<Dir>,
}

impl Origin {
    /// As in a key.
    pub(crate) fn iface(self) -> u32 {
        self.iface.map_or(0, |life| life.0.get())
    }

    /// As in a key.
    pub(crate) fn dir(self) -> u8 {
        match self.dir {
            Some(Dir::In) => DIRECTION_IN,
            Some(Dir::Out) => DIRECTION_OUT,
            None => 0,
        }
    }
}
