//! Programs of an object that attach themselves where their section says: some of them at a time.

use anyhow::{Context, Result};
use libbpf_rs::{Link, Object, ObjectBuilder, OpenObject};

/// Some programs of an object, in the kernel.
pub struct Programs {
    object: Object,
    names: &'static [&'static str],
}

impl Programs {
    /// Loads those of some names, and the maps that they have.
    ///
    /// # Errors
    /// When the kernel refuses them.
    pub fn load(object: &[u8], names: &'static [&'static str]) -> Result<Self> {
        let mut open: OpenObject = ObjectBuilder::default().open_memory(object)?;
        for mut program in open.progs_mut() {
            let wanted = names.iter().any(|name| program.name() == *name);
            program.set_autoload(wanted);
        }
        let object = open.load();
        let refused = || format!("the kernel refuses {}", names.join(" or "));
        Ok(Self {
            object: object.with_context(refused)?,
            names,
        })
    }

    /// Attaches them, until what is returned goes.
    ///
    /// # Errors
    /// When the kernel has no such place.
    pub fn attach(&mut self) -> Result<Vec<Link>> {
        let mut links = Vec::new();
        for program in self.object.progs_mut() {
            if self.names.iter().any(|name| program.name() == *name) {
                let name = program.name().to_string_lossy().into_owned();
                let link = program.attach();
                links.push(link.with_context(|| format!("the kernel does not attach {name}"))?);
            }
        }
        Ok(links)
    }
}
