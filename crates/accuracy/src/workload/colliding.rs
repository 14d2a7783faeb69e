//! Flows whose rows windrow's table has few places for, as of a sender who knows the hash's secret.
//! Nobody does, so here it is a known one; the hash of `datapath/bpf/key.h` is written down again.

use crate::key::{Key, Keys};
use crate::random::Random;

/// How many there are, at most.
pub const FLOWS: u32 = 16_384;
/// What windrow's hash is seeded with in all workloads.
pub const SEED: u64 = 0x77_696e_6472_6f77;

const SECRET_WORDS: usize = 12;
const FAMILY_IPV4: u32 = 4;

/// windrow's hash of IPv4 flows.
#[derive(Clone, Copy, Debug)]
struct Hash {
    secret: [u32; SECRET_WORDS],
}

impl Hash {
    /// The secret is drawn as `windrow_datapath::Secret::from_seed` draws it.
    fn from_seed(seed: u64) -> Hash {
        let mut random = Random::new(seed);
        Hash {
            secret: std::array::from_fn(|_| random.bits() as u32),
        }
    }

    fn of(&self, key: &Key) -> u64 {
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

/// Whether all three buckets that a key may be in are in the first sixteenth of the table.
fn collides(hash: u64) -> bool {
    let looks = [hash >> 32, hash, hash >> 16];
    looks.into_iter().all(|bits| bits as u32 >> 28 == 0)
}

/// So many keys that collide.
pub fn keys(keys: &Keys, count: u32) -> Vec<Key> {
    let hash = Hash::from_seed(SEED);
    let all = (0..=u32::MAX).map(|flow| keys.ordinary(flow));
    all.filter(|key| collides(hash.of(key)))
        .take(count as usize)
        .collect()
}
