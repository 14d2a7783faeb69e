//! The programs of `bpf/pairs.bpf.c`, two of them at a time.

use anyhow::Result;
use libbpf_rs::Link;

use super::design::{Attached, Design};
use crate::tracing::Programs;

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pairs.bpf.o"));

/// What the two are called, at the entry and at the exit.
type Names = [&'static str; 2];

/// They return.
pub const EMPTY: &Names = &["empty_enter", "empty_exit"];
/// They read the clock; the start is kept in the task's storage.
pub const FLOOR: &Names = &["floor_enter", "floor_exit"];

/// A pair in the kernel.
pub struct Pair(Programs);

impl Pair {
    /// Loads two programs, and the map that they have.
    ///
    /// # Errors
    /// When the kernel refuses them.
    pub fn load(names: &'static Names) -> Result<Self> {
        Ok(Self(Programs::load(OBJECT, names)?))
    }
}

impl Design for Pair {
    fn attach(&mut self) -> Result<Box<dyn Attached + '_>> {
        let links = self.0.attach()?;
        Ok(Box::new(Links { _links: links }))
    }
}

/// What keeps programs attached.
struct Links {
    _links: Vec<Link>,
}

impl Attached for Links {}
