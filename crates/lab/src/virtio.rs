//! The header that a tap or a raw socket takes in front of a frame (`struct virtio_net_hdr`): how
//! to cut it into segments and where a checksum is missing.

/// Bytes of the header.
pub(crate) const HEADER: usize = 10;
const NEEDS_CHECKSUM: u8 = 1;

/// What a super-frame is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GsoKind {
    /// Nothing: an ordinary frame.
    None,
    /// TCP over IPv4.
    Tcp4,
    /// TCP over IPv6.
    Tcp6,
    /// UDP datagrams, either family (Linux 6.2 and later).
    UdpSegment,
    /// IPv4 or IPv6 fragments of one UDP datagram.
    UdpFragment,
}

/// How to cut a super-frame, all in bytes; host byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gso {
    /// Into what.
    pub kind: GsoKind,
    /// Payload of each segment.
    pub size: u16,
    /// All headers of the frame, link header included.
    pub header_length: u16,
    /// Where checksumming begins (the transport header), counted from the frame's first byte.
    pub checksum_start: u16,
    /// Where the checksum is stored, counted from `checksum_start`.
    pub checksum_offset: u16,
}

impl Gso {
    /// An ordinary, complete frame.
    pub const NONE: Self = Self {
        kind: GsoKind::None,
        size: 0,
        header_length: 0,
        checksum_start: 0,
        checksum_offset: 0,
    };

    pub(crate) fn header(&self) -> [u8; HEADER] {
        let kind = match self.kind {
            GsoKind::None => 0,
            GsoKind::Tcp4 => 1,
            GsoKind::UdpFragment => 3,
            GsoKind::Tcp6 => 4,
            GsoKind::UdpSegment => 5,
        };
        let flags = if self.checksum_start == 0 {
            0
        } else {
            NEEDS_CHECKSUM
        };
        let mut bytes = [0; HEADER];
        bytes[0] = flags;
        bytes[1] = kind;
        bytes[2..4].copy_from_slice(&self.header_length.to_ne_bytes());
        bytes[4..6].copy_from_slice(&self.size.to_ne_bytes());
        bytes[6..8].copy_from_slice(&self.checksum_start.to_ne_bytes());
        bytes[8..10].copy_from_slice(&self.checksum_offset.to_ne_bytes());
        bytes
    }
}
