//! What packets are grouped by.

use std::net::IpAddr;

/// A flow: one direction of a conversation, by its 5-tuple.
///
/// `10.1.1.1` and `::ffff:10.1.1.1` are two addresses: they come in different packets.
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
}
