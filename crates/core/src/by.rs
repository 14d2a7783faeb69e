//! `--by`: which keys packets are grouped by, and how much of an address.

use crate::net::{Family, Level, Side};

pub use keys::{Keys, Named};
pub use prefix::Prefix;

/// One thing that packets may be grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Key {
    /// Source address.
    Src,
    /// Destination address.
    Dst,
    /// Name of the source's network.
    SrcNet,
    /// Name of the destination's network.
    DstNet,
    /// Source port.
    Sport,
    /// Destination port.
    Dport,
    /// IP protocol.
    Proto,
    /// Interface.
    Iface,
    /// Direction.
    Dir,
    /// Outermost VLAN tag.
    Vlan,
    /// Type of service, traffic class.
    Tos,
}

impl Named for Key {
    const ALL: &'static [Key] = &[
        Key::Src,
        Key::Dst,
        Key::SrcNet,
        Key::DstNet,
        Key::Sport,
        Key::Dport,
        Key::Proto,
        Key::Iface,
        Key::Dir,
        Key::Vlan,
        Key::Tos,
    ];

    fn name(self) -> &'static str {
        match self {
            Key::Src => "src",
            Key::Dst => "dst",
            Key::SrcNet => "src_net",
            Key::DstNet => "dst_net",
            Key::Sport => "sport",
            Key::Dport => "dport",
            Key::Proto => "proto",
            Key::Iface => "iface",
            Key::Dir => "dir",
            Key::Vlan => "vlan",
            Key::Tos => "tos",
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

    /// The name of a side's network.
    pub fn network(side: Side) -> Key {
        match side {
            Side::Src => Key::SrcNet,
            Side::Dst => Key::DstNet,
        }
    }
}

/// What packets are grouped by.
pub type By = Keys<Key>;

/// The 5-tuple.
impl Default for By {
    fn default() -> Self {
        By::of(&[Key::Src, Key::Dst, Key::Sport, Key::Dport, Key::Proto])
    }
}

impl By {
    /// What is grouped by no address, and so is in no network.
    pub fn of_no_address() -> By {
        By::of(&[])
    }

    /// The finest level that addresses of that side are fine enough for.
    pub fn finest(&self, side: Side, family: Family) -> Level {
        let kept = self.kept(side).bits(family);
        let mut levels = Level::ALL.into_iter();
        let fits = |level: &Level| level.bits(family) <= kept;
        levels.find(fits).unwrap_or(Level::TOTAL)
    }
}

mod keys;
mod networks;
mod prefix;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_prefixes_are_read() {
        let by = By::parse("src/24, dport").expect("a list of keys");
        assert_eq!(by.words(), ["src/24", "dport"]);
        assert!(by.has(Key::Dport) && !by.has(Key::Dst) && by.has_address());
        let by = By::parse("tos,vlan,dir,iface,dst/8/48").expect("a list of keys");
        assert_eq!(by.words(), ["dst/8/48", "iface", "dir", "vlan", "tos"]);
        assert_eq!(By::parse("src,dst,sport,dport,proto"), Ok(By::default()));
        let by = By::parse("dport,dst_net,src_net").expect("a list of keys");
        assert_eq!(by.words(), ["src_net", "dst_net", "dport"]);
        assert!(by.has_network() && !by.has_address());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, want) in [
            ("", "there is no key \"\""),
            ("src,", "there is no key \"\""),
            ("sorce", "did you mean src?"),
            ("src,src", "src is given twice"),
            ("src/33", "/33 is no prefix length of an IPv4 address"),
            ("src/24/129", "/129 is no prefix length of an IPv6 address"),
            ("src/-1", "/-1 is no prefix length"),
            ("proto/8", "only src and dst have prefixes"),
        ] {
            let error = By::parse(text).expect_err(text);
            assert!(error.contains(want), "{text}: {error}");
        }
    }
}
