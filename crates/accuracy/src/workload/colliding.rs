//! Flows whose rows windrow's table has few places for, as of a sender who knows the hash's secret.
//! Nobody does, so here it is a known one.

use crate::hash::Hash;
use crate::key::{Key, Keys};

/// How many there are, at most.
pub const FLOWS: u32 = 16_384;
/// What windrow's hash is seeded with in all workloads.
pub const SEED: u64 = 0x77_696e_6472_6f77;

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
