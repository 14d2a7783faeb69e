//! The names of interfaces by their lives: rows carry a life, and outputs print a name.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};

use windrow_core::flow::Life;

/// The names, shared by whoever learns them and whoever prints them.
#[derive(Clone, Debug, Default)]
pub struct Ifaces {
    names: Arc<RwLock<HashMap<Life, Arc<str>>>>,
}

impl Ifaces {
    /// A life that no interface had before, of an interface of that printable name.
    pub fn born(&self, name: &str) -> Life {
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        // A number a life: they end with the process long before they run out.
        let number = u32::try_from(names.len()).unwrap_or(u32::MAX);
        let life = Life(NonZeroU32::MIN.saturating_add(number));
        names.insert(life, name.into());
        life
    }

    /// From now on the interface is called otherwise.
    #[cfg(feature = "kernel")]
    pub fn rename(&self, life: Life, name: &str) {
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        names.insert(life, name.into());
    }

    /// What it is called, or was called last.
    pub fn name(&self, life: Life) -> Option<Arc<str>> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.get(&life).cloned()
    }
}

/// A name as it may be printed: control characters escaped.
pub fn printable(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_control() {
                c.escape_default().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}
