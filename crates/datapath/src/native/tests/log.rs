//! A log that is full, is not there, or is never used: what does not fit into it is folded.

use windrow_core::spill_budget::SpillBudget;

use super::pressed::{check, hash_of, native, packets, truth};
use super::*;

/// Counts as [`Native::count`] does, but nobody reads the log meanwhile.
fn count_unread(native: &mut Native, frame: &[u8], weight: Weight, at: MonoNanos) {
    let ticks = native.timeline.ticks(at).unwrap();
    // SAFETY: as in `Native::count_from`.
    unsafe {
        windrow_native_count(
            &raw mut native.instance,
            frame.as_ptr(),
            frame.len() as u64,
            weight.packets,
            weight.bytes,
            at.0,
            ticks,
            0,
            0,
        );
    }
}

/// A packet a microsecond, in tables of some sixty rows and of some thousand.
fn check_log(budget: &str, unread: bool, filled: impl Fn(usize, u32) -> bool) {
    let budget = SpillBudget::parse(budget).unwrap();
    for (memory_bytes, flows) in [(40 << 10, 3_000), (256 << 10, 20_000)] {
        for seed in 0..8 {
            let mut native = native(memory_bytes, seed, budget);
            let packets = packets(seed, flows, 60_000);
            let truth = truth(&packets);
            let hashes = (truth.keys())
                .map(|flow| (*flow, hash_of(&native, *flow)))
                .collect();
            for (at, (flow, weight)) in (0..).step_by(1_000).zip(&packets) {
                match unread {
                    true => count_unread(&mut native, &udp4(*flow), *weight, MonoNanos(at)),
                    false => native.count(&udp4(*flow), *weight, MonoNanos(at)),
                }
            }
            let room = native.geometry().spill_room();
            let slice = native.drain().collect();
            assert!(!slice.folded_sum().is_zero() || !slice.spills.is_empty());
            let spilled = slice.spills.len();
            assert!(filled(spilled, room), "{spilled} of {room}, seed {seed}");
            check(&slice, &truth, &hashes);
        }
    }
}

#[test]
fn a_log_that_nobody_reads_is_full_and_nothing_is_lost() {
    check_log("100%", true, |spilled, room| spilled == room as usize);
    // So much is no budget for as many rows.
    check_log("1%", true, |spilled, room| spilled <= room as usize);
}

#[test]
fn a_log_that_is_read_takes_more_than_it_has_room_for() {
    check_log("100%", false, |spilled, room| spilled > 4 * room as usize);
}

#[test]
fn without_a_budget_nothing_is_spilled_and_nothing_is_lost() {
    check_log("0%", false, |spilled, _| spilled == 0);
}
