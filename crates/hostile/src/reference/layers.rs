//! A walk over etherparse's headers by the rules of `bpf/parse.h`, whose depths it shares.
//!
//! etherparse reads each header; the way from one to the next is ours, since its own goes
//! differently where frames are odd. Each place where it is not asked, or not followed:
//!
//! - MPLS and PPPoE it does not know: they are peeled here.
//! - MACsec it opens when nothing is encrypted; here it is an ethertype like any other.
//! - The IP version it takes from the first nibble; here the ethertype must say the same.
//! - An IPv4 header whose options are cut it refuses; the addresses before them are whole.
//! - An IPv4 total length that is 0, or beyond the frame, it refuses or replaces by the frame's,
//!   and one that is below the header's too: the first two are to the frame's end, the last is no
//!   IP.
//! - An authentication header in IPv4 it walks over; here it is where the chain ends, as in Linux.
//! - Headers of IPv6 may stand in any order and as often as they like, as Linux takes them.
//! - An extension header that does not end inside the packet, or the frame, it refuses; its first
//!   eight bytes have said what would follow.
//! - An authentication header of length 0 is eight bytes to Linux, and an error to it: beyond one
//!   only addresses are compared.
//! - A TCP header that is cut, or lies about its length, and a cut UDP header it refuses; the ports
//!   are the first four bytes all the same. SCTP, DCCP and UDP-Lite it does not know, and they have
//!   theirs at the same place.

use std::net::IpAddr;

use etherparse::{
    EtherType, Ethernet2Slice, IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice,
    Ipv6FragmentHeaderSlice, Ipv6HeaderSlice, Ipv6RawExtHeaderSlice, SingleVlanSlice,
    TcpHeaderSlice, UdpHeaderSlice, ether_type, ip_number,
};
use windrow_core::flow::FlowKey;
use windrow_core::reason::Reason;

use super::Opinion;

const VLANS: usize = 4;
const LABELS: usize = 8;
const EXTENSIONS: usize = 8;
/// Of a packet of length 0: more than any header is long.
const NO_END: usize = 1 << 20;

/// The key of a frame, or why it has none.
pub(crate) fn by_layers(frame: &[u8]) -> Result<Opinion, Reason> {
    let (ether_type, packet) = network(frame)?;
    if ether_type == ether_type::IPV4 {
        ipv4(packet)
    } else {
        ipv6(packet)
    }
}

/// From the frame's start to its IP packet, and which of both it is.
fn network(frame: &[u8]) -> Result<(EtherType, &[u8]), Reason> {
    let ethernet = Ethernet2Slice::from_slice_without_fcs(frame).map_err(|_| Reason::Short)?;
    let (mut ether_type, mut rest) = (ethernet.ether_type(), ethernet.payload_slice());
    for _ in 0..VLANS {
        if !is_vlan(ether_type) {
            break;
        }
        let tag = SingleVlanSlice::from_slice(rest).map_err(|_| Reason::L2Cut)?;
        (ether_type, rest) = (tag.ether_type(), tag.payload_slice());
    }
    match ether_type {
        _ if is_vlan(ether_type) => Err(Reason::DeepVlan),
        ether_type::IPV4 | ether_type::IPV6 => Ok((ether_type, rest)),
        EtherType(0x8847 | 0x8848) => below_labels(rest),
        EtherType(0x8864) => in_session(rest),
        EtherType(length) if length < 0x600 => Err(Reason::Llc),
        EtherType(other) => Err(Reason::Ethertype(other)),
    }
}

fn is_vlan(ether_type: EtherType) -> bool {
    matches!(
        ether_type,
        ether_type::VLAN_TAGGED_FRAME
            | ether_type::PROVIDER_BRIDGING
            | ether_type::VLAN_DOUBLE_TAGGED_FRAME
    )
}

fn below_labels(stack: &[u8]) -> Result<(EtherType, &[u8]), Reason> {
    let bottom = stack
        .chunks_exact(4)
        .take(LABELS)
        .position(|label| label[2] & 1 == 1);
    let Some(bottom) = bottom else {
        let deep = stack.len() >= 4 * LABELS;
        return Err(if deep {
            Reason::DeepMpls
        } else {
            Reason::L2Cut
        });
    };
    let packet = &stack[4 * (bottom + 1)..];
    match packet.first().map(|first| first >> 4) {
        Some(4) => Ok((ether_type::IPV4, packet)),
        Some(6) => Ok((ether_type::IPV6, packet)),
        Some(_) => Err(Reason::MplsPayload),
        None => Err(Reason::L2Cut),
    }
}

fn in_session(session: &[u8]) -> Result<(EtherType, &[u8]), Reason> {
    let [_, _, _, _, _, _, high, low, packet @ ..] = session else {
        return Err(Reason::L2Cut);
    };
    match u16::from_be_bytes([*high, *low]) {
        0x0021 => Ok((ether_type::IPV4, packet)),
        0x0057 => Ok((ether_type::IPV6, packet)),
        _ => Err(Reason::PppoePayload),
    }
}

fn ipv4(packet: &[u8]) -> Result<Opinion, Reason> {
    // Options that are cut are as good as any: nothing but their length is read.
    let mut padded = [0; 60];
    let there = packet.len().min(padded.len());
    padded[..there].copy_from_slice(&packet[..there]);
    let whole = if there < 20 { packet } else { &padded };
    let header = Ipv4HeaderSlice::from_slice(whole).map_err(|_| Reason::BadIp)?;
    let (length, total) = (header.slice().len(), usize::from(header.total_len()));
    if total != 0 && total < length {
        return Err(Reason::BadIp);
    }
    let end = if total == 0 {
        packet.len()
    } else {
        total.min(packet.len())
    };
    let payload = packet.get(length..end).unwrap_or_default();
    let later = header.fragments_offset().value() != 0;
    Ok(opinion(
        header.source_addr().into(),
        header.destination_addr().into(),
        header.protocol(),
        if later { &[] } else { payload },
    ))
}

fn ipv6(packet: &[u8]) -> Result<Opinion, Reason> {
    let header = Ipv6HeaderSlice::from_slice(packet).map_err(|_| Reason::BadIp)?;
    let (src, dst) = (
        header.source_addr().into(),
        header.destination_addr().into(),
    );
    let behind = &packet[header.slice().len()..];
    // Of the packet so much is there, and so much was not captured.
    let (mut rest, missing) = match usize::from(header.payload_length()) {
        0 => (behind, NO_END),
        claimed => (
            &behind[..claimed.min(behind.len())],
            claimed.saturating_sub(behind.len()),
        ),
    };
    let mut next = header.next_header();
    for _ in 0..EXTENSIONS {
        if !is_extension(next) {
            return Ok(opinion(src, dst, next, rest));
        }
        match extension(next, rest, missing) {
            Step::Walk(then, behind) => (next, rest) = (then, behind),
            Step::End(last) => return Ok(opinion(src, dst, last, &[])),
            Step::Open => {
                let open = opinion(src, dst, next, &[]);
                return Ok(Opinion {
                    proto: false,
                    ports: false,
                    tcp_flags: None,
                    deep_chain: None,
                    ..open
                });
            }
        }
    }
    let deep = is_extension(next);
    Ok(Opinion {
        deep_chain: Some(deep),
        ..opinion(src, dst, next, if deep { &[] } else { rest })
    })
}

fn is_extension(next: IpNumber) -> bool {
    matches!(
        next,
        ip_number::IPV6_HOP_BY_HOP
            | ip_number::IPV6_ROUTE
            | ip_number::IPV6_FRAG
            | ip_number::AUTH
            | ip_number::IPV6_DEST_OPTIONS
    )
}

/// Where an extension header leads.
enum Step<'a> {
    /// To the next header.
    Walk(IpNumber, &'a [u8]),
    /// No farther: this is the protocol, and there are no ports.
    End(IpNumber),
    /// Where etherparse does not follow.
    Open,
}

/// `missing`: bytes of the packet behind the frame's end.
fn extension(kind: IpNumber, rest: &[u8], missing: usize) -> Step<'_> {
    let walked = match kind {
        ip_number::IPV6_FRAG => Ipv6FragmentHeaderSlice::from_slice(rest)
            .ok()
            .map(|header| {
                let later = header.fragment_offset().value() != 0;
                (header.next_header(), header.slice().len(), later)
            }),
        ip_number::AUTH if rest.len() >= 8 && rest[1] == 0 => return Step::Open,
        ip_number::AUTH => IpAuthHeaderSlice::from_slice(rest)
            .ok()
            .map(|header| (header.next_header(), header.slice().len(), false)),
        _ => Ipv6RawExtHeaderSlice::from_slice(rest)
            .ok()
            .map(|header| (header.next_header(), header.slice().len(), false)),
    };
    match walked {
        Some((next, _, true)) => Step::End(next),
        Some((next, length, false)) => Step::Walk(next, &rest[length..]),
        None if rest.len() < 8 => Step::End(kind),
        None => {
            let length = match kind {
                ip_number::AUTH => (usize::from(rest[1]) + 2) * 4,
                _ => (usize::from(rest[1]) + 1) * 8,
            };
            let next = IpNumber(rest[0]);
            if length > rest.len() + missing {
                Step::End(next)
            } else {
                // It ends inside the packet, though not inside the frame: the chain goes on unseen.
                Step::Walk(next, &[])
            }
        }
    }
}

/// The key of a packet whose IP headers are read, with what its payload adds.
fn opinion(src: IpAddr, dst: IpAddr, proto: IpNumber, payload: &[u8]) -> Opinion {
    let (sport, dport) = ports(proto, payload).unwrap_or((0, 0));
    Opinion {
        key: FlowKey {
            src,
            dst,
            sport,
            dport,
            proto: proto.0,
            ..FlowKey::NOTHING
        },
        proto: true,
        ports: true,
        tcp_flags: Some(tcp_flags(proto, payload)),
        deep_chain: Some(false),
    }
}

fn ports(proto: IpNumber, payload: &[u8]) -> Option<(u16, u16)> {
    let tcp = || TcpHeaderSlice::from_slice(payload).ok();
    let udp = || UdpHeaderSlice::from_slice(payload).ok();
    let whole = match proto {
        ip_number::TCP => tcp().map(|tcp| (tcp.source_port(), tcp.destination_port())),
        ip_number::UDP => udp().map(|udp| (udp.source_port(), udp.destination_port())),
        ip_number::SCTP | ip_number::DCCP | ip_number::UDP_LITE => None,
        _ => return None,
    };
    let first = || match payload {
        [a, b, c, d, ..] => Some((u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]))),
        _ => None,
    };
    whole.or_else(first)
}

fn tcp_flags(proto: IpNumber, payload: &[u8]) -> u8 {
    if proto != ip_number::TCP {
        return 0;
    }
    let Ok(tcp) = TcpHeaderSlice::from_slice(payload) else {
        // Cut, or of a length that lies: the flags are there if their byte is.
        return payload.get(13).copied().unwrap_or(0);
    };
    let flags = [
        tcp.fin(),
        tcp.syn(),
        tcp.rst(),
        tcp.psh(),
        tcp.ack(),
        tcp.urg(),
        tcp.ece(),
        tcp.cwr(),
    ];
    flags
        .iter()
        .zip(0..)
        .map(|(set, bit)| u8::from(*set) << bit)
        .sum()
}
