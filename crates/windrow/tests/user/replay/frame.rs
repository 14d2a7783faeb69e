//! Ethernet frames of one small packet, with the tags, addresses and traffic classes that they say.

use std::net::IpAddr;

pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
/// Ethertypes of tags: of a customer, and of a provider around it.
pub const CUSTOMER: u16 = 0x8100;
pub const PROVIDER: u16 = 0x88a8;

/// A packet that is like `10.1.2.3:1000 → 192.168.7.9:53`, UDP, but for what it is told.
#[derive(Clone)]
pub struct Frame {
    pub src: &'static str,
    pub dst: &'static str,
    pub sport: u16,
    pub dport: u16,
    pub proto: u8,
    pub tos: u8,
    /// Ethertype and tag control, outermost first.
    pub tags: Vec<(u16, u16)>,
}

impl Default for Frame {
    fn default() -> Frame {
        Frame {
            src: "10.1.2.3",
            dst: "192.168.7.9",
            sport: 1000,
            dport: 53,
            proto: UDP,
            tos: 0,
            tags: Vec::new(),
        }
    }
}

impl Frame {
    /// The same over IPv6.
    pub fn v6() -> Frame {
        Frame {
            src: "2001:db8:1:2:3::4",
            dst: "2001:db8:9::1",
            ..Frame::default()
        }
    }

    /// 20 bytes of transport behind the headers.
    pub fn bytes(&self) -> Vec<u8> {
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
        for (ethertype, control) in &self.tags {
            frame.extend(ethertype.to_be_bytes());
            frame.extend(control.to_be_bytes());
        }
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        match (address(self.src), address(self.dst)) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                frame.extend([
                    8, 0, 0x45, self.tos, 0, 40, 0, 0, 0, 0, 64, self.proto, 0, 0,
                ]);
                frame.extend(src.octets());
                frame.extend(dst.octets());
            }
            (IpAddr::V6(src), IpAddr::V6(dst)) => {
                frame.extend([0x86, 0xdd, 0x60 | self.tos >> 4, self.tos << 4, 0, 0]);
                frame.extend([0, 20, self.proto, 64]);
                frame.extend(src.octets());
                frame.extend(dst.octets());
            }
            mixed => panic!("two families: {mixed:?}"),
        }
        frame.extend(self.sport.to_be_bytes());
        frame.extend(self.dport.to_be_bytes());
        // The length of a UDP packet, or four header words of TCP with ACK.
        frame.extend([0, 20, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 0, 0, 0, 0, 0, 0]);
        frame
    }
}

/// An ARP frame: it has no flow.
pub fn arp() -> Vec<u8> {
    [&[2; 12][..], &[8, 6], &[0; 28]].concat()
}
