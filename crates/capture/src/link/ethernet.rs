//! Packets of other links as Ethernet would carry them, for what can parse only Ethernet.

use super::Link;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const MPLS_UNICAST: u16 = 0x8847;
const MPLS_MULTICAST: u16 = 0x8848;

/// Why a packet has no network header to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoNetwork {
    /// Captured or sent no further than its link header.
    Cut,
    /// The link header announces something else than IP, for which there is no ethertype.
    NotIp,
}

impl Link {
    /// The packet as an Ethernet frame: itself if it is one, else a header of 14 bytes with
    /// addresses of zero and the ethertype, and the first `most` bytes of what the link header
    /// announces, both put into `room`.
    ///
    /// # Errors
    /// [`NoNetwork`] for packets without such a payload. The payload itself is not looked into,
    /// but for the version of raw IP: 4 is IPv4, all else is called IPv6, which it then is not.
    #[inline]
    pub fn as_ethernet<'a>(
        self,
        captured: &'a [u8],
        room: &'a mut Vec<u8>,
        most: usize,
    ) -> Result<&'a [u8], NoNetwork> {
        let (ethertype, payload) = match self {
            Link::Ethernet => return Ok(captured),
            Link::RawIp => {
                let version = captured.first().map(|first| first >> 4);
                (if version == Some(4) { IPV4 } else { IPV6 }, captured)
            }
            Link::Ipv4 => (IPV4, captured),
            Link::Ipv6 => (IPV6, captured),
            Link::Null => {
                let (header, payload) = split::<4>(captured)?;
                // Families are small numbers, so only one order makes a family of one.
                let little = of_family(u32::from_le_bytes(*header));
                let ethertype = little.or_else(|_| of_family(u32::from_be_bytes(*header)))?;
                (ethertype, payload)
            }
            Link::Loop => {
                let (header, payload) = split::<4>(captured)?;
                (of_family(u32::from_be_bytes(*header))?, payload)
            }
            Link::LinuxSll => {
                let (header, payload) = split::<16>(captured)?;
                (of_cooked(u16_at(header, 2), u16_at(header, 14))?, payload)
            }
            Link::LinuxSll2 => {
                let (header, payload) = split::<20>(captured)?;
                (of_cooked(u16_at(header, 8), u16_at(header, 0))?, payload)
            }
            Link::Ppp => ppp(captured)?,
        };
        room.clear();
        room.extend_from_slice(&[0; 12]);
        room.extend_from_slice(&ethertype.to_be_bytes());
        room.extend_from_slice(payload.get(..most).unwrap_or(payload));
        Ok(room)
    }
}

/// By the address families of the systems that write such captures.
fn of_family(family: u32) -> Result<u16, NoNetwork> {
    match family {
        2 => Ok(IPV4),
        // Linux; Windows; NetBSD and OpenBSD; FreeBSD; Darwin
        10 | 23 | 24 | 28 | 30 => Ok(IPV6),
        _ => Err(NoNetwork::NotIp),
    }
}

/// The protocol of a Linux cooked capture: an ethertype, or one of Linux's own numbers below 0x600
/// (802.2 and the like), unless the hardware type gives it another meaning or none.
fn of_cooked(hardware: u16, protocol: u16) -> Result<u16, NoNetwork> {
    const FRAME_RELAY: u16 = 770;
    const RADIOTAP: u16 = 803;
    const NETLINK: u16 = 824;
    match hardware {
        FRAME_RELAY | RADIOTAP | NETLINK => Err(NoNetwork::NotIp),
        // GRE (778) has GRE's protocol types there, which are ethertypes (RFC 2784, 2.4).
        _ => Ok(protocol),
    }
}

/// RFC 1661: a protocol of 2 bytes, or of 1 if its lowest bit is set; RFC 1662: perhaps two
/// constant bytes before it.
fn ppp(captured: &[u8]) -> Result<(u16, &[u8]), NoNetwork> {
    let protocol = captured.strip_prefix(&[0xff, 0x03]).unwrap_or(captured);
    let (protocol, payload) = match *protocol {
        [short, ref payload @ ..] if short & 1 == 1 => (u16::from(short), payload),
        [high, low, ref payload @ ..] => (u16::from_be_bytes([high, low]), payload),
        _ => return Err(NoNetwork::Cut),
    };
    let ethertype = match protocol {
        0x0021 => IPV4,
        0x0057 => IPV6,
        0x0281 => MPLS_UNICAST,
        0x0283 => MPLS_MULTICAST,
        _ => return Err(NoNetwork::NotIp),
    };
    Ok((ethertype, payload))
}

fn split<const N: usize>(captured: &[u8]) -> Result<(&[u8; N], &[u8]), NoNetwork> {
    captured.split_first_chunk().ok_or(NoNetwork::Cut)
}

fn u16_at<const N: usize>(header: &[u8; N], at: usize) -> u16 {
    let two = header.get(at..).and_then(<[u8]>::first_chunk);
    two.copied().map_or(0, u16::from_be_bytes)
}
