//! The interfaces of the calling thread's network namespace, with their counters. A reading of
//! one moment; [`crate::watch`] tells of changes.

use netlink_packet_core::NLM_F_DUMP;
use netlink_packet_route::{
    RouteNetlinkMessage,
    link::{LinkAttribute, LinkMessage},
};

use crate::request::{Answer, Error, attributes, request, u32_of};

const RTM_NEWLINK: u16 = 16;
const IFINFOMSG: usize = 16;
const IFF_UP: u32 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_LINKINFO: u16 = 18;
const IFLA_STATS64: u16 = 23;
const IFLA_INFO_KIND: u16 = 1;
/// Longest name of an interface in bytes, without the terminating zero.
const NAME_LENGTH: usize = 15;
const ENODEV: i32 = 19;

const ARPHRD_ETHER: u16 = 1;
const ARPHRD_PPP: u16 = 512;
const ARPHRD_LOOPBACK: u16 = 772;
const ARPHRD_IEEE80211: u16 = 801;
const ARPHRD_NONE: u16 = 0xfffe;

/// One network interface as the kernel describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The index, unique in its namespace, never 0.
    pub index: u32,
    /// The name. Control bytes are kept; bytes that are not UTF-8 became U+FFFD, and such an
    /// interface is found by its index only.
    pub name: String,
    /// The link type, `ARPHRD_*`; see [`link_name`].
    pub link: u16,
    /// Whether it is administratively up (`IFF_UP`).
    pub up: bool,
    /// The driver's rtnetlink kind (`veth`, `tun`, `bridge` …); `None` for most hardware.
    pub kind: Option<String>,
    /// What the interface has counted since it exists.
    pub counters: Counters,
}

/// An interface's own counters (`IFLA_STATS64`); bytes with link header, without frame check
/// sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets received.
    pub rx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets received and dropped before the stack took them.
    pub rx_dropped: u64,
    /// Packets dropped on the way out.
    pub tx_dropped: u64,
}

/// All interfaces, in the kernel's order (by index).
///
/// # Errors
/// When rtnetlink cannot be asked.
pub fn list() -> Result<Vec<Interface>, Error> {
    let what = "listing the network interfaces";
    let message = RouteNetlinkMessage::GetLink(LinkMessage::default());
    let answers = request(what, message, NLM_F_DUMP)?;
    answers
        .iter()
        .filter(|answer| answer.kind == RTM_NEWLINK)
        .map(|answer| interface(what, answer))
        .collect()
}

/// The interface of that name, if there is one.
///
/// # Errors
/// When rtnetlink cannot be asked.
pub fn by_name(name: &str) -> Result<Option<Interface>, Error> {
    // The kernel reads a name up to its first zero byte and refuses long ones with ERANGE.
    if name.is_empty() || name.len() > NAME_LENGTH || name.contains('\0') {
        return Ok(None);
    }
    let mut message = LinkMessage::default();
    message
        .attributes
        .push(LinkAttribute::IfName(name.to_owned()));
    // Alternative names ("altname") answer as well: that is what `ip` does, too.
    one(&format!("looking for interface {name:?}"), message)
}

/// The interface of that index, if there is one.
///
/// # Errors
/// When rtnetlink cannot be asked.
pub fn by_index(index: u32) -> Result<Option<Interface>, Error> {
    if index == 0 || i32::try_from(index).is_err() {
        return Ok(None);
    }
    let mut message = LinkMessage::default();
    message.header.index = index;
    one(&format!("looking for interface number {index}"), message)
}

fn one(what: &str, message: LinkMessage) -> Result<Option<Interface>, Error> {
    match request(what, RouteNetlinkMessage::GetLink(message), 0) {
        Ok(answers) => answers
            .iter()
            .find(|answer| answer.kind == RTM_NEWLINK)
            .map(|answer| interface(what, answer))
            .transpose(),
        Err(error) if error.errno() == Some(ENODEV) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads an `RTM_NEWLINK` or `RTM_DELLINK` message.
pub(crate) fn interface(what: &str, answer: &Answer) -> Result<Interface, Error> {
    let short = || Error::malformed(what, "link header");
    let header: &[u8; IFINFOMSG] = answer.body.first_chunk().ok_or_else(short)?;
    let [_, _, link_low, link_high, ..] = *header;
    let flags = u32_of(&header[8..]).ok_or_else(short)?;
    let mut found = Interface {
        index: u32_of(&header[4..]).ok_or_else(short)?,
        name: String::new(),
        link: u16::from_ne_bytes([link_low, link_high]),
        up: flags & IFF_UP != 0,
        kind: None,
        counters: Counters::default(),
    };
    for (kind, payload) in answer.attributes(IFINFOMSG) {
        match kind {
            IFLA_IFNAME => found.name = text(payload),
            IFLA_STATS64 => found.counters = counters(payload),
            IFLA_LINKINFO => {
                found.kind = attributes(payload)
                    .find(|(kind, _)| *kind == IFLA_INFO_KIND)
                    .map(|(_, payload)| text(payload));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// A C string up to its first zero byte.
pub(crate) fn text(payload: &[u8]) -> String {
    let end = payload.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&payload[..end.unwrap_or(payload.len())]).into_owned()
}

/// `struct rtnl_link_stats64`: 64-bit numbers, later kernels append.
fn counters(payload: &[u8]) -> Counters {
    let (numbers, _) = payload.as_chunks::<8>();
    let at = |position: usize| numbers.get(position).map_or(0, |n| u64::from_ne_bytes(*n));
    Counters {
        rx_packets: at(0),
        tx_packets: at(1),
        rx_bytes: at(2),
        tx_bytes: at(3),
        rx_dropped: at(6),
        tx_dropped: at(7),
    }
}

/// A link type (`ARPHRD_*`) in words.
pub fn link_name(link: u16) -> String {
    match link {
        ARPHRD_ETHER => "ethernet".to_owned(),
        ARPHRD_LOOPBACK => "loopback".to_owned(),
        ARPHRD_NONE => "none (tun, WireGuard)".to_owned(),
        ARPHRD_PPP => "ppp".to_owned(),
        ARPHRD_IEEE80211 => "ieee80211".to_owned(),
        other => format!("ARPHRD {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_the_loopback() {
        let all = list().expect("rtnetlink");
        let lo = all.iter().find(|one| one.link == ARPHRD_LOOPBACK);
        let lo = lo.expect("every namespace has a loopback");
        assert_eq!(lo.name, "lo");
        let same = |found: Option<Interface>| found.map(|one| (one.index, one.name));
        let want = Some((lo.index, "lo".to_owned()));
        assert_eq!(same(by_name("lo").expect("by name")), want);
        assert_eq!(same(by_index(lo.index).expect("by index")), want);
    }

    #[test]
    fn names_that_cannot_exist_are_absent_not_errors() {
        for name in [
            "",
            "nosuchdev0",
            "a-name-of-more-than-15-bytes",
            "l\0o",
            "a/b",
            "\u{1}\u{7f}",
        ] {
            assert_eq!(by_name(name).expect(name), None, "{name:?}");
        }
        for index in [0, 0x7fff_ffff, u32::MAX] {
            assert_eq!(by_index(index).expect("by index"), None, "{index}");
        }
    }

    #[test]
    fn strange_names_do_not_panic() {
        let mut body = vec![0; IFINFOMSG];
        body.extend([10, 0, 3, 0, 0xff, 7, b'\n', 0xc3, 0, 1, 0, 0]);
        let answer = Answer {
            kind: RTM_NEWLINK,
            body,
        };
        let found = interface("test", &answer).expect("readable");
        assert_eq!(found.name, "\u{fffd}\u{7}\n\u{fffd}");
        let short = Answer {
            kind: RTM_NEWLINK,
            body: vec![0; 15],
        };
        assert!(interface("test", &short).is_err());
    }

    #[test]
    fn link_types_have_names() {
        assert_eq!(link_name(1), "ethernet");
        assert_eq!(link_name(0xfffe), "none (tun, WireGuard)");
        assert_eq!(link_name(778), "ARPHRD 778");
    }
}
