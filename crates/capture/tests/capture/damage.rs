//! Captures that are cut, damaged, or none, and readers that fail.

use std::io::{self, Read};

use proptest::prelude::*;
use windrow_capture::Error;

use crate::writer::{MICROS, MODIFIED, ORDERS, Order, Pcap, Pcapng};
use crate::{Owned, Trickle, read, read_from, records};

/// A small file, and where a cut leaves it sound.
struct Small {
    bytes: Vec<u8>,
    ends: Vec<End>,
}

/// A length at which a file may end, and the records that it then has.
#[derive(Clone, Copy)]
struct End {
    at: usize,
    records: usize,
}

impl Small {
    /// The last sound end that is no further than `cut`.
    fn end_before(&self, cut: usize) -> Option<End> {
        self.ends.iter().rev().find(|end| end.at <= cut).copied()
    }
}

fn small_pcap(order: Order, magic: u32) -> Small {
    let mut file = Pcap::new(order, magic, 1);
    let mut ends = vec![End {
        at: file.bytes.len(),
        records: 0,
    }];
    for (records, data) in (1..).zip([b"abc".as_slice(), b"", b"defgh"]) {
        file = file.record([records as u32, 0], data);
        ends.push(End {
            at: file.bytes.len(),
            records,
        });
    }
    Small {
        bytes: file.bytes,
        ends,
    }
}

fn small_pcapng(order: Order) -> Small {
    let mut ends = Vec::new();
    let mut end = |file: Pcapng, records| {
        ends.push(End {
            at: file.bytes.len(),
            records,
        });
        file
    };
    let file = end(Pcapng::new(order), 0);
    let file = end(file.ethernet(), 0);
    let file = end(file.enhanced(0, 1, 3, b"abc"), 1);
    let file = end(file.block(99, b"skipped"), 1);
    let file = end(file.simple(2, b"de"), 2);
    let file = end(file.section(Order::Big), 2);
    let file = end(file.ethernet(), 2);
    let file = end(file.obsolete(0, 2, 4, b"fghi"), 3);
    Small {
        bytes: file.bytes,
        ends,
    }
}

fn small_files() -> Vec<Small> {
    let of = |order| {
        [
            small_pcap(order, MICROS),
            small_pcap(order, MODIFIED),
            small_pcapng(order),
        ]
    };
    ORDERS.into_iter().flat_map(of).collect()
}

#[test]
fn cut_at_every_byte() {
    for small in small_files() {
        let want = records(&small.bytes);
        for cut in 0..=small.bytes.len() {
            let (got, error) = read(&small.bytes[..cut]);
            let before = small.end_before(cut);
            let whole = before.map_or(0, |end| end.records);
            assert_eq!(got, want[..whole], "cut after {cut}");
            match (error, before) {
                (None, Some(end)) => assert_eq!(end.at, cut),
                (Some(Error::Empty), None) => assert_eq!(cut, 0),
                (Some(Error::Header { what }), None) => assert!(what.contains("cut"), "{what}"),
                (Some(Error::Damaged { at, what }), Some(end)) => {
                    assert!(end.at < cut);
                    assert_eq!((at.record, at.offset), (whole as u64 + 1, end.at as u64));
                    assert!(what.contains("cut inside"), "{what}");
                }
                (other, _) => panic!("cut after {cut}: {other:?}"),
            }
        }
    }
}

#[test]
fn one_byte_at_a_time_is_the_same() {
    for small in small_files() {
        let (got, error) = read_from(Trickle(&small.bytes));
        assert!(error.is_none(), "{error:?}");
        assert_eq!(got, records(&small.bytes));
    }
}

#[test]
fn what_is_no_capture_is_said_to_be_none() {
    for bytes in [b"GET / HTTP/1.1".as_slice(), b"\r", b"\x7fELF", &[0; 100]] {
        let (_, error) = read(bytes);
        assert!(matches!(error, Some(Error::NotCapture)), "{error:?}");
    }
}

/// Fails, or is interrupted, once its bytes are given.
struct Failing<'a>(&'a [u8], Vec<io::ErrorKind>);

impl Read for Failing<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read(into)? {
            0 => self.1.pop().map_or(Ok(0), |kind| Err(kind.into())),
            read => Ok(read),
        }
    }
}

#[test]
fn records_before_a_read_error_come_first() {
    let file = Pcap::new(Order::Little, MICROS, 1)
        .record([1, 0], b"whole")
        .record([2, 0], b"not whole");
    let cut = file.bytes.len() - 1;
    let failing = Failing(&file.bytes[..cut], vec![io::ErrorKind::TimedOut]);
    let (got, error) = read_from(failing);
    assert_eq!(got, [Owned::ethernet(1_000_000_000, b"whole")]);
    match error {
        Some(Error::Read { at, cause }) => {
            assert_eq!((at.record, at.offset), (2, 24 + 16 + 5));
            assert_eq!(cause.kind(), io::ErrorKind::TimedOut);
        }
        other => panic!("{other:?}"),
    }
    let (_, error) = read_from(Failing(b"", vec![io::ErrorKind::TimedOut]));
    assert!(
        matches!(error, Some(Error::Empty | Error::Read { .. })),
        "{error:?}"
    );
}

#[test]
fn interrupted_reads_are_repeated() {
    let file = Pcap::new(Order::Little, MICROS, 1).record([1, 0], b"whole");
    let (got, error) = read_from(Failing(&file.bytes, vec![io::ErrorKind::Interrupted; 3]));
    assert_eq!(got.len(), 1);
    assert!(error.is_none(), "{error:?}");
}

#[test]
fn errors_say_where_and_what() {
    let file = Pcap::new(Order::Little, MICROS, 1)
        .record([1, 0], b"sound")
        .raw([1, 0], 1_409_179_648, 60, b"damaged");
    let text = read(&file.bytes).1.unwrap().to_string();
    assert_eq!(
        text,
        "damaged: record 2, at byte 45: captured length 1409179648, where 262144 is the most"
    );
    let file = Pcap::new(Order::Little, MICROS, 105);
    let text = read(&file.bytes).1.unwrap().to_string();
    assert_eq!(
        text,
        "link type 105 (LINKTYPE_IEEE802_11) is not supported; Ethernet, raw IP, loopback, Linux \
         cooked and PPP captures are"
    );
}

proptest! {
    /// Whatever bytes are changed: no panic, an end, and the records before the first change.
    #[test]
    fn changed_bytes_do_no_harm(
        file in 0usize..6,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let small = small_files().swap_remove(file);
        let (want, mut bytes) = (records(&small.bytes), small.bytes.clone());
        let mut first = bytes.len();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            first = first.min(at);
            bytes[at] = byte;
        }
        let (got, error) = read(&bytes);
        if let Some(End { records, .. }) = small.end_before(first) {
            prop_assert_eq!(&got[..records], &want[..records]);
        }
        prop_assert!(got.len() <= bytes.len());
        if let Some(Error::Damaged { at, .. }) = error {
            prop_assert_eq!(at.record, got.len() as u64 + 1);
            prop_assert!(at.offset < bytes.len() as u64);
        }
    }

    #[test]
    fn any_bytes_behind_a_magic_number_do_no_harm(
        magic in prop::sample::select(vec![
            vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0],
            vec![0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0],
            vec![0x1f, 0x8b, 8, 0],
            vec![0x28, 0xb5, 0x2f, 0xfd],
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let (got, _) = read(&[magic, rest].concat());
        prop_assert!(got.len() < 300);
    }
}
