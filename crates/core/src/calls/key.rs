//! Whose calls, and which.

use std::fmt;

use crate::calls::by::{By, Key};

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

impl CallKey {
    /// What of it is asked for.
    pub fn masked(&self, by: &By) -> CallKey {
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
}

/// A process from when it began to when it ends: pids are used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Process {
    /// Its pid, as the first pid namespace has it.
    pub pid: u32,
    /// When it began, in steps of about a millisecond that come round again after days.
    pub life: u32,
}

/// A command's name as the kernel has it: up to 15 bytes, whatever they are, and 0.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Comm(pub [u8; 16]);

impl Comm {
    /// The bytes before the first 0.
    pub fn bytes(&self) -> &[u8] {
        self.0.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// What can be printed: control characters escaped, what is no UTF-8 replaced.
    pub fn text(&self) -> String {
        let text = String::from_utf8_lossy(self.bytes());
        let mut printed = String::with_capacity(text.len());
        for char in text.chars() {
            match char.is_control() {
                true => printed.extend(char.escape_default()),
                false => printed.push(char),
            }
        }
        printed
    }
}

/// As it is printed.
impl fmt::Debug for Comm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comm(bytes: &[u8]) -> Comm {
        let mut name = [0; 16];
        name[..bytes.len()].copy_from_slice(bytes);
        Comm(name)
    }

    #[test]
    fn names_are_printed_whatever_they_are() {
        assert_eq!(comm(b"sh").text(), "sh");
        assert_eq!(comm(b"a\x1b[31m\nb").text(), "a\\u{1b}[31m\\nb");
        assert_eq!(comm(b"caf\xc3\xa9 \xff").text(), "café \u{fffd}");
        assert_eq!(Comm::default().text(), "");
        assert_eq!(comm(b"sixteen bytes ok").bytes().len(), 16);
    }
}
