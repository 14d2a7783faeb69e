//! Legacy files.

use windrow_capture::{Capture, Error, Link};

use crate::writer::{MICROS, MODIFIED, NANOS, ORDERS, Order, Pcap};
use crate::{Owned, read, records};

#[test]
fn both_orders_and_all_magic_numbers() {
    for order in ORDERS {
        for (magic, fraction_ns) in [(MICROS, 1000), (NANOS, 1), (MODIFIED, 1000)] {
            let file = Pcap::new(order, magic, 1)
                .record([1_700_000_000, 123_456], b"first")
                .record([1_700_000_001, 0], b"")
                .record([1_700_000_002, 1], &[7; 3000]);
            let at = |second: i64, fraction: i64| {
                (1_700_000_000 + second) * 1_000_000_000 + fraction * fraction_ns
            };
            let want = vec![
                Owned::ethernet(at(0, 123_456), b"first"),
                Owned::ethernet(at(1, 0), b""),
                Owned::ethernet(at(2, 1), &[7; 3000]),
            ];
            assert_eq!(records(&file.bytes), want, "{order:?} {magic:08x}");
        }
    }
}

#[test]
fn times_from_zero_to_the_end_of_32_bits() {
    let largest = u32::MAX;
    let file = Pcap::new(Order::Little, MICROS, 1)
        .record([0, 0], b"")
        .record([0, 1_500_000], b"")
        .record([largest, largest], b"");
    let times: Vec<_> = records(&file.bytes).iter().map(|r| r.time).collect();
    let end = i64::from(largest) * 1_000_000_000 + i64::from(largest) * 1000;
    assert_eq!(times, [Some(0), Some(1_500_000_000), Some(end)]);
}

#[test]
fn link_types_lie_in_the_low_half() {
    for network in [1, 0x3000_0001, 0x4000_0001, 0xfc00_0001] {
        let file = Pcap::new(Order::Big, MICROS, network).record([1, 0], b"frame");
        assert_eq!(records(&file.bytes).len(), 1, "{network:x}");
    }
    let file = Pcap::new(Order::Little, MICROS, 101).record([1, 0], b"E");
    assert_eq!(records(&file.bytes)[0].link, Link::RawIp);
    // What the ten bits above it may come to mean, nobody knows.
    for network in [0x0001_0001, 0x0224_0001] {
        let file = Pcap::new(Order::Little, MICROS, network).record([1, 0], b"frame");
        let error = Capture::new(file.bytes.as_slice()).err();
        assert!(matches!(error, Some(Error::Header { .. })), "{network:x}");
    }
}

#[test]
fn other_link_types_are_refused_when_opened() {
    for (network, official) in [
        (105, "LINKTYPE_IEEE802_11"),
        (0x1000_0069, "LINKTYPE_IEEE802_11"),
        (149, "LINKTYPE_USER2"),
        (54321, "unknown"),
    ] {
        let file = Pcap::new(Order::Little, MICROS, network).record([1, 0], b"frame");
        match Capture::new(file.bytes.as_slice()).err() {
            Some(Error::LinkType { number, name, at }) => {
                assert_eq!((u32::from(number), name), (network & 0xffff, official));
                assert_eq!(at, None);
            }
            other => panic!("{network}: {other:?}"),
        }
    }
}

#[test]
fn lengths_stay_as_they_are() {
    let file = Pcap::new(Order::Little, MICROS, 1)
        .raw([1, 0], 4, 1500, b"abcd")
        .raw([1, 0], 4, 2, b"abcd")
        .raw([1, 0], 0, u32::MAX, b"");
    let lengths: Vec<_> = records(&file.bytes)
        .iter()
        .map(|r| (r.captured.len(), r.original_bytes))
        .collect();
    assert_eq!(lengths, [(4, 1500), (4, 2), (0, u32::MAX)]);
}

#[test]
fn the_largest_record_fits_and_a_larger_is_damage() {
    let largest = vec![3; 262_144];
    let file = Pcap::new(Order::Little, MICROS, 1).record([1, 0], &largest);
    assert_eq!(records(&file.bytes)[0].captured, largest);
    for length in [262_145, u32::MAX] {
        let file = Pcap::new(Order::Big, MICROS, 1)
            .record([1, 0], b"sound")
            .raw([1, 0], length, length, &[3; 400_000]);
        let (records, error) = read(&file.bytes);
        assert_eq!(records.len(), 1);
        match error {
            Some(Error::Damaged { at, what }) => {
                assert_eq!((at.record, at.offset), (2, 24 + 16 + 5));
                assert!(what.contains(&length.to_string()), "{what}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_record_at_every_place_of_the_buffer() {
    // Lengths that do not divide the buffer's: its end cuts headers and bodies at many places.
    let mut file = Pcap::new(Order::Little, MICROS, 1);
    let mut want = Vec::new();
    for number in 0..40_000u32 {
        let data = vec![number as u8; (number % 61) as usize];
        want.push(Owned::ethernet(i64::from(number) * 1_000_000_000, &data));
        file = file.record([number, 0], &data);
    }
    assert!(file.bytes.len() > 1_500_000);
    assert!(records(&file.bytes) == want);
}

#[test]
fn unknown_versions_are_refused() {
    let mut file = Pcap::new(Order::Little, MICROS, 1).record([1, 0], b"frame");
    file.bytes[4] = 3;
    let (records, error) = read(&file.bytes);
    assert!(records.is_empty());
    assert!(matches!(error, Some(Error::Header { .. })), "{error:?}");
}

#[test]
fn progress_ends_at_the_length_of_the_input() {
    let file = Pcap::new(Order::Little, MICROS, 1).record([1, 0], &[1; 999]);
    let mut capture = Capture::new(file.bytes.as_slice()).unwrap();
    while let Some(record) = capture.next_record().unwrap() {
        assert_eq!(record.captured.len(), 999);
    }
    assert_eq!(capture.bytes_read(), file.bytes.len() as u64);
}
