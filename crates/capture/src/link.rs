//! Link types: which are read, and what each has before the network's header.
//!
//! Numbers and layouts: <https://www.tcpdump.org/linktypes.html>.

mod dir;
mod ethernet;
mod names;

pub use ethernet::NoNetwork;
pub use names::name;

/// A link type whose packets can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// Ethernet: from the destination address on.
    Ethernet,
    /// An IPv4 or IPv6 header; its first half byte tells which.
    RawIp,
    /// An IPv4 header.
    Ipv4,
    /// An IPv6 header.
    Ipv6,
    /// BSD loopback: address family, 4 bytes in the writer's byte order.
    Null,
    /// OpenBSD loopback: address family, 4 bytes in network order.
    Loop,
    /// Linux "cooked" capture: 16 bytes, the protocol last.
    LinuxSll,
    /// Its second version: 20 bytes, the protocol first.
    LinuxSll2,
    /// PPP (RFC 1661), with address and control (RFC 1662) or without.
    Ppp,
}

impl Link {
    /// The link type of a LINKTYPE number; `None` if its packets cannot be read.
    pub fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            0 => Link::Null,
            1 => Link::Ethernet,
            9 | 50 => Link::Ppp,
            // 12 and 14 are written by systems whose DLT_RAW has that number.
            12 | 14 | 101 => Link::RawIp,
            108 => Link::Loop,
            113 => Link::LinuxSll,
            228 => Link::Ipv4,
            229 => Link::Ipv6,
            276 => Link::LinuxSll2,
            _ => return None,
        })
    }
}
