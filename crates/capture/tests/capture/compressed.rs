//! Compressed captures.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use windrow_capture::{Capture, Error};

use crate::writer::{MICROS, Order, Pcap, Pcapng};
use crate::{Owned, Trickle, read, read_from, records};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// A frame that decoders skip (RFC 8878, 3.1.2).
fn skippable(bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x5a, 0x2a, 0x4d, 0x18];
    frame.extend((bytes.len() as u32).to_le_bytes());
    frame.extend(bytes);
    frame
}

fn pcap() -> Vec<u8> {
    let mut file = Pcap::new(Order::Little, MICROS, 1);
    for number in 0..500 {
        file = file.record([number, 0], &vec![number as u8; number as usize % 97]);
    }
    file.bytes
}

#[test]
fn gzip_and_zstd_hold_the_same_capture() {
    let plain = pcap();
    let want = records(&plain);
    let pcapng = Pcapng::new(Order::Big).ethernet().enhanced(0, 1, 1, b"1");
    for compress in [gzip, zstd] {
        let packed = compress(&plain);
        assert!(records(&packed) == want);
        assert!(read_from(Trickle(&packed)).0 == want);
        let got = records(&compress(&pcapng.bytes));
        assert_eq!(got, [Owned::ethernet(1, b"1")]);
    }
}

#[test]
fn several_parts_are_one_stream() {
    let plain = pcap();
    let want = records(&plain);
    for cut in [0, 1, 3, 24, 30, 5000, plain.len()] {
        let (first, second) = plain.split_at(cut);
        assert!(records(&[gzip(first), gzip(second)].concat()) == want);
        assert!(records(&[zstd(first), zstd(second)].concat()) == want);
        let skipped = [
            skippable(b"index"),
            zstd(first),
            skippable(b""),
            zstd(b""),
            zstd(second),
            skippable(&[1; 70_000]),
        ];
        assert!(records(&skipped.concat()) == want);
    }
}

#[test]
fn progress_counts_what_lies_on_disk() {
    for packed in [gzip(&pcap()), zstd(&pcap())] {
        let mut capture = Capture::new(packed.as_slice()).unwrap();
        while capture.next_record().unwrap().is_some() {}
        assert_eq!(capture.bytes_read(), packed.len() as u64);
    }
}

/// All records before the cut come, wherever it is, and then one error.
#[test]
fn cut_anywhere() {
    let plain = pcap();
    let want = records(&plain);
    let stored = compress_to_vec(plain.as_slice(), CompressionLevel::Uncompressed);
    for packed in [gzip(&plain), zstd(&plain), stored.clone()] {
        let mut most = 0;
        for cut in 1..packed.len() {
            let (got, error) = read(&packed[..cut]);
            assert!(want.starts_with(&got));
            assert!(got.len() >= most, "less of a longer piece: {cut}");
            most = got.len();
            match error {
                Some(Error::Read { at, cause }) => {
                    assert_eq!(at.record, got.len() as u64 + 1);
                    assert!(cause.to_string().contains("cut"), "{cause}");
                }
                Some(Error::NotCapture | Error::Header { .. }) if cut < 4 => {}
                other => panic!("{cut}: {other:?}"),
            }
        }
    }
    // In stored data, what is there of a block is there.
    let cut = stored.len() - 3;
    assert_eq!(read(&stored[..cut]).0.len(), want.len());
}

#[test]
fn what_a_frame_holds_back_comes_before_its_damage() {
    let plain = pcap();
    // Two blocks: the first decodes, the second is of the reserved type.
    let mut frame = compress_to_vec(plain.as_slice(), CompressionLevel::Uncompressed);
    let header = frame.windows(4).position(|w| w == &plain[..4]).unwrap() - 3;
    frame[header] &= !1; // no longer the last block
    frame.truncate(header + 3 + plain.len());
    frame.extend([7, 0, 0, 0]);
    let (got, error) = read(&frame);
    assert!(got == records(&plain));
    match error {
        Some(Error::Read { at, cause }) => {
            assert_eq!((at.record, at.offset), (501, plain.len() as u64));
            assert!(
                cause.to_string().contains("zstd data is damaged"),
                "{cause}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_gzip_has_decompressed_comes_before_its_damage() {
    let plain = pcap();
    // Everything in whole blocks, and then one of the type that there is not.
    let mut writer = GzEncoder::new(Vec::new(), Compression::default());
    writer.write_all(&plain).unwrap();
    writer.flush().unwrap();
    let mut packed = writer.get_ref().clone();
    packed.extend([0xff; 64]);
    let (got, error) = read(&packed);
    assert!(got == records(&plain));
    match error {
        Some(Error::Read { at, cause }) => {
            assert_eq!((at.record, at.offset), (501, plain.len() as u64));
            assert!(
                cause.to_string().contains("gzip data is damaged"),
                "{cause}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn zeros_behind_gzip_are_no_damage() {
    let packed = gzip(&pcap());
    for zeros in [1, 512, 300_000] {
        let padded = [&packed[..], &vec![0; zeros]].concat();
        let (got, error) = read(&padded);
        assert!(got == records(&pcap()) && error.is_none(), "{zeros}");
        let two = [&padded[..], &packed].concat();
        assert!(
            read(&two)
                .1
                .is_some_and(|error| matches!(error, Error::Damaged { .. }))
        );
    }
}

#[test]
fn wrong_checksums_and_garbage_behind_are_told() {
    let plain = pcap();
    let want = records(&plain);
    for packed in [gzip(&plain), zstd(&plain)] {
        let mut wrong = packed.clone();
        // gzip: checksum and length, 4 bytes each; zstd: checksum
        let at = wrong.len() - if packed[0] == 0x1f { 8 } else { 4 };
        wrong[at] ^= 1;
        let garbage = [packed, b"garbage behind".to_vec()].concat();
        for bytes in [wrong, garbage] {
            let (got, error) = read(&bytes);
            assert!(got == want);
            match error {
                Some(Error::Read { at, cause }) => {
                    assert_eq!(at.record, 501);
                    assert!(cause.to_string().contains("damaged"), "{cause}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn nothing_inside_is_as_empty_as_nothing() {
    for bytes in [vec![], gzip(b""), zstd(b""), skippable(b"x")] {
        let (_, error) = read(&bytes);
        assert!(matches!(error, Some(Error::Empty)), "{error:?}");
    }
}

#[test]
fn other_compressions_are_named_with_the_way_out() {
    let heads: [(&[u8], &str); 4] = [
        (b"\xfd7zXZ\0\0\x04", "xz -dc FILE | windrow replay -"),
        (b"BZh91AY&SY", "bzip2 -dc FILE | windrow replay -"),
        (
            b"\x04\x22\x4d\x18\x64\x40",
            "lz4 -dc FILE | windrow replay -",
        ),
        (b"LZIP\x01\x0c", "lzip -dc FILE | windrow replay -"),
    ];
    for (head, way) in heads {
        let (_, error) = read(head);
        let error = error.unwrap();
        assert!(matches!(error, Error::Compressed { .. }), "{error:?}");
        assert!(error.to_string().ends_with(way), "{error}");
    }
}
