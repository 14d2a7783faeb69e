//! Where records came by and which way they went, as far as captures tell.

use windrow_capture::{Capture, Link};
use windrow_core::flow::Dir;

use crate::writer::{MICROS, MODIFIED, ORDERS, Order, Pcap, Pcapng};

type Origin = (Option<(u32, String)>, Option<Dir>);

fn origins(bytes: &[u8]) -> Vec<Origin> {
    let mut capture = Capture::new(bytes).unwrap();
    let mut origins = Vec::new();
    while let Some(record) = capture.next_record().unwrap() {
        let interface = record.interface;
        let named = interface.map(|interface| (interface.number, interface.name.to_owned()));
        origins.push((named, record.dir));
    }
    origins
}

fn named(number: u32, name: &str, dir: Option<Dir>) -> Origin {
    (Some((number, name.to_owned())), dir)
}

#[test]
fn packets_have_the_name_of_their_interface_and_their_direction() {
    for order in ORDERS {
        let flags = |flags: u32| order.u32(flags);
        let file = Pcapng::new(order)
            .interface(1, 0, &[(2, b"wan")])
            .interface(1, 0, &[(9, &[9]), (2, b"lan0"), (2, b"another")])
            .interface(1, 0, &[(3, b"a description")])
            .interface(1, 0, &[(2, b"")])
            .interface(1, 0, &[(2, b"b\xffd\tname\0")])
            .packet_with(6, 1, &[(2, &flags(1))])
            .packet_with(6, 0, &[(1, b"a comment"), (2, &flags(2))])
            .packet_with(2, 1, &[(2, &flags(0xffff_fffe)), (0, &[])])
            .packet_with(6, 2, &[(2, &flags(0))])
            .packet_with(6, 3, &[(2, &flags(3))])
            .packet_with(6, 4, &[(0, &[]), (2, &flags(1))])
            .packet_with(2, 0, &[])
            .simple(0, b"");
        let want = [
            named(1, "lan0", Some(Dir::In)),
            named(0, "wan", Some(Dir::Out)),
            named(1, "lan0", Some(Dir::Out)),
            (None, None),
            (None, None),
            named(2, "b\u{fffd}d\tname", None),
            named(0, "wan", None),
            named(0, "wan", None),
        ];
        assert_eq!(origins(&file.bytes), want, "{order:?}");
    }
}

#[test]
fn a_name_is_one_interface_in_all_sections() {
    let file = Pcapng::new(Order::Little)
        .interface(1, 0, &[(2, b"a")])
        .interface(1, 0, &[(2, b"b")])
        .packet_with(6, 0, &[])
        .packet_with(6, 1, &[])
        .section(Order::Big)
        .interface(1, 0, &[(2, b"b")])
        .interface(101, 0, &[(2, b"b")])
        .interface(1, 0, &[(2, b"c")])
        .packet_with(6, 0, &[])
        .packet_with(6, 1, &[])
        .packet_with(6, 2, &[]);
    let got = origins(&file.bytes);
    let want = [(0, "a"), (1, "b"), (1, "b"), (1, "b"), (2, "c")];
    assert_eq!(got, want.map(|(number, name)| named(number, name, None)));
}

#[test]
fn names_beyond_what_a_host_has_are_not_kept() {
    let mut file = Pcapng::new(Order::Little);
    for number in 0..20u8 {
        file = file.interface(1, 0, &[(2, &[b'a' + number; 60_000])]);
    }
    // What is left of the room, and a name that was kept.
    let file = file
        .interface(1, 0, &[(2, b"eth0")])
        .packet_with(6, 16, &[])
        .packet_with(6, 17, &[])
        .packet_with(6, 20, &[])
        .section(Order::Little)
        .interface(1, 0, &[(2, &[b'a'; 60_000])])
        .packet_with(6, 0, &[]);
    let numbers: Vec<_> = origins(&file.bytes)
        .into_iter()
        .map(|(named, _)| named.map(|(number, _)| number))
        .collect();
    assert_eq!(numbers, [Some(16), None, Some(17), Some(0)]);
}

#[test]
fn options_that_are_no_options_tell_nothing_and_damage_nothing() {
    let file = Pcapng::new(Order::Little)
        .ethernet()
        .packet_with(6, 0, &[(2, &[1, 0])])
        .packet_with(6, 0, &[(2, &[1, 0, 0, 0, 0])])
        // An option of 9 bytes, of which there are none.
        .block(6, &[&[0; 20][..], &[2, 0, 9, 0]].concat())
        .block(6, &[&[0; 20][..], &[2, 0]].concat());
    assert_eq!(origins(&file.bytes), vec![named(0, "eth0", None); 4]);
}

#[test]
fn a_cooked_header_tells_the_direction_and_no_name() {
    let first = |kind: u8| [0, kind, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0];
    let second = |kind: u8| {
        [
            8, 0, 0, 0, 0, 0, 0, 3, 0, 1, kind, 6, 0, 0, 0, 0, 0, 0, 0, 0,
        ]
    };
    let want = |kind: u8| match kind {
        0..=3 => Some(Dir::In),
        4 => Some(Dir::Out),
        _ => None,
    };
    for kind in 0..8 {
        for order in ORDERS {
            let one = Pcap::new(order, MICROS, 113).record([0; 2], &first(kind));
            let two = Pcap::new(order, MICROS, 276).record([0; 2], &second(kind));
            for file in [one, two] {
                assert_eq!(origins(&file.bytes), [(None, want(kind))], "{kind}");
            }
        }
    }
    assert_eq!(Link::LinuxSll.dir(&[0]), None);
    assert_eq!(Link::LinuxSll.dir(&[1, 4]), None);
    assert_eq!(Link::LinuxSll2.dir(&[0; 10]), None);
    // What the record says goes before what the header says.
    let file = Pcapng::new(Order::Little)
        .interface(276, 0, &[])
        .enhanced(0, 0, 20, &second(4))
        .simple(20, &second(4));
    assert_eq!(
        origins(&file.bytes),
        [(None, Some(Dir::In)), (None, Some(Dir::Out))]
    );
}

#[test]
fn other_legacy_files_tell_neither() {
    for magic in [MICROS, MODIFIED] {
        let file = Pcap::new(Order::Big, magic, 1).record([0; 2], &[0; 20]);
        assert_eq!(origins(&file.bytes), [(None, None)]);
    }
}
