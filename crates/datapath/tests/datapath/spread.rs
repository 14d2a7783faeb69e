//! How evenly keys are spread over a table, whatever the window before was like.

use windrow_core::selection::Selection;
use windrow_core::slice::MonoNanos;
use windrow_datapath::native::Weight;
use windrow_datapath::{Native, Secret};

/// Frames of flows that differ by one field that counts up: what scans and sprays send.
fn spray(n: u32) -> Vec<u8> {
    let mut frame = vec![2; 80];
    frame[12..18].copy_from_slice(&[8, 0, 0x45, 0, 0, 66]);
    frame[20..24].copy_from_slice(&[0, 0, 64, 17]);
    let address = if n.is_multiple_of(2) { 26 } else { 30 };
    frame[address..address + 4].copy_from_slice(&(n / 2).to_be_bytes());
    frame
}

#[test]
fn flows_that_count_up_do_not_heap_up() {
    for seed in 0..64 {
        let secret = Secret::from_seed(seed);
        let mut native = Native::new(8 << 20, secret, &Selection::default()).unwrap();
        let flows = native.geometry().rows_per_cpu() * 3 / 10;
        // In the first window all buckets are near, in the others as many as the last one needed.
        for window in [flows, 1, 1, 1, 1, 1, 1, flows, flows] {
            for n in 0..window as u32 {
                let weight = Weight::new(1, 80).unwrap();
                native.count(&spray(n), weight, MonoNanos(u64::from(n)));
            }
            let slice = native.drain().collect();
            assert_eq!(slice.folded_sum().packets, 0, "seed {seed}, {window} flows");
            let rows = slice.rows.len() as u64;
            // A key whose places are all taken, by chance, is in the log.
            assert!(slice.spills.len() <= 2, "seed {seed}: {:?}", slice.spills);
            assert_eq!(rows + slice.spills.len() as u64, window, "seed {seed}");
        }
    }
}
