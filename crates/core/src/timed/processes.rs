//! The name that a process had last.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::process::{Comm, Process};
use crate::slice::MonoNanos;
use crate::timed::window::Row;
use crate::timed::{Key, Subject};

/// The name and the number in its own pid namespace that each process had last, whether the row that has them
/// learned them with its events, and when.
#[derive(Debug, Default)]
pub(super) struct Processes(HashMap<Process, (bool, MonoNanos, Comm, u32)>);

impl Processes {
    /// The process of that key had that name and number then; where processes are not told apart, nothing is
    /// kept. What a row did not learn with its events counts where there is nothing else.
    pub(super) fn note(&mut self, key: &impl Key, last: MonoNanos, comm: Comm, inner_pid: u32) {
        let process = key.process();
        if process == Process::default() {
            return;
        }
        let named = (key.learns_names(), last, comm, inner_pid);
        match self.0.entry(process) {
            Entry::Occupied(mut known) => *known.get_mut() = named.max(*known.get()),
            Entry::Vacant(free) => {
                free.insert(named);
            }
        }
    }

    /// Gives a row what its process had last.
    pub(super) fn give<S: Subject>(&self, row: &mut Row<S>) {
        match self.0.get(&row.key.process()) {
            Some((_, _, comm, inner_pid)) => (row.comm, row.inner_pid) = (*comm, *inner_pid),
            None => row.comm = row.key.comm(),
        }
    }
}
