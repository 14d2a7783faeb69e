//! Networks: addresses that begin alike.

use std::cmp::Reverse;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::flow::FlowKey;

/// Which address of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The source.
    Src,
    /// The destination.
    Dst,
}

impl Side {
    /// The one and the other.
    pub const BOTH: [Side; 2] = [Side::Src, Side::Dst];

    /// Its name in every output.
    pub fn name(self) -> &'static str {
        match self {
            Side::Src => "src",
            Side::Dst => "dst",
        }
    }

    /// That address of a flow.
    pub fn of(self, key: &FlowKey) -> IpAddr {
        match self {
            Side::Src => key.src,
            Side::Dst => key.dst,
        }
    }
}

/// How coarse a network is, the finest first: IPv4 /24, /16, /8, all; IPv6 /64, /48, /32, all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

impl Level {
    /// All four.
    pub const ALL: [Level; 4] = [Level(0), Level(1), Level(2), Level(3)];
    /// Everything.
    pub const TOTAL: Level = Level(3);

    /// Its place in [`Level::ALL`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The next that is coarser.
    pub fn coarser(self) -> Option<Level> {
        Level::ALL.get(self.index() + 1).copied()
    }

    /// Length of its prefixes, bits.
    pub fn bits(self, family: Family) -> u8 {
        match family {
            Family::Ipv4 => [24, 16, 8, 0][self.index()],
            Family::Ipv6 => [64, 48, 32, 0][self.index()],
        }
    }
}

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// 32 bits.
    Ipv4,
    /// 128 bits.
    Ipv6,
}

impl Family {
    /// That of an address.
    pub fn of(address: IpAddr) -> Family {
        match address {
            IpAddr::V4(_) => Family::Ipv4,
            IpAddr::V6(_) => Family::Ipv6,
        }
    }
}

/// A network of one of the levels. Prints as `10.1.2.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Net {
    family: Family,
    level: Level,
    /// The first 64 bits of its addresses, of IPv4 all 32, as a number; zero behind the prefix.
    start: u64,
}

impl Net {
    /// That of a level in which an address lies.
    pub fn of(address: IpAddr, level: Level) -> Net {
        let (family, start) = match address {
            IpAddr::V4(address) => (Family::Ipv4, u64::from(address.to_bits())),
            IpAddr::V6(address) => (Family::Ipv6, (address.to_bits() >> 64) as u64),
        };
        Net::from_start(family, level, start)
    }

    /// That of a level around the address that begins with these bits, as a number.
    pub fn from_start(family: Family, level: Level, start: u64) -> Net {
        let whole = match family {
            Family::Ipv4 => 32,
            Family::Ipv6 => 64,
        };
        let rest = whole - u32::from(level.bits(family));
        let mask = u64::MAX.checked_shl(rest).unwrap_or(0);
        Net {
            family,
            level,
            start: start & mask,
        }
    }

    /// Everything of a family.
    pub fn all(family: Family) -> Net {
        Net::from_start(family, Level::TOTAL, 0)
    }

    /// Its family.
    pub fn family(self) -> Family {
        self.family
    }

    /// Its level.
    pub fn level(self) -> Level {
        self.level
    }

    /// Length of its prefix, bits.
    pub fn bits(self) -> u8 {
        self.level.bits(self.family)
    }

    /// What networks are put in order by where they are written as a tree: those that are part of one
    /// follow it.
    pub fn order(self) -> impl Ord + use<> {
        (self.family, self.start, Reverse(self.level))
    }

    /// The network of a coarser level that it is part of.
    pub fn at(self, level: Level) -> Net {
        Net::from_start(self.family, level.max(self.level), self.start)
    }

    /// Its first address.
    pub fn address(self) -> IpAddr {
        match self.family {
            Family::Ipv4 => Ipv4Addr::from_bits(self.start as u32).into(),
            Family::Ipv6 => Ipv6Addr::from_bits(u128::from(self.start) << 64).into(),
        }
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address(), self.bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_print_as_prefixes() {
        let v4: IpAddr = "10.1.2.3".parse().expect("an address");
        let v6: IpAddr = "2001:db8:1:2:3::4".parse().expect("an address");
        let print = |address| Level::ALL.map(|level| Net::of(address, level).to_string());
        assert_eq!(
            print(v4),
            ["10.1.2.0/24", "10.1.0.0/16", "10.0.0.0/8", "0.0.0.0/0"]
        );
        assert_eq!(
            print(v6),
            [
                "2001:db8:1:2::/64",
                "2001:db8:1::/48",
                "2001:db8::/32",
                "::/0"
            ]
        );
    }

    #[test]
    fn a_network_is_part_of_all_that_are_coarser() {
        let address: IpAddr = "192.0.2.77".parse().expect("an address");
        for (fine, coarse) in Level::ALL.iter().zip(&Level::ALL[1..]) {
            assert_eq!(
                Net::of(address, *fine).at(*coarse),
                Net::of(address, *coarse)
            );
            assert_eq!(
                Net::of(address, *coarse).at(*fine),
                Net::of(address, *coarse)
            );
        }
    }
}
