//! What connects are grouped by. Outgoing and accepted ones are always told apart.

use crate::by::{Keys, Named};
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

impl Named for Key {
    const ALL: &'static [Key] = &[
        Key::Pid,
        Key::Comm,
        Key::Uid,
        Key::Cgroup,
        Key::Src,
        Key::Dst,
        Key::Dport,
    ];

    fn name(self) -> &'static str {
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

    fn place(self) -> usize {
        self as usize
    }

    fn side(self) -> Option<Side> {
        match self {
            Key::Src => Some(Side::Src),
            Key::Dst => Some(Side::Dst),
            _ => None,
        }
    }
}

impl Key {
    /// The address of a side.
    pub fn address(side: Side) -> Key {
        match side {
            Side::Src => Key::Src,
            Side::Dst => Key::Dst,
        }
    }
}

/// What connects are grouped by.
pub type By = Keys<Key>;

/// Process, both addresses and the port.
impl Default for By {
    fn default() -> By {
        By::of(&[Key::Pid, Key::Src, Key::Dst, Key::Dport])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by::Prefix;

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
