use zerocopy::FromZeros;

use super::*;
use crate::clock::CaptureClock;

/// An epoch of two CPUs, with so many rows each; the first packet of the n-th row comes at n.
fn take(drained: &mut Drained, rows: [usize; 2]) {
    drained.clear();
    let clock = Clock::Capture(CaptureClock::around(MonoNanos(0)));
    for rows in rows {
        let ledger = SliceEpoch {
            rows: rows as u32,
            ..SliceEpoch::new_zeroed()
        };
        drained.begin_slice(ledger, u64::MAX, clock);
        for first_ns in 0..rows as u64 {
            drained.rows.push(Row::new_zeroed());
            let cold = ColdRow {
                first_ns,
                ..ColdRow::new_zeroed()
            };
            drained.cold_rows.push(cold);
        }
    }
}

#[test]
fn each_cpu_has_its_own_rows_and_none_of_the_epoch_before() {
    let mut drained = Drained::default();
    for rows in [[3, 2], [0, 5], [4, 0], [0, 0]] {
        take(&mut drained, rows);
        let slices = drained.slices();
        assert_eq!(slices.len(), 2);
        for (slice, rows) in slices.into_iter().zip(rows) {
            assert_eq!(slice.rows.len(), rows);
            let firsts: Vec<_> = slice.rows.map(|row| row.first.0).collect();
            assert_eq!(firsts, (0..rows as u64).collect::<Vec<_>>());
        }
    }
}

#[test]
fn memory_is_used_again_and_that_of_one_large_epoch_given_back() {
    let mut drained = Drained::default();
    take(&mut drained, [20_000, 20_000]);
    let rooms = |drained: &Drained| (drained.rows.capacity(), drained.cold_rows.capacity());
    let room = rooms(&drained);
    for rows in [10_000, 20_000, 3_000] {
        take(&mut drained, [rows, rows]);
        assert_eq!(rooms(&drained), room);
    }
    take(&mut drained, [500_000, 500_000]);
    for _ in 0..40 {
        take(&mut drained, [500, 500]);
    }
    let (rows, cold_rows) = rooms(&drained);
    assert!(
        rows.max(cold_rows) / SPARE <= ROWS_KEPT,
        "{rows} {cold_rows}"
    );
}
