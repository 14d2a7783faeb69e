//! The bytes of one frame of a flow, for program test runs. Checksums are not filled in: nothing
//! but a parser reads these frames.

use std::net::IpAddr;

use crate::mix::Flow;

const ETHERTYPE_IPV4: [u8; 2] = [0x08, 0x00];
const ETHERTYPE_IPV6: [u8; 2] = [0x86, 0xdd];
const TCP: u8 = 6;

/// A frame of `flow` without VLAN tag, `bytes` long or as long as its headers if that is more.
pub fn frame(flow: &Flow, bytes: u32) -> Vec<u8> {
    let transport = if flow.protocol == TCP { 20 } else { 8 };
    let network = if flow.from.is_ipv4() { 20 } else { 40 };
    let length = (bytes as usize).max(14 + network + transport);
    let mut frame = vec![0u8; 12];
    match (flow.from, flow.to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            frame.extend(ETHERTYPE_IPV4);
            frame.extend([0x45, 0]);
            frame.extend(((length - 14) as u16).to_be_bytes());
            frame.extend([0, 0, 0, 0, 64, flow.protocol, 0, 0]);
            frame.extend(from.octets());
            frame.extend(to.octets());
        }
        (from, to) => {
            frame.extend(ETHERTYPE_IPV6);
            frame.extend([0x60, 0, 0, 0]);
            frame.extend(((length - 54) as u16).to_be_bytes());
            frame.extend([flow.protocol, 64]);
            for address in [from, to] {
                frame.extend(match address {
                    IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
                    IpAddr::V6(address) => address.octets(),
                });
            }
        }
    }
    frame.extend(flow.from_port.to_be_bytes());
    frame.extend(flow.to_port.to_be_bytes());
    if flow.protocol == TCP {
        frame.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18]);
    } else {
        frame.extend(((length - 14 - network) as u16).to_be_bytes());
    }
    frame.resize(length, 0);
    frame
}
