//! What calls are grouped by.

use crate::by::{Keys, Named};

/// One thing that calls may be grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Key {
    /// Real user id of the caller.
    Uid,
    /// Real group id.
    Gid,
    /// Process.
    Pid,
    /// Name of the process.
    Comm,
    /// Which call.
    Syscall,
    /// Control group of the unified hierarchy.
    Cgroup,
}

impl Named for Key {
    const ALL: &'static [Key] = &[
        Key::Uid,
        Key::Gid,
        Key::Pid,
        Key::Comm,
        Key::Syscall,
        Key::Cgroup,
    ];

    fn name(self) -> &'static str {
        match self {
            Key::Uid => "uid",
            Key::Gid => "gid",
            Key::Pid => "pid",
            Key::Comm => "comm",
            Key::Syscall => "syscall",
            Key::Cgroup => "cgroup",
        }
    }

    fn place(self) -> usize {
        self as usize
    }
}

/// What calls are grouped by.
pub type By = Keys<Key>;

/// User, group, process and call.
impl Default for By {
    fn default() -> By {
        By::of(&[Key::Uid, Key::Gid, Key::Pid, Key::Syscall])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_any_order() {
        let by = By::parse("syscall, uid").expect("keys");
        assert_eq!(
            by.keys().map(Key::name).collect::<Vec<_>>(),
            ["uid", "syscall"]
        );
        assert_eq!(By::parse("pid,gid,uid,syscall"), Ok(By::default()));
        assert!(By::parse("cgroup,comm").is_ok_and(|by| by.has(Key::Comm) && !by.has(Key::Pid)));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, want) in [
            ("", "there is no key \"\""),
            ("syscal", "did you mean syscall?"),
            ("pid,pid", "pid is given twice"),
            ("pid/8", "there is no key \"pid/8\""),
        ] {
            let error = By::parse(text).expect_err(text);
            assert!(error.contains(want), "{text}: {error}");
        }
    }
}
