//! The names of interfaces by their lives: rows carry a life, and outputs print a name.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use windrow_core::flow::Life;

/// The names, shared by whoever learns them and whoever prints them.
#[derive(Clone, Debug, Default)]
pub struct Ifaces {
    names: Arc<RwLock<HashMap<Life, Arc<str>>>>,
    /// Lives there were.
    lives: Arc<AtomicU32>,
}

impl Ifaces {
    /// A life that no interface had before, of an interface of that printable name.
    pub fn born(&self, name: &str) -> Life {
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        // A number a life: the process ends long before they run out.
        let number = self.lives.fetch_add(1, Ordering::Relaxed);
        let life = Life(NonZeroU32::MIN.saturating_add(number));
        names.insert(life, name.into());
        life
    }

    /// Nothing was counted in that life, and nothing will be.
    #[cfg(feature = "kernel")]
    pub fn forget(&self, life: Life) {
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        names.remove(&life);
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
