//! The programs of `bpf/pairs.bpf.c`, two of them at a time.

use anyhow::{Context, Result};
use libbpf_rs::{Link, Object, ObjectBuilder, OpenObject};

use super::design::{Attached, Design};

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pairs.bpf.o"));

/// What the two are called, at the entry and at the exit.
type Names = [&'static str; 2];

/// They return.
pub const EMPTY: Names = ["empty_enter", "empty_exit"];
/// They read the clock; the start is kept in the task's storage.
pub const FLOOR: Names = ["floor_enter", "floor_exit"];

/// A pair in the kernel.
pub struct Pair {
    object: Object,
    names: Names,
}

impl Pair {
    /// Loads two programs, and the map that they have.
    ///
    /// # Errors
    /// When the kernel refuses them.
    pub fn load(names: Names) -> Result<Self> {
        let mut open: OpenObject = ObjectBuilder::default().open_memory(OBJECT)?;
        for mut program in open.progs_mut() {
            let wanted = names.iter().any(|name| program.name() == *name);
            program.set_autoload(wanted);
        }
        let object = open.load();
        let refused = || format!("the kernel refuses {} or {}", names[0], names[1]);
        Ok(Self {
            object: object.with_context(refused)?,
            names,
        })
    }
}

impl Design for Pair {
    fn attach(&mut self) -> Result<Box<dyn Attached + '_>> {
        let mut links = Vec::new();
        for program in self.object.progs_mut() {
            if self.names.iter().any(|name| program.name() == *name) {
                let link = program.attach();
                links.push(link.context("the kernel does not let system calls be watched")?);
            }
        }
        Ok(Box::new(Links { _links: links }))
    }
}

/// What keeps programs attached.
struct Links {
    _links: Vec<Link>,
}

impl Attached for Links {}
