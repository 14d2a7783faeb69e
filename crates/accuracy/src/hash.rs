//! windrow's hash of IPv4 flows, that of `datapath/bpf/key.h`, written down again: what chooses flows
//! that collide, and what asks sketches for flows without a row.

use crate::key::Key;
use crate::random::Random;

const SECRET_WORDS: usize = 12;
const FAMILY_IPV4: u32 = 4;

/// The hash of one secret.
#[derive(Clone, Copy, Debug)]
pub struct Hash {
    secret: [u32; SECRET_WORDS],
}

impl Hash {
    /// The secret is drawn as `windrow_datapath::Secret::from_seed` draws it.
    pub fn from_seed(seed: u64) -> Hash {
        let mut random = Random::new(seed);
        Hash {
            secret: std::array::from_fn(|_| random.bits() as u32),
        }
    }

    /// By which tables and sketches with that secret know a flow.
    pub fn of(&self, key: &Key) -> u64 {
        // Fields as they lie in memory: addresses and ports in network byte order.
        let ports = u32::from(key.sport.to_be()) | u32::from(key.dport.to_be()) << 16;
        let kind = u32::from(key.proto) | FAMILY_IPV4 << 8;
        let pair = |a: u32, b: u32, place: usize| {
            u64::from(a.wrapping_add(self.secret[place]))
                .wrapping_mul(u64::from(b.wrapping_add(self.secret[place + 1])))
        };
        let mut hash = pair(ports, kind, 0).wrapping_add(pair(key.src.to_be(), key.dst.to_be(), 2));
        hash ^= hash >> 32;
        hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^ (hash >> 32)
    }
}
