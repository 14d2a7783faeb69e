//! From a flow's number to its 5-tuple, one to one, as addresses are on a link: clients and servers
//! stand close together in /24s and /16s; only the sources of a flood are from all over.

use crate::random::Random;

/// The 5-tuple of an IPv4 flow, addresses and ports as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Source address.
    pub src: u32,
    /// Destination address.
    pub dst: u32,
    /// Source port.
    pub sport: u16,
    /// Destination port.
    pub dport: u16,
    /// IP protocol number.
    pub proto: u8,
}

/// IP protocol numbers.
pub const TCP: u8 = 6;
/// See [`TCP`].
pub const UDP: u8 = 17;

/// 10.0.0.0/13: the clients, in eight /16s of 32 /24s each.
const CLIENTS: u32 = 0x0a00_0000;
/// 198.18.0.0/16: the servers, 32 in each of eight /24s.
const SERVERS: u32 = 0xc612_0000;
/// 203.0.113.0/24: what a flood goes to.
const FLOODED: u32 = 0xcb00_7100;
/// Source ports of clients begin here: Linux's own range.
const EPHEMERAL: u16 = 32_768;

/// Which flow has which 5-tuple: a seed's choice.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    factors: [u32; 2],
}

impl Keys {
    /// Those of a seed.
    pub fn new(seed: u64) -> Keys {
        let mut random = Random::new(seed);
        Keys {
            factors: std::array::from_fn(|_| random.bits() as u32 | 1),
        }
    }

    /// One of 2^32 numbers for each number: odd factors and shifts can be undone.
    fn shuffled(&self, number: u32) -> u32 {
        let mut word = number;
        for factor in self.factors {
            word = (word ^ (word >> 16)).wrapping_mul(factor);
        }
        word ^ (word >> 15)
    }

    /// A client's flow to a server. Every bit of the shuffled number is in the client's address and
    /// port or in the server's address; the other port and the protocol follow from the server.
    pub fn ordinary(&self, flow: u32) -> Key {
        let bits = self.shuffled(flow);
        let field = |shift: u32, width: u32| (bits >> shift) & ((1 << width) - 1);
        let (network, subnet, host) = (field(0, 3), field(3, 5), field(8, 8));
        let (rack, server) = (field(16, 3), field(19, 5));
        let (dport, proto) = match server {
            0..=15 => (443, TCP),
            16..=21 => (80, TCP),
            22..=25 => (443, UDP),
            26..=28 => (53, UDP),
            29 => (22, TCP),
            _ => (5_432, TCP),
        };
        Key {
            src: CLIENTS | network << 16 | (subnet * 8) << 8 | host,
            dst: SERVERS | (rack * 4) << 8 | (server + 10),
            sport: EPHEMERAL + field(24, 8) as u16 * 97,
            dport,
            proto,
        }
    }

    /// A flow of a flood: any source, one /24 of destinations.
    pub fn spoofed(&self, flow: u32) -> Key {
        let src = self.shuffled(flow);
        let rest = Random::new(u64::from(flow)).bits();
        Key {
            src,
            dst: FLOODED | (rest as u32 & 0xff),
            sport: (rest >> 16) as u16,
            dport: 443,
            proto: TCP,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_flows_share_a_key() {
        let keys = Keys::new(3);
        let ordinary: HashSet<Key> = (0..200_000).map(|flow| keys.ordinary(flow)).collect();
        assert_eq!(ordinary.len(), 200_000);
        let spoofed: HashSet<Key> = (0..200_000).map(|flow| keys.spoofed(flow)).collect();
        assert_eq!(spoofed.len(), 200_000);
        assert!(ordinary.is_disjoint(&spoofed));
    }

    #[test]
    fn addresses_stand_close_together_but_for_a_flood() {
        let keys = Keys::new(3);
        let prefixes = |shift: u32, key: &dyn Fn(u32) -> u32| {
            let prefixes: HashSet<u32> = (0..100_000).map(|flow| key(flow) >> shift).collect();
            prefixes.len()
        };
        assert_eq!(prefixes(16, &|flow| keys.ordinary(flow).src), 8);
        assert_eq!(prefixes(8, &|flow| keys.ordinary(flow).src), 256);
        assert_eq!(prefixes(8, &|flow| keys.ordinary(flow).dst), 8);
        assert_eq!(prefixes(8, &|flow| keys.spoofed(flow).dst), 1);
        assert!(prefixes(16, &|flow| keys.spoofed(flow).src) > 50_000);
    }
}
