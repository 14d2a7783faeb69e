//! What the hash of flow keys is seeded with.

use std::fs::File;
use std::io::{self, Read};

use zerocopy::IntoBytes;

use crate::abi::SECRET_WORDS;

/// The hash's secret: whoever does not know it cannot choose flows that share a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secret(pub(crate) [u32; SECRET_WORDS]);

impl Secret {
    /// A secret that nobody knows, from the kernel's generator.
    ///
    /// # Errors
    /// When `/dev/urandom` cannot be read.
    pub fn draw() -> io::Result<Secret> {
        let mut words = [0u32; SECRET_WORDS];
        File::open("/dev/urandom")?.read_exact(words.as_mut_bytes())?;
        Ok(Secret(words))
    }

    /// The secret that a seed stands for, the same every time: SplitMix64 (Steele, Lea, Flood 2014).
    pub fn from_seed(seed: u64) -> Secret {
        let mut state = seed;
        Secret(std::array::from_fn(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = state;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (word ^ (word >> 31)) as u32
        }))
    }
}
