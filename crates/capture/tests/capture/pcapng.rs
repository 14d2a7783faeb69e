//! pcapng files.

use windrow_capture::{Error, Link};

use crate::writer::{ORDERS, Order, Pcapng};
use crate::{Owned, read, records};

const SECOND: u64 = 1_700_000_000;

fn damage(bytes: &[u8]) -> (usize, u64, u64, String) {
    let (records, error) = read(bytes);
    match error {
        Some(Error::Damaged { at, what }) => (records.len(), at.record, at.offset, what),
        other => panic!("{other:?}"),
    }
}

#[test]
fn packets_of_all_kinds_in_both_orders() {
    for order in ORDERS {
        let file = Pcapng::new(order)
            .ethernet()
            .block(5, &[0; 12]) // interface statistics
            .enhanced(0, SECOND * 1_000_000_000 + 1, 1500, b"enhanced")
            .block(0x0bad, b"a custom block of somebody's")
            .block(0x7fff_ffff, b"")
            .obsolete(0, SECOND * 1_000_000_000 + 2, 9, b"obsolete!")
            .simple(6, b"simple")
            .enhanced(0, 0, 0, b"");
        let enhanced = Owned {
            original_bytes: 1500,
            ..Owned::ethernet(1_700_000_000_000_000_001, b"enhanced")
        };
        let simple = Owned {
            time: None,
            ..Owned::ethernet(0, b"simple")
        };
        let want = vec![
            enhanced,
            Owned::ethernet(1_700_000_000_000_000_002, b"obsolete!"),
            simple,
            Owned::ethernet(0, b""),
        ];
        assert_eq!(records(&file.bytes), want, "{order:?}");
    }
}

#[test]
fn each_interface_has_its_resolution_offset_and_link() {
    for order in ORDERS {
        let offset = order.i64(-3600);
        let far = order.i64(i64::MAX);
        let file = Pcapng::new(order)
            .interface(1, 0, &[])
            .interface(101, 0, &[(9, &[0])])
            .interface(276, 0, &[(14, &offset), (9, &[0x80 | 20])])
            .interface(1, 0, &[(9, &[127])])
            .interface(1, 0, &[(14, &far)])
            .interface(1, 0, &[(9, &[3]), (9, &[6]), (0, &[]), (9, &[12])])
            .enhanced(2, (SECOND << 20) | 1 << 19, 0, b"")
            .enhanced(0, SECOND * 1_000_000 + 7, 0, b"")
            .enhanced(1, SECOND, 0, b"")
            .enhanced(3, u64::MAX, 0, b"")
            .enhanced(4, 0, 0, b"")
            .enhanced(5, 1234, 0, b"")
            .enhanced(1, u64::MAX, 0, b"");
        let got: Vec<_> = records(&file.bytes)
            .iter()
            .map(|record| (record.link, record.time))
            .collect();
        let second = SECOND as i64 * 1_000_000_000;
        let want = [
            (
                Link::LinuxSll2,
                Some(second - 3_600_000_000_000 + 500_000_000),
            ),
            (Link::Ethernet, Some(second + 7000)),
            (Link::RawIp, Some(second)),
            (Link::Ethernet, Some(0)),
            (Link::Ethernet, None),
            (Link::Ethernet, Some(1_234_000_000)),
            (Link::RawIp, None),
        ];
        assert_eq!(got, want, "{order:?}");
    }
}

#[test]
fn a_section_begins_anew_with_its_own_order_and_interfaces() {
    let file = Pcapng::new(Order::Little)
        .ethernet()
        .enhanced(0, 1, 1, b"1")
        .section(Order::Big)
        .interface(228, 0, &[(9, &[9])])
        .enhanced(0, 2, 1, b"2")
        .section(Order::Little)
        .section(Order::Big)
        .ethernet()
        .enhanced(0, 3, 1, b"3");
    let got: Vec<_> = records(&file.bytes)
        .iter()
        .map(|record| (record.link, record.time))
        .collect();
    let want = [
        (Link::Ethernet, Some(1)),
        (Link::Ipv4, Some(2)),
        (Link::Ethernet, Some(3)),
    ];
    assert_eq!(got, want);

    let file = Pcapng::new(Order::Little)
        .ethernet()
        .enhanced(0, 1, 1, b"1")
        .section(Order::Big);
    let offset = file.bytes.len() as u64;
    let (delivered, record, at, what) = damage(&file.enhanced(0, 2, 1, b"2").bytes);
    assert_eq!((delivered, record, at), (1, 2, offset));
    assert!(what.contains("interface 0"), "{what}");
}

#[test]
fn a_simple_packet_is_cut_by_limit_block_and_length() {
    let lengths = |limit: u32, original: u32, data: &[u8]| {
        let file = Pcapng::new(Order::Big)
            .interface(1, limit, &[])
            .simple(original, data);
        let records = records(&file.bytes);
        (records[0].captured.len(), records[0].original_bytes)
    };
    assert_eq!(lengths(0, 5, b"12345"), (5, 5)); // and 3 bytes of padding
    assert_eq!(lengths(96, 5, b"12345"), (5, 5));
    assert_eq!(lengths(6, 1500, b"123456"), (6, 1500));
    assert_eq!(lengths(0, 1500, b"12345678"), (8, 1500));
    assert_eq!(lengths(u32::MAX, u32::MAX, b""), (0, u32::MAX));
}

#[test]
fn interfaces_of_other_link_types_matter_when_a_packet_comes() {
    let file = Pcapng::new(Order::Little)
        .interface(105, 0, &[])
        .ethernet()
        .enhanced(1, 5, 1, b"1");
    assert_eq!(records(&file.bytes).len(), 1);
    let offset = file.bytes.len() as u64;
    let (records, error) = read(&file.enhanced(0, 5, 1, b"2").enhanced(1, 6, 1, b"3").bytes);
    assert_eq!(records.len(), 1);
    match error {
        Some(Error::LinkType { number, name, at }) => {
            assert_eq!((number, name), (105, "LINKTYPE_IEEE802_11"));
            let at = at.unwrap();
            assert_eq!((at.record, at.offset), (2, offset));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn more_interfaces_than_there_can_be_are_damage() {
    let mut file = Pcapng::new(Order::Little);
    for _ in 0..1 << 16 {
        file = file.ethernet();
    }
    let file = file.enhanced(65_535, 5, 1, b"1");
    assert_eq!(records(&file.bytes).len(), 1);
    let (records, error) = read(&file.ethernet().enhanced(0, 5, 1, b"2").bytes);
    assert_eq!(records.len(), 1);
    assert!(matches!(error, Some(Error::Damaged { .. })), "{error:?}");
}

#[test]
fn a_large_block_makes_the_buffer_grow_and_a_huge_one_is_damage() {
    let large = vec![9; 5_000_000];
    let file = Pcapng::new(Order::Little)
        .ethernet()
        .block(77, &[0; 3_000_001])
        .enhanced(0, 1, 5_000_000, &large)
        .enhanced(0, 2, 1, b"1");
    let got = records(&file.bytes);
    assert_eq!(got.len(), 2);
    assert!(got[0].captured == large);

    let huge = Pcapng::new(Order::Little)
        .ethernet()
        .block(77, &vec![0; 17 << 20]);
    let (delivered, record, _, what) = damage(&huge.bytes);
    assert_eq!((delivered, record), (0, 1));
    assert!(what.contains("0x4d"), "{what}");
}

#[test]
fn blocks_that_contradict_themselves_are_damage() {
    let sound = || {
        Pcapng::new(Order::Little)
            .ethernet()
            .enhanced(0, 1, 1, b"1")
    };
    let start = sound().bytes.len();
    let wrong: [(&str, Vec<u8>); 9] = [
        ("interface 1", sound().enhanced(1, 1, 1, b"1").bytes),
        ("room", sound().enhanced_raw(0, 1, 17, 17, b"1234").bytes),
        (
            "room",
            sound().enhanced_raw(0, 1, u32::MAX, 4, b"1234").bytes,
        ),
        ("too few", sound().block(6, &[0; 16]).bytes),
        ("too few", sound().block(3, &[]).bytes),
        ("too few", sound().block(1, &[0; 4]).bytes),
        ("option 9", sound().interface(1, 0, &[(9, &[1, 2])]).bytes),
        ("option 14", sound().interface(1, 0, &[(14, &[0; 4])]).bytes),
        (
            "option 700",
            sound()
                .block(1, &[1, 0, 0, 0, 0, 0, 0, 0, 0xbc, 2, 9, 0])
                .bytes,
        ),
    ];
    for (word, bytes) in wrong {
        let (delivered, record, offset, what) = damage(&bytes);
        assert_eq!((delivered, record, offset), (1, 2, start as u64), "{what}");
        assert!(what.contains(word), "{word}: {what}");
    }
    for length in [0, 4, 11, 13, 30, 0x0100_0004, u32::MAX] {
        let mut bytes = sound().enhanced(0, 1, 1, b"1").bytes;
        bytes[start + 4..start + 8].copy_from_slice(&u32::to_le_bytes(length));
        assert!(damage(&bytes).3.contains(&format!("length {length}")));
    }
    let mut bytes = sound().bytes;
    *bytes.last_mut().unwrap() = 1;
    assert!(damage(&bytes).3.contains("behind"));
}

#[test]
fn sections_of_no_order_or_of_another_version_are_refused() {
    for at in [8, 12] {
        let mut file = Pcapng::new(Order::Big).ethernet().enhanced(0, 1, 1, b"1");
        file.bytes[at + 1] = 9;
        let (records, error) = read(&file.bytes);
        assert!(records.is_empty());
        assert!(matches!(error, Some(Error::Header { .. })), "{error:?}");

        let sound = Pcapng::new(Order::Big).ethernet().enhanced(0, 1, 1, b"1");
        let start = sound.bytes.len();
        let mut file = sound.section(Order::Little);
        file.bytes[start + at] = 9;
        let (delivered, record, offset, _) = damage(&file.bytes);
        assert_eq!((delivered, record, offset), (1, 2, start as u64));
    }
}
