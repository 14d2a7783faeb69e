//! What only shows from inside: layouts, and counters at their edge.
#![allow(clippy::unwrap_used)] // tests

use std::collections::{HashMap, HashSet};
use std::mem::offset_of;
use std::ops::Range;

use windrow_core::tally::Tally;
use zerocopy::FromZeros;

use super::*;

mod distinct;
mod histogram;
mod log;
pub(crate) mod pressed;
mod sketch;

unsafe extern "C" {
    static windrow_native_layout: [u32; 128];
    static windrow_native_layout_length: u32;
}

#[test]
fn twins_are_laid_out_as_the_native_object_is() {
    // SAFETY: both are constants of the linked object; only as many words are read as it says.
    let object = unsafe {
        let words = (&raw const windrow_native_layout).cast::<u32>();
        std::slice::from_raw_parts(words, windrow_native_layout_length as usize)
    };
    let instance = [
        size_of::<Instance>(),
        offset_of!(Instance, buckets),
        offset_of!(Instance, cold_buckets),
        offset_of!(Instance, chunks),
        offset_of!(Instance, lines),
        offset_of!(Instance, spills),
        offset_of!(Instance, ledgers),
        offset_of!(Instance, now_ns),
        offset_of!(Instance, bucket_count),
        offset_of!(Instance, chunk_count),
        offset_of!(Instance, line_count),
        offset_of!(Instance, spill_count),
        offset_of!(Instance, now_ticks),
        offset_of!(Instance, epoch),
        offset_of!(Instance, secret),
        offset_of!(Instance, grouping),
        offset_of!(Instance, waiting),
        offset_of!(Instance, pad),
        offset_of!(Instance, queue),
        offset_of!(Instance, filter),
    ];
    let twins: Vec<u32> = [
        abi::FlowKey::LAYOUT,
        abi::Grouping::LAYOUT,
        abi::Row::LAYOUT,
        abi::ColdRow::LAYOUT,
        abi::Tally::LAYOUT,
        abi::SketchCell::LAYOUT,
        abi::LadderCell::LAYOUT,
        abi::Line::LAYOUT,
        abi::SpillRecord::LAYOUT,
        abi::EthertypeTally::LAYOUT,
        abi::SliceEpoch::LAYOUT,
        abi::LedgerRecord::LAYOUT,
        abi::RowRecord::LAYOUT,
        abi::LineRecord::LAYOUT,
        abi::FilterTerm::LAYOUT,
        abi::Filter::LAYOUT,
        &instance,
        abi::CallKey::LAYOUT,
        abi::ConnectKey::LAYOUT,
    ]
    .concat()
    .into_iter()
    .map(|word| word as u32)
    .collect();
    assert_eq!(twins, object);
}

/// An IPv4 UDP frame of flow `n`.
fn udp4(n: u16) -> Vec<u8> {
    let mut frame = vec![0; 60];
    frame[12..18].copy_from_slice(&[8, 0, 0x45, 0, 0, 46]);
    frame[23] = 17;
    frame[26..34].copy_from_slice(&[10, 0, 0, 1, 10, 0, 0, 2]);
    frame[34..36].copy_from_slice(&n.to_be_bytes());
    frame
}

#[test]
fn one_flow_of_more_than_4_g_packets_and_a_pebibyte_is_right() {
    let mut native = Native::new(1 << 20, Secret::from_seed(1), &Selection::default()).unwrap();
    let heaviest = Weight::new((1 << 31) - 1, (1 << 47) - 1).unwrap();
    assert_eq!(Weight::new(1 << 31, 0), None);
    assert_eq!(Weight::new(1, 1 << 47), None);
    let mut want = Tally::ZERO;
    for step in 0..20 {
        native.count(&udp4(1), heaviest, MonoNanos(step));
        native.count(&udp4(1), Weight::packet(60), MonoNanos(step));
        want += Tally::new((1 << 31) - 1, (1 << 47) - 1) + Tally::new(1, 60);
    }
    let slice = native.drain().collect();
    assert_eq!(slice.seen, want);
    assert_eq!(slice.rows.len(), 1);
    assert_eq!(slice.rows[0].count, want);
    assert!(want.packets > 1 << 32 && want.bytes > 1 << 50);
}

#[test]
fn times_are_exact_within_two_seconds_and_within_a_step_beyond() {
    let start = 1_700_000_000_000_000_000;
    let mut native = Native::new(1 << 20, Secret::from_seed(1), &Selection::default()).unwrap();
    native.count(&udp4(1), Weight::packet(60), MonoNanos(start));
    native.count(
        &udp4(1),
        Weight::packet(60),
        MonoNanos(start + 1_999_999_999),
    );
    let rows = native.drain().collect().rows;
    assert_eq!(rows[0].first, MonoNanos(start));
    assert_eq!(rows[0].last, MonoNanos(start + 1_999_999_999));
    // Out of order: the earliest is the first, the latest the last.
    for at in [5, 3, 9, 6] {
        native.count(&udp4(1), Weight::packet(60), MonoNanos(start + at));
    }
    let rows = native.drain().collect().rows;
    assert_eq!(rows[0].first, MonoNanos(start + 3));
    assert_eq!(rows[0].last, MonoNanos(start + 9));
    // A day, and back to an hour before the beginning.
    let (day, hour) = (86_400_000_000_000, 3_600_000_000_000);
    native.count(&udp4(1), Weight::packet(60), MonoNanos(start));
    native.count(&udp4(2), Weight::packet(60), MonoNanos(start + 5));
    native.count(&udp4(1), Weight::packet(60), MonoNanos(start + day));
    native.count(&udp4(3), Weight::packet(60), MonoNanos(start - hour));
    let rows = native.drain().collect().rows;
    let near = |at: MonoNanos, want: u64| at.0.abs_diff(want) < 1 << 16;
    assert!(near(rows[0].last, start + day), "{:?}", rows[0]);
    assert!(near(rows[1].last, start), "{:?}", rows[1]);
    assert!(near(rows[2].last, start - hour), "{:?}", rows[2]);
    assert_eq!(rows[2].first, MonoNanos(start - hour));
}

#[test]
fn epochs_follow_each_other_in_one_buffer_for_longer_than_their_marks() {
    let mut native = Native::new(64 << 10, Secret::from_seed(1), &Selection::default()).unwrap();
    for epoch in 0..140_000u64 {
        let flow = (epoch % 7) as u16;
        native.count(&udp4(flow), Weight::packet(60), MonoNanos(epoch));
        let slice = native.drain().collect();
        assert_eq!(slice.rows.len(), 1, "epoch {epoch}");
        assert_eq!(slice.rows[0].count, Tally::new(1, 60));
        assert_eq!(slice.rows[0].key.sport, flow);
    }
}

/// Counts a packet of each flow in an epoch of their own, which must list them and no others.
fn check_rows(native: &mut Native, flows: Range<u16>) {
    for n in flows.clone() {
        native.count(&udp4(n), Weight::packet(60), MonoNanos(1));
    }
    let slice = native.drain().collect();
    let rows = slice.rows.len();
    assert_eq!(rows as u64 + slice.folded_sum().packets, flows.len() as u64);
    assert!(rows * 10 >= flows.len() * 8, "{rows} rows of {flows:?}");
    let ports: HashSet<u16> = slice.rows.iter().map(|row| row.key.sport).collect();
    assert_eq!(ports.len(), rows, "{flows:?}");
    assert!(ports.iter().all(|port| flows.contains(port)), "{flows:?}");
}

#[test]
fn rows_are_those_of_the_epoch_however_full_the_table_is() {
    let mut native = Native::new(64 << 10, Secret::from_seed(1), &Selection::default()).unwrap();
    let room = native.geometry().rows_per_cpu() as u16;
    // The rows of the epochs before stay in memory; from a third on the table is read as it lies.
    let fills = [room, 1, room / 3, room / 3 + 1, room / 2, 5, room];
    for (flows, first) in fills.into_iter().zip((0..).step_by(8000)) {
        check_rows(&mut native, first..first + flows);
    }
    // What this epoch left has lost its mark when that comes round again.
    for _ in 1..u16::MAX {
        check_rows(&mut native, 0..1);
    }
    check_rows(&mut native, 0..room / 2);
}

#[test]
fn instances_do_not_know_of_each_other() {
    let threads: Vec<_> = (0..8)
        .map(|seed| {
            std::thread::spawn(move || {
                let mut native =
                    Native::new(1 << 20, Secret::from_seed(seed), &Selection::default()).unwrap();
                for n in 0..1000 {
                    native.count(&udp4(n % 100), Weight::packet(60), MonoNanos(1));
                }
                native.drain().collect()
            })
        })
        .collect();
    for thread in threads {
        let slice = thread.join().unwrap();
        assert_eq!(slice.rows.len(), 100);
        assert!(
            slice
                .rows
                .iter()
                .all(|row| row.count == Tally::new(10, 600))
        );
    }
}
