//! What calls are grouped by.

use crate::nearest;

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

impl Key {
    /// All of them, in the order of every output.
    pub const ALL: [Key; 6] = [
        Key::Uid,
        Key::Gid,
        Key::Pid,
        Key::Comm,
        Key::Syscall,
        Key::Cgroup,
    ];

    /// As on the command line and in output.
    pub fn name(self) -> &'static str {
        match self {
            Key::Uid => "uid",
            Key::Gid => "gid",
            Key::Pid => "pid",
            Key::Comm => "comm",
            Key::Syscall => "syscall",
            Key::Cgroup => "cgroup",
        }
    }
}

/// What calls are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    keys: [bool; Key::ALL.len()],
}

/// User, group, process and call.
impl Default for By {
    fn default() -> By {
        By::of(&[Key::Uid, Key::Gid, Key::Pid, Key::Syscall])
    }
}

impl By {
    /// These keys.
    pub fn of(keys: &[Key]) -> By {
        let mut by = By {
            keys: [false; Key::ALL.len()],
        };
        for key in keys {
            by.keys[*key as usize] = true;
        }
        by
    }

    /// Reads `uid,syscall`: keys with commas between them.
    ///
    /// # Errors
    /// The sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<By, String> {
        let mut by = By::of(&[]);
        for name in text.split(',').map(str::trim) {
            let key = key(name)?;
            if std::mem::replace(&mut by.keys[key as usize], true) {
                return Err(format!("{name} is given twice"));
            }
        }
        Ok(by)
    }

    /// Whether calls are told apart by it.
    pub fn has(&self, key: Key) -> bool {
        self.keys[key as usize]
    }

    /// The keys, in the order of every output.
    pub fn keys(&self) -> impl Iterator<Item = Key> + use<> {
        let keys = self.keys;
        Key::ALL.into_iter().filter(move |key| keys[*key as usize])
    }
}

fn key(name: &str) -> Result<Key, String> {
    nearest::place("key", name, &Key::ALL.map(Key::name)).map(|place| Key::ALL[place])
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
        ] {
            let error = By::parse(text).expect_err(text);
            assert!(error.contains(want), "{text}: {error}");
        }
    }
}
