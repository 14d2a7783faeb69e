//! etherparse's own walk through a frame, for frames that it takes without any complaint.
//!
//! What it accepts it may still see differently by design, and then less of it is compared:
//!
//! - Above MACsec, below an authentication header in IPv4, and where ethertype and IP version
//!   differ it goes on where this project stops: nothing is compared.
//! - More than eight extension headers are walked no farther here: nothing is compared.
//! - Behind a later fragment's header it walks on into the payload: protocol and ports are left out.
//! - Of a fragmented packet it reads no ports, even where the first fragment has them; and none of
//!   SCTP, DCCP and UDP-Lite at all: ports are left out.

use etherparse::{
    IpNumber, LinkExtSlice, LinkSlice, NetSlice, SlicedPacket, TransportSlice, ether_type,
    ip_number,
};
use windrow_core::flow::FlowKey;

use super::Opinion;

const EXTENSIONS: usize = 8;

/// The key by etherparse alone; `None` where it refuses the frame or goes another way.
pub(crate) fn of_whole_packet(frame: &[u8]) -> Option<Opinion> {
    let packet = SlicedPacket::from_ethernet(frame).ok()?;
    let Some(LinkSlice::Ethernet2(ethernet)) = &packet.link else {
        return None;
    };
    let mut ether_type = ethernet.ether_type();
    for extension in &packet.link_exts {
        let LinkExtSlice::Vlan(tag) = extension else {
            return None;
        };
        ether_type = tag.ether_type();
    }
    let (src, dst, proto, fragmented, walked_on);
    match packet.net.as_ref()? {
        NetSlice::Ipv4(ip) if ether_type == ether_type::IPV4 => {
            if ip.header().protocol() == ip_number::AUTH {
                return None;
            }
            src = ip.header().source_addr().into();
            dst = ip.header().destination_addr().into();
            (proto, fragmented) = (ip.header().protocol(), ip.is_payload_fragmented());
            walked_on = false;
        }
        NetSlice::Ipv6(ip) if ether_type == ether_type::IPV6 => {
            if ip.extensions().clone().into_iter().count() > EXTENSIONS {
                return None;
            }
            src = ip.header().source_addr().into();
            dst = ip.header().destination_addr().into();
            (proto, fragmented) = (ip.payload().ip_number, ip.is_payload_fragmented());
            walked_on = fragmented;
        }
        _ => return None,
    }
    let (sport, dport) = match &packet.transport {
        Some(TransportSlice::Tcp(tcp)) => (tcp.source_port(), tcp.destination_port()),
        Some(TransportSlice::Udp(udp)) => (udp.source_port(), udp.destination_port()),
        _ => (0, 0),
    };
    Some(Opinion {
        key: FlowKey {
            src,
            dst,
            sport,
            dport,
            proto: proto.0,
            ..FlowKey::NOTHING
        },
        proto: !walked_on,
        ports: !fragmented && !has_unread_ports(proto),
        tcp_flags: None,
        deep_chain: (!walked_on).then_some(false),
    })
}

fn has_unread_ports(proto: IpNumber) -> bool {
    matches!(
        proto,
        ip_number::SCTP | ip_number::DCCP | ip_number::UDP_LITE
    )
}
