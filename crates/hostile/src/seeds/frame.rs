//! Frames, put together header by header. Checksums are zero: nothing here reads them.

/// What is in an IP packet.
pub(super) struct Payload {
    pub(super) proto: u8,
    pub(super) bytes: Vec<u8>,
}

const PORTS: [u8; 4] = [0x30, 0x39, 0x00, 0x50];

impl Payload {
    fn new(proto: u8, parts: &[&[u8]]) -> Payload {
        Payload {
            proto,
            bytes: parts.concat(),
        }
    }

    pub(super) fn tcp(flags: u8) -> Payload {
        let rest = [0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 1, 0, 0, 0, 0, 0];
        Payload::new(6, &[&PORTS, &rest])
    }

    /// Ports, and then the end.
    pub(super) fn cut_tcp() -> Payload {
        Payload::new(6, &[&PORTS, &[0; 6]])
    }

    pub(super) fn udp() -> Payload {
        Payload::new(17, &[&PORTS, &[0, 12, 0, 0], b"data"])
    }

    pub(super) fn udp_lite() -> Payload {
        Payload::new(136, &[&PORTS, &[0, 8, 0, 0], b"data"])
    }

    pub(super) fn sctp() -> Payload {
        Payload::new(132, &[&PORTS, &[0, 0, 0, 1, 0, 0, 0, 0]])
    }

    pub(super) fn dccp() -> Payload {
        Payload::new(33, &[&PORTS, &[4, 0, 0, 0, 0, 0, 0, 1]])
    }

    pub(super) fn icmp() -> Payload {
        Payload::new(1, &[&[8, 0, 0, 0, 0, 1, 0, 1]])
    }

    pub(super) fn icmp6() -> Payload {
        Payload::new(58, &[&[128, 0, 0, 0, 0, 1, 0, 1]])
    }

    pub(super) fn esp() -> Payload {
        Payload::new(50, &[&[0, 0, 0, 9, 0, 0, 0, 1]])
    }

    pub(super) fn gre() -> Payload {
        Payload::new(47, &[&[0, 0, 8, 0], &ipv4(&Payload::udp(), &[], 0)])
    }

    /// An authentication header in IPv4, with UDP behind it.
    pub(super) fn auth4() -> Payload {
        let header = [17, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1];
        Payload::new(51, &[&header, &Payload::udp().bytes])
    }
}

pub(super) fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    let addresses = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    [&addresses, &ether_type.to_be_bytes()[..], payload].concat()
}

/// What follows a tag's ethertype: a tag for each inner ethertype, and one before the payload.
pub(super) fn tagged(inner: &[u16], last: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (ether_type, id) in inner.iter().chain([&last]).zip(1..) {
        bytes.extend([0, id]);
        bytes.extend(ether_type.to_be_bytes());
    }
    bytes.extend(payload);
    bytes
}

pub(super) fn mpls(labels: u8, payload: &[u8]) -> Vec<u8> {
    let label = |n| [0, n, u8::from(n == labels), 64];
    let mut bytes: Vec<u8> = (1..=labels).flat_map(label).collect();
    bytes.extend(payload);
    bytes
}

pub(super) fn pppoe(protocol: u16, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16 + 2).to_be_bytes();
    [
        &[0x11, 0, 0, 7],
        &length[..],
        &protocol.to_be_bytes(),
        payload,
    ]
    .concat()
}

/// `fragment` is the header's word of flags and offset; options come in fours.
pub(super) fn ipv4(payload: &Payload, options: &[u8], fragment: u16) -> Vec<u8> {
    let words = 5 + options.len() / 4;
    let total = (words * 4 + payload.bytes.len()) as u16;
    let mut bytes = vec![0x40 | words as u8, 0];
    bytes.extend(total.to_be_bytes());
    bytes.extend([0, 1]);
    bytes.extend(fragment.to_be_bytes());
    bytes.extend([64, payload.proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    bytes.extend(options);
    bytes.extend(&payload.bytes);
    bytes
}

pub(super) fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend((payload.len() as u16).to_be_bytes());
    bytes.extend([next, 64]);
    for host in [1, 2] {
        bytes.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
    }
    bytes.extend(payload);
    bytes
}

/// A header with options: padding to eight bytes, and `eights` times eight more.
pub(super) fn extension(next: u8, eights: u8) -> Vec<u8> {
    let mut bytes = vec![next, eights, 1, 4];
    bytes.resize(8 + 8 * usize::from(eights), 0);
    bytes
}

/// `offset` in eights of bytes.
pub(super) fn fragment6(next: u8, offset: u16, more: bool) -> Vec<u8> {
    let [high, low] = (offset << 3 | u16::from(more)).to_be_bytes();
    vec![next, 0, high, low, 0, 0, 0, 1]
}
