//! Which calls are counted.

use crate::process::Comm;

/// Most values of each kind.
pub const MOST_VALUES: usize = 16;
/// Numbers of calls that may be selected are below.
pub const MOST_NUMBERS: usize = 512;

/// Which calls are counted: those that pass each kind of which there are values. What does not pass is in
/// the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Processes, as the first pid namespace has them.
    pub pids: Vec<u32>,
    /// Real user ids.
    pub uids: Vec<u32>,
    /// Names of processes.
    pub comms: Vec<Comm>,
    /// Control groups and all below them.
    pub cgroups: Vec<Cgroup>,
    /// Calls of 64-bit programs, by number; with `compat` all that are counted, if there is any.
    pub native: Vec<u32>,
    /// Calls of 32-bit programs.
    pub compat: Vec<u32>,
}

/// A control group of the unified hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cgroup {
    /// Its id.
    pub id: u64,
    /// How far it is below the root, whose level is 0.
    pub level: u32,
}
