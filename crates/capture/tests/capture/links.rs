//! Packets of other links as Ethernet frames.

use windrow_capture::{Link, NoNetwork};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// The ethertype and payload that come out.
fn ethernet(link: Link, captured: &[u8]) -> Result<(u16, Vec<u8>), NoNetwork> {
    let mut room = b"left from another packet".to_vec();
    let frame = link.as_ethernet(captured, &mut room, usize::MAX)?;
    assert_eq!(frame[..12], [0; 12]);
    Ok((
        u16::from_be_bytes([frame[12], frame[13]]),
        frame[14..].to_vec(),
    ))
}

fn is(ethertype: u16, payload: &[u8]) -> Result<(u16, Vec<u8>), NoNetwork> {
    Ok((ethertype, payload.to_vec()))
}

#[test]
fn numbers_of_the_link_types_that_are_read() {
    let numbers = (0..=u16::MAX).filter_map(|number| Some((number, Link::from_number(number)?)));
    let numbers: Vec<_> = numbers.collect();
    assert_eq!(
        numbers,
        [
            (0, Link::Null),
            (1, Link::Ethernet),
            (9, Link::Ppp),
            (12, Link::RawIp),
            (14, Link::RawIp),
            (50, Link::Ppp),
            (101, Link::RawIp),
            (108, Link::Loop),
            (113, Link::LinuxSll),
            (228, Link::Ipv4),
            (229, Link::Ipv6),
            (276, Link::LinuxSll2),
        ]
    );
}

#[test]
fn ethernet_is_itself_whatever_it_holds() {
    let mut room = Vec::new();
    for captured in [b"".as_slice(), b"short", &[1; 2000]] {
        let frame = Link::Ethernet.as_ethernet(captured, &mut room, 1);
        assert_eq!(frame, Ok(captured));
    }
}

#[test]
fn raw_ip_goes_by_its_version_and_named_ip_by_its_name() {
    assert_eq!(ethernet(Link::RawIp, b"\x45rest"), is(IPV4, b"\x45rest"));
    assert_eq!(ethernet(Link::RawIp, b"\x60rest"), is(IPV6, b"\x60rest"));
    assert_eq!(ethernet(Link::RawIp, b"\x50rest"), is(IPV6, b"\x50rest"));
    assert_eq!(ethernet(Link::RawIp, b""), is(IPV6, b""));
    assert_eq!(ethernet(Link::Ipv4, b"\x60rest"), is(IPV4, b"\x60rest"));
    assert_eq!(ethernet(Link::Ipv6, b"\x45rest"), is(IPV6, b"\x45rest"));
    assert_eq!(ethernet(Link::Ipv4, b""), is(IPV4, b""));
    assert_eq!(ethernet(Link::Ipv6, b""), is(IPV6, b""));
}

#[test]
fn loopback_goes_by_the_address_family() {
    assert_eq!(ethernet(Link::Null, b"\x02\0\0\0rest"), is(IPV4, b"rest"));
    assert_eq!(ethernet(Link::Null, b"\0\0\0\x02rest"), is(IPV4, b"rest"));
    assert_eq!(ethernet(Link::Loop, b"\0\0\0\x02rest"), is(IPV4, b"rest"));
    assert_eq!(
        ethernet(Link::Loop, b"\x02\0\0\0rest"),
        Err(NoNetwork::NotIp)
    );
    for family in [10, 23, 24, 28, 30] {
        assert_eq!(ethernet(Link::Null, &[family, 0, 0, 0, 1]), is(IPV6, &[1]));
        assert_eq!(ethernet(Link::Null, &[0, 0, 0, family, 1]), is(IPV6, &[1]));
        assert_eq!(ethernet(Link::Loop, &[0, 0, 0, family, 1]), is(IPV6, &[1]));
    }
    for link in [Link::Null, Link::Loop] {
        assert_eq!(ethernet(link, b"\0\0\0\x07rest"), Err(NoNetwork::NotIp));
        assert_eq!(ethernet(link, b"\0\0\x02\x02rest"), Err(NoNetwork::NotIp));
        assert_eq!(ethernet(link, b"\0\0\0"), Err(NoNetwork::Cut));
        assert_eq!(ethernet(link, b"\0\0\0\x02"), is(IPV4, b""));
    }
}

/// Both versions of a Linux cooked header.
fn cooked(hardware: u16, protocol: u16) -> [(Link, Vec<u8>); 2] {
    let (hardware, protocol) = (hardware.to_be_bytes(), protocol.to_be_bytes());
    let first = [
        &[0, 4][..],
        &hardware,
        &[0, 6, 1, 2, 3, 4, 5, 6, 0, 0],
        &protocol,
    ];
    let second = [
        &protocol[..],
        &[0, 0, 0, 0, 0, 3],
        &hardware,
        &[4, 6, 1, 2, 3, 4, 5, 6, 0, 0],
    ];
    [
        (Link::LinuxSll, first.concat()),
        (Link::LinuxSll2, second.concat()),
    ]
}

#[test]
fn cooked_captures_go_by_their_protocol_unless_the_hardware_has_none() {
    for protocol in [IPV4, IPV6, 0x8100, 0x0806, 0x0001, 0x0004, 0x000c] {
        // Ethernet, loopback, PPP, GRE: whose protocol types are ethertypes
        for hardware in [1, 772, 512, 778] {
            for (link, header) in cooked(hardware, protocol) {
                let packet = [&header[..], b"rest"].concat();
                assert_eq!(ethernet(link, &packet), is(protocol, b"rest"));
                assert_eq!(ethernet(link, &header), is(protocol, b""));
                let cut = &header[..header.len() - 1];
                assert_eq!(ethernet(link, cut), Err(NoNetwork::Cut));
            }
        }
        for hardware in [770, 803, 824] {
            for (link, header) in cooked(hardware, protocol) {
                assert_eq!(ethernet(link, &header), Err(NoNetwork::NotIp));
            }
        }
    }
}

#[test]
fn ppp_with_and_without_address_and_with_short_protocols() {
    for framing in [b"".as_slice(), b"\xff\x03"] {
        let packet = |rest: &[u8]| ethernet(Link::Ppp, &[framing, rest].concat());
        assert_eq!(packet(b"\0\x21rest"), is(IPV4, b"rest"));
        assert_eq!(packet(b"\x21rest"), is(IPV4, b"rest"));
        assert_eq!(packet(b"\0\x57rest"), is(IPV6, b"rest"));
        assert_eq!(packet(b"\x57rest"), is(IPV6, b"rest"));
        assert_eq!(packet(b"\x02\x81rest"), is(0x8847, b"rest"));
        assert_eq!(packet(b"\x02\x83rest"), is(0x8848, b"rest"));
        assert_eq!(packet(b"\xc0\x21rest"), Err(NoNetwork::NotIp)); // LCP
        assert_eq!(packet(b"\x3drest"), Err(NoNetwork::NotIp)); // multilink
        assert_eq!(packet(b"\x21"), is(IPV4, b""));
        assert_eq!(packet(b"\0"), Err(NoNetwork::Cut));
        assert_eq!(packet(b""), Err(NoNetwork::Cut));
    }
    assert_eq!(ethernet(Link::Ppp, b"\xff"), Err(NoNetwork::NotIp));
}

#[test]
fn at_most_so_much_of_the_payload_is_copied() {
    let mut room = Vec::new();
    for (most, want) in [(0, 14), (3, 17), (100, 24), (usize::MAX, 24)] {
        let frame = Link::Ipv4.as_ethernet(&[0x45; 10], &mut room, most);
        assert_eq!(frame.map(<[u8]>::len), Ok(want));
    }
}
