//! `--by`: which keys packets are grouped by, and how much of an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::nearest;
use crate::net::{Family, Level, Side};

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

/// How many leading bits of an address are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    /// Of an IPv4 address, 0 to 32.
    pub ipv4: u8,
    /// Of an IPv6 address, 0 to 128.
    pub ipv6: u8,
}

impl Prefix {
    /// The whole address.
    pub const WHOLE: Prefix = Prefix {
        ipv4: 32,
        ipv6: 128,
    };
    /// IPv6 bits where only those of IPv4 are said: one network of one customer or link.
    const IPV6_BITS: u8 = 64;

    /// As much as either keeps.
    pub fn max_each(self, other: Prefix) -> Prefix {
        Prefix {
            ipv4: self.ipv4.max(other.ipv4),
            ipv6: self.ipv6.max(other.ipv6),
        }
    }

    /// How many bits are kept of an address of that family.
    pub fn bits(self, family: Family) -> u8 {
        match family {
            Family::Ipv4 => self.ipv4,
            Family::Ipv6 => self.ipv6,
        }
    }

    /// What is kept of an address; the other bits are 0.
    pub fn of(self, address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V4(address) => {
                let rest = 32 - u32::from(self.ipv4);
                let mask = u32::MAX.checked_shl(rest).unwrap_or_default();
                Ipv4Addr::from_bits(address.to_bits() & mask).into()
            }
            IpAddr::V6(address) => {
                let rest = 128 - u32::from(self.ipv6);
                let mask = u128::MAX.checked_shl(rest).unwrap_or_default();
                Ipv6Addr::from_bits(address.to_bits() & mask).into()
            }
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
        for word in text.split(',').map(str::trim) {
            let (name, lengths) = match word.split_once('/') {
                Some((name, lengths)) => (name, Some(lengths)),
                None => (word, None),
            };
            let key = key(name)?;
            if std::mem::replace(&mut by.keys[key as usize], true) {
                return Err(format!("{name} is given twice"));
            }
            let prefix = lengths.map(prefix).transpose()?;
            match key {
                Key::Src => by.src = prefix,
                Key::Dst => by.dst = prefix,
                _ if prefix.is_some() => {
                    return Err(format!("{word}: only src and dst have prefixes"));
                }
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
            .map(|key| match self.prefix(key) {
                Some(Prefix {
                    ipv4,
                    ipv6: Prefix::IPV6_BITS,
                }) => format!("{}/{ipv4}", key.name()),
                Some(Prefix { ipv4, ipv6 }) => format!("{}/{ipv4}/{ipv6}", key.name()),
                None => key.name().to_owned(),
            })
            .collect()
    }
}

fn key(name: &str) -> Result<Key, String> {
    nearest::place("key", name, &Key::ALL.map(Key::name)).map(|place| Key::ALL[place])
}

fn prefix(lengths: &str) -> Result<Prefix, String> {
    let (ipv4, ipv6) = match lengths.split_once('/') {
        Some((ipv4, ipv6)) => (ipv4, Some(ipv6)),
        None => (lengths, None),
    };
    let bits = |text: &str, family: &str, most: u8| match text.parse() {
        Ok(bits) if bits <= most => Ok(bits),
        _ => Err(format!(
            "/{text} is no prefix length of an {family} address: 0 to {most}"
        )),
    };
    Ok(Prefix {
        ipv4: bits(ipv4, "IPv4", 32)?,
        ipv6: match ipv6 {
            Some(text) => bits(text, "IPv6", 128)?,
            None => Prefix::IPV6_BITS,
        },
    })
}

mod networks;

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
