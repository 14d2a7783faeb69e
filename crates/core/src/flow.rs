//! What packets are grouped by.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

use crate::networks::NetName;

/// A flow: one direction of a conversation, by its 5-tuple unless other keys were asked for.
///
/// `10.1.1.1` and `::ffff:10.1.1.1` are two addresses: they come in different packets. What was not
/// asked for is as in [`FlowKey::NOTHING`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowKey {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// Source port; 0 where the protocol has none, or the packet is a later fragment.
    pub sport: u16,
    /// Destination port; 0 as above.
    pub dport: u16,
    /// IP protocol number.
    pub proto: u8,
    /// The interface; `None` where it is not known.
    pub iface: Option<Life>,
    /// Which way; `None` where it is not known.
    pub dir: Option<Dir>,
    /// Id of the outermost VLAN tag; 0 without one, or with one that only carries a priority.
    pub vlan: u16,
    /// Type of service or traffic class, the whole byte.
    pub tos: u8,
    /// Name of the source's network; `None` also where it has none. The data path knows no names.
    pub src_net: Option<NetName>,
    /// Name of the destination's network.
    pub dst_net: Option<NetName>,
}

impl FlowKey {
    /// The key of every packet where nothing was asked for.
    pub const NOTHING: FlowKey = FlowKey {
        src: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        dst: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        sport: 0,
        dport: 0,
        proto: 0,
        iface: None,
        dir: None,
        vlan: 0,
        tos: 0,
        src_net: None,
        dst_net: None,
    };
}

/// An interface from when it appeared to when it goes. Names and indexes are used again, lives are
/// not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Life(pub NonZeroU32);

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dir {
    /// Into the host.
    In,
    /// Out of the host.
    Out,
}

impl Dir {
    /// As in output.
    pub fn name(self) -> &'static str {
        match self {
            Dir::In => "in",
            Dir::Out => "out",
        }
    }
}
