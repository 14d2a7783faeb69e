//! The sketch that C writes, as Rust reads it, and beside an implementation by others.

use datasketches::countmin::CountMinSketch;
use windrow_core::spill_budget::SpillBudget;

use super::pressed::{Random, hash_of, native, packets, truth};
use super::*;

unsafe extern "C" {
    /// What the open epoch's sketch says; see `native/engine.c`.
    fn windrow_native_bound(instance: *const Instance, hash: u64) -> abi::Tally;
}

const FLOWS: u16 = 50_000;
const CELLS_A_LINE: u32 = 8;

/// A table that had to fold, with what it counted and did not drain yet.
fn pressed(memory_bytes: u64, seed: u64, packets: &[(u16, Weight)]) -> Native {
    let mut native = native(memory_bytes, seed, SpillBudget::NONE);
    for (at, (flow, weight)) in (0..).step_by(1_000).zip(packets) {
        native.count(&udp4(*flow), *weight, MonoNanos(at));
    }
    native.flush();
    native
}

#[test]
fn rust_reads_of_a_sketch_what_c_reads() {
    for (memory_bytes, seed) in [(40 << 10, 1), (256 << 10, 2), (2 << 20, 3)] {
        let mut native = pressed(memory_bytes, seed, &packets(seed, FLOWS, 200_000));
        let mut random = Random(seed);
        let of_flows = (0..FLOWS).map(|flow| hash_of(&native, flow));
        let hashes: Vec<u64> = of_flows
            .chain((0..100_000).map(|_| random.next()))
            .collect();
        let bound = |hash: &u64| {
            // SAFETY: C reads the instance, whose pointers are into the tables that it is of.
            let bound = unsafe { windrow_native_bound(&raw const native.instance, *hash) };
            Tally::new(bound.packets, bound.bytes)
        };
        let by_c: Vec<Tally> = hashes.iter().map(bound).collect();
        let slice = native.drain().collect();
        let sketch = slice.sketch.as_ref().unwrap();
        let mut most = Tally::ZERO;
        for (hash, by_c) in hashes.iter().zip(&by_c) {
            assert_eq!(sketch.bound(*hash), *by_c, "{hash:x}");
            most = Tally::new(most.packets.max(by_c.packets), most.bytes.max(by_c.bytes));
        }
        assert!(!most.is_zero());
        assert!(most.packets <= sketch.most().packets && most.bytes <= sketch.most().bytes);
        // Nothing was folded of any key in the epoch that is open now.
        // SAFETY: as above.
        let now = unsafe { windrow_native_bound(&raw const native.instance, hashes[0]) };
        assert_eq!((now.packets, now.bytes), (0, 0));
    }
}

/// Count-min promises: never under, and over by more than e / cells of all that is in it with a
/// probability of at most e^-rows. Conservative update, and the filter, only make it better.
#[test]
fn the_sketch_agrees_with_that_of_datasketches() {
    for seed in 1..5 {
        let packets = packets(seed, FLOWS, 400_000);
        let truth = truth(&packets);
        let mut native = pressed(1 << 20, seed, &packets);
        let cells = native.tables.geometry.lines().sketch * CELLS_A_LINE;
        let hashes: Vec<(u16, u64)> = (truth.keys())
            .map(|flow| (*flow, hash_of(&native, *flow)))
            .collect();
        let slice = native.drain().collect();
        // What a flow had and its row has not was folded: nothing was spilled.
        let mut folded: HashMap<u16, u64> =
            truth.iter().map(|(flow, it)| (*flow, it.packets)).collect();
        for row in &slice.rows {
            *folded.get_mut(&row.key.sport).unwrap() -= row.count.packets;
        }
        let all = slice.folded_sum().packets;
        assert_eq!(folded.values().sum::<u64>(), all);

        let mut theirs = CountMinSketch::<u64>::with_seed(2, cells, seed).unwrap();
        for (flow, hash) in &hashes {
            theirs.update_with_weight(*hash, folded[flow]);
        }
        assert_eq!(theirs.total_weight(), all);
        let within = (theirs.relative_error() * all as f64) as u64;
        let (mut ours_over, mut theirs_over) = (0u64, 0u64);
        let (mut ours_beyond, mut theirs_beyond, mut apart) = (0, 0, 0);
        for (flow, hash) in &hashes {
            let folded = folded[flow];
            let (ours, theirs) = (slice.bound(*hash).packets, theirs.estimate(*hash));
            assert!(folded <= ours && folded <= theirs, "{flow}");
            ours_over += ours - folded;
            theirs_over += theirs - folded;
            ours_beyond += usize::from(ours > folded + within);
            theirs_beyond += usize::from(theirs > folded + within);
            apart += usize::from(ours.abs_diff(theirs) > within);
        }
        let few = (hashes.len() as f64 * (-2f64).exp()) as usize;
        assert!(ours_beyond <= few, "{ours_beyond} of {}", hashes.len());
        assert!(theirs_beyond <= few, "{theirs_beyond} of {}", hashes.len());
        assert!(apart <= 2 * few, "{apart} of {}", hashes.len());
        assert!(ours_over < theirs_over, "{ours_over} {theirs_over}");
    }
}
