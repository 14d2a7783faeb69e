//! The scale of histograms in C, beside Rust's.

use windrow_core::histogram::{self, COUNTERS};

use super::pressed::Random;

unsafe extern "C" {
    /// The number of the counter for a duration; see `native/histogram.c`.
    fn windrow_native_histogram_index(ns: u64) -> u32;
}

/// C and Rust give a duration the same counter.
fn agree(ns: u64) {
    // SAFETY: C takes a number and gives another; it has no memory.
    let index = unsafe { windrow_native_histogram_index(ns) };
    assert_eq!(index as usize, histogram::index(ns), "{ns} ns");
}

#[test]
fn c_and_rust_have_the_same_steps() {
    (0..1 << 16).for_each(agree);
    let ends = (0..COUNTERS).flat_map(|counter| <[u64; 2]>::from(histogram::bounds(counter)));
    let powers = (0..u64::BITS).map(|power| 1 << power);
    for edge in ends.chain(powers) {
        for ns in [edge.wrapping_sub(1), edge, edge.wrapping_add(1)] {
            agree(ns);
        }
    }
    let mut random = Random(1);
    for shift in (0..u64::BITS).cycle().take(5_000_000) {
        agree(random.next() >> shift);
    }
}
