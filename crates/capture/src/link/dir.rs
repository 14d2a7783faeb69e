//! Which way a packet went, where its link header tells.

use windrow_core::flow::Dir;

use super::Link;

impl Link {
    /// The direction by the packet type of a Linux cooked header; no other link header has one.
    #[inline]
    pub fn dir(self, captured: &[u8]) -> Option<Dir> {
        let packet_type = match self {
            // Two bytes in network order, of which the first is always 0.
            Link::LinuxSll if captured.first() == Some(&0) => captured.get(1),
            Link::LinuxSll2 => captured.get(10),
            _ => return None,
        };
        match packet_type? {
            // To this host, to all, to a group; to another host, as a promiscuous interface sees it.
            0..=3 => Some(Dir::In),
            4 => Some(Dir::Out),
            _ => None,
        }
    }
}
