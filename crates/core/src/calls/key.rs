//! Whose calls, and which.

use crate::calls::by::{By, Key};
use crate::process::{Comm, Process};
use crate::timed;

/// What tells the rows of calls apart. What was not asked for is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallKey {
    /// Real user id of the caller, as the first user namespace has it.
    pub uid: u32,
    /// Real group id likewise.
    pub gid: u32,
    /// The process.
    pub process: Process,
    /// Its name.
    pub comm: Comm,
    /// The call, by its number when it began; -1 and others that are none's included.
    pub number: i32,
    /// In the numbering of 32-bit programs.
    pub compat: bool,
    /// It had begun before anybody counted: it has no duration, and its number is of when it ended.
    pub begun_before: bool,
    /// Id of the control group in the unified hierarchy.
    pub cgroup: u64,
}

impl timed::Key for CallKey {
    type By = By;

    fn masked(&self, by: &By) -> CallKey {
        let mut key = CallKey {
            begun_before: self.begun_before,
            ..CallKey::default()
        };
        for asked in by.keys() {
            match asked {
                Key::Uid => key.uid = self.uid,
                Key::Gid => key.gid = self.gid,
                Key::Pid => key.process = self.process,
                Key::Comm => key.comm = self.comm,
                Key::Syscall => (key.number, key.compat) = (self.number, self.compat),
                Key::Cgroup => key.cgroup = self.cgroup,
            }
        }
        key
    }

    fn process(&self) -> Process {
        self.process
    }

    fn comm(&self) -> Comm {
        self.comm
    }
}
