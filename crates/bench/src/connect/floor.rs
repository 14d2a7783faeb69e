//! The programs of `bpf/connects.bpf.c`, some of them at a time.

use anyhow::Result;
use libbpf_rs::Link;

use super::design::{Attached, Design};
use crate::tracing::Programs;

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/connects.bpf.o"));

/// One that returns, where a socket's state changes.
pub const EMPTY_STATE: &[&str] = &["empty_state"];
/// One that returns, where a system call ends.
pub const EMPTY_EXIT: &[&str] = &["empty_exit"];
/// They read the clock; the start is kept in the socket's storage.
pub const FLOOR: &[&str] = &["floor_state", "floor_error", "floor_exit"];
/// The same, and behind it where a socket's state changes one that returns.
pub const FLOOR_AND_EMPTY: &[&str] = &["floor_state", "empty_state", "floor_error", "floor_exit"];

/// Some programs in the kernel.
pub struct Floor(Programs);

impl Floor {
    /// Loads those of some names, and the map that they have.
    ///
    /// # Errors
    /// When the kernel refuses them.
    pub fn load(names: &'static [&'static str]) -> Result<Self> {
        Ok(Self(Programs::load(OBJECT, names)?))
    }
}

impl Design for Floor {
    fn attach(&mut self) -> Result<Box<dyn Attached + '_>> {
        Ok(Box::new(Links(self.0.attach()?)))
    }
}

/// What keeps programs attached.
struct Links(Vec<Link>);

impl Attached for Links {
    fn detach(self: Box<Self>) -> Result<Option<u64>> {
        drop(self.0);
        Ok(None)
    }
}
