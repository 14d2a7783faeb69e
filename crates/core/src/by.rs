//! `--by`: which keys packets are grouped by, and how much of an address.

use crate::net::{Family, Level, Side};

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

impl Key {
    /// All of them, in the order of every output.
    pub const ALL: [Key; 11] = [
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

    /// As on the command line and in output.
    pub fn name(self) -> &'static str {
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

    /// Whether it is an address, of which a prefix may be asked for.
    fn is_address(self) -> bool {
        matches!(self, Key::Src | Key::Dst)
    }

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    keys: [bool; Key::ALL.len()],
    /// Of the source address; `None` is all of it.
    src: Option<Prefix>,
    /// Of the destination address.
    dst: Option<Prefix>,
}

/// The 5-tuple.
impl Default for By {
    fn default() -> Self {
        let mut by = By::nothing();
        for key in [Key::Src, Key::Dst, Key::Sport, Key::Dport, Key::Proto] {
            by.keys[key as usize] = true;
        }
        by
    }
}

impl By {
    fn nothing() -> By {
        By {
            keys: [false; Key::ALL.len()],
            src: None,
            dst: None,
        }
    }

    /// What is grouped by no address, and so is in no network.
    pub fn of_no_address() -> By {
        By::nothing()
    }

    /// Reads `src/24,dport`: keys with commas between them; an address may have a prefix length for
    /// IPv4, and a second one for IPv6, which is 64 otherwise.
    ///
    /// # Errors
    /// The sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<By, String> {
        let mut by = By::nothing();
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

    /// Whether packets are told apart by it.
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
        if !self.has(key) {
            return Prefix::default();
        }
        self.prefix(key).unwrap_or(Prefix::WHOLE)
    }

    /// The sides whose addresses are among the keys.
    pub fn sides(&self) -> impl Iterator<Item = Side> + use<> {
        let by = *self;
        let sides = [Side::Src, Side::Dst].into_iter();
        sides.filter(move |side| by.has(Key::address(*side)))
    }

    /// The keys, in the order of every output.
    pub fn keys(&self) -> impl Iterator<Item = Key> + use<> {
        let keys = self.keys;
        Key::ALL.into_iter().filter(move |key| keys[*key as usize])
    }

    /// How much of an address is kept, where less than all of it was asked for.
    pub fn prefix(&self, key: Key) -> Option<Prefix> {
        match key {
            Key::Src => self.src,
            Key::Dst => self.dst,
            _ => None,
        }
    }

    /// The finest level that addresses of that side are fine enough for.
    pub fn finest(&self, side: Side, family: Family) -> Level {
        let kept = self.kept(side).bits(family);
        let mut levels = Level::ALL.into_iter();
        let fits = |level: &Level| level.bits(family) <= kept;
        levels.find(fits).unwrap_or(Level::TOTAL)
    }

    /// The keys as they are asked for, prefixes included: `src/24`, `dst/24/48`.
    pub fn words(&self) -> Vec<String> {
        self.keys()
            .map(|key| list::word(key.name(), self.prefix(key)))
            .collect()
    }
}

pub(crate) mod list;
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
