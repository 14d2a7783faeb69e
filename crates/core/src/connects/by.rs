//! What connects are grouped by. Outgoing and accepted ones are always told apart.

use crate::by::{Prefix, list};
use crate::net::Side;

/// One thing that connects may be grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Key {
    /// The process that asked for it, or that listens.
    Pid,
    /// Name of the process.
    Comm,
    /// Real user id of the process.
    Uid,
    /// Control group of the process, of the unified hierarchy.
    Cgroup,
    /// Address of who asked for it.
    Src,
    /// Address of who was asked.
    Dst,
    /// Port of who was asked.
    Dport,
}

impl Key {
    /// All of them, in the order of every output.
    pub const ALL: [Key; 7] = [
        Key::Pid,
        Key::Comm,
        Key::Uid,
        Key::Cgroup,
        Key::Src,
        Key::Dst,
        Key::Dport,
    ];

    /// As on the command line and in output.
    pub fn name(self) -> &'static str {
        match self {
            Key::Pid => "pid",
            Key::Comm => "comm",
            Key::Uid => "uid",
            Key::Cgroup => "cgroup",
            Key::Src => "src",
            Key::Dst => "dst",
            Key::Dport => "dport",
        }
    }

    /// The address of a side.
    pub fn address(side: Side) -> Key {
        match side {
            Side::Src => Key::Src,
            Side::Dst => Key::Dst,
        }
    }

    fn is_address(self) -> bool {
        matches!(self, Key::Src | Key::Dst)
    }
}

/// What connects are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    keys: [bool; Key::ALL.len()],
    /// Of the address of who asked; `None` is all of it.
    src: Option<Prefix>,
    /// Of the address of who was asked.
    dst: Option<Prefix>,
}

/// Process, both addresses and the port.
impl Default for By {
    fn default() -> By {
        By::of(&[Key::Pid, Key::Src, Key::Dst, Key::Dport])
    }
}

impl By {
    /// These keys, of addresses all.
    pub fn of(keys: &[Key]) -> By {
        let mut by = By {
            keys: [false; Key::ALL.len()],
            src: None,
            dst: None,
        };
        for key in keys {
            by.keys[*key as usize] = true;
        }
        by
    }

    /// Reads `pid,dst/24`: keys with commas between them; an address may have a prefix length for IPv4, and a
    /// second one for IPv6, which is 64 otherwise.
    ///
    /// # Errors
    /// The sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<By, String> {
        let mut by = By::of(&[]);
        for (key, prefix) in list::read(text, &Key::ALL, Key::name, Key::is_address)? {
            by.keys[key as usize] = true;
            match key {
                Key::Src => by.src = prefix,
                Key::Dst => by.dst = prefix,
                _ => {}
            }
        }
        Ok(by)
    }

    /// Whether connects are told apart by it.
    pub fn has(&self, key: Key) -> bool {
        self.keys[key as usize]
    }

    /// Whether there is an address among the keys: then IPv4 and IPv6 are told apart.
    pub fn has_address(&self) -> bool {
        self.has(Key::Src) || self.has(Key::Dst)
    }

    /// How much of that side's addresses is kept: nothing where they are not asked for.
    pub fn kept(&self, side: Side) -> Prefix {
        let key = Key::address(side);
        match self.has(key) {
            true => self.prefix(key).unwrap_or(Prefix::WHOLE),
            false => Prefix::default(),
        }
    }

    /// How much of an address is kept, where less than all of it was asked for.
    pub fn prefix(&self, key: Key) -> Option<Prefix> {
        match key {
            Key::Src => self.src,
            Key::Dst => self.dst,
            _ => None,
        }
    }

    /// The keys, in the order of every output.
    pub fn keys(&self) -> impl Iterator<Item = Key> + use<> {
        let keys = self.keys;
        Key::ALL.into_iter().filter(move |key| keys[*key as usize])
    }

    /// The keys as they are asked for, prefixes included: `src/24`, `dst/24/48`.
    pub fn words(&self) -> Vec<String> {
        self.keys()
            .map(|key| list::word(key.name(), self.prefix(key)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_prefixes_are_read_in_any_order() {
        let by = By::parse("dport, dst/24,uid").expect("keys");
        assert_eq!(by.words(), ["uid", "dst/24", "dport"]);
        let prefix = |ipv4, ipv6| Prefix { ipv4, ipv6 };
        assert_eq!(by.kept(Side::Dst), prefix(24, 64));
        assert_eq!(by.kept(Side::Src), prefix(0, 0));
        assert!(by.has_address() && !by.has(Key::Src));
        let by = By::parse("src/8/48,comm").expect("keys");
        assert_eq!(by.words(), ["comm", "src/8/48"]);
        assert_eq!(By::parse("dport,src,dst,pid"), Ok(By::default()));
        assert_eq!(By::default().kept(Side::Src), Prefix::WHOLE);
        assert!(By::parse("cgroup,comm").is_ok_and(|by| !by.has_address()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, want) in [
            ("", "there is no key \"\""),
            ("dport,", "there is no key \"\""),
            ("dprot", "did you mean dport?"),
            ("sport", "there are pid, comm, uid, cgroup, src, dst, dport"),
            ("dir", "there is no key \"dir\""),
            ("pid,pid", "pid is given twice"),
            ("src/24,src", "src is given twice"),
            ("dst/33", "/33 is no prefix length of an IPv4 address"),
            ("dst/24/129", "/129 is no prefix length of an IPv6 address"),
            ("dport/8", "only src and dst have prefixes"),
        ] {
            let error = By::parse(text).expect_err(text);
            assert!(error.contains(want), "{text}: {error}");
        }
    }
}
