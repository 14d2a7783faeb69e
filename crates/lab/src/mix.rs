//! What a generator's traffic consists of. The kernel program computes the same flows from the
//! same numbers; this twin tells a test what it must find.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::Error;

/// Most flows: their numbers are the last 24 bits of 10.0.0.0/8.
const FLOWS_LIMIT: u32 = 1 << 24;
const FRAME_LIMIT: u32 = 1514;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// The composition of generated traffic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mix {
    /// Number of flows, 1 to 16,777,216. The frames go round over all of them.
    pub flows: u32,
    /// Length of every frame in bytes, with link header (and VLAN tag), without frame check
    /// sequence; [`Mix::shortest`] to 1,514.
    pub frame_bytes: u32,
    /// Share of the flows that are IPv6, 0.0 to 1.0, to a thousandth; approximate, since each flow
    /// is decided by a hash of its number.
    pub ipv6_share: f64,
    /// Share of the flows that are TCP, 0.0 to 1.0; the others are UDP.
    pub tcp_share: f64,
    /// An 802.1Q tag in every frame, VLAN 100 to 103.
    pub vlan: bool,
    /// The last two of every eight frames are the two fragments of one datagram.
    pub fragments: bool,
}

impl Default for Mix {
    /// A thousand flows of 128-byte frames, a third of them IPv6, seven tenths TCP.
    fn default() -> Self {
        Self {
            flows: 1000,
            frame_bytes: 128,
            ipv6_share: 0.333,
            tcp_share: 0.7,
            vlan: false,
            fragments: false,
        }
    }
}

/// One flow: what its frames have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// Source address; unique to the flow.
    pub from: IpAddr,
    /// Destination address, one of 1,024.
    pub to: IpAddr,
    /// IP protocol number, 6 (TCP) or 17 (UDP).
    pub protocol: u8,
    /// Source port.
    pub from_port: u16,
    /// Destination port, one of four a protocol.
    pub to_port: u16,
    /// VLAN identifier, if frames are tagged.
    pub vlan: Option<u16>,
}

impl Mix {
    /// The shortest frame in bytes that holds all headers of this mix.
    pub fn shortest(&self) -> u32 {
        let ipv6 = permille(self.ipv6_share) > 0;
        let tcp = permille(self.tcp_share) > 0;
        let network = match (ipv6, self.fragments) {
            (false, _) => 20,
            (true, false) => 40,
            (true, true) => 48,
        };
        14 + if self.vlan { 4 } else { 0 } + network + if tcp { 20 } else { 8 }
            // The first fragment is cut to a multiple of eight and must keep its ports.
            + if self.fragments { 8 } else { 0 }
    }

    /// Says whether frames can be made of this mix.
    ///
    /// # Errors
    /// [`Error::Mix`] with what to change.
    pub fn validate(&self) -> Result<(), Error> {
        let refuse = |why| Err(Error::Mix { why });
        if !(1..=FLOWS_LIMIT).contains(&self.flows) {
            return refuse(format!("flows must be 1 to {FLOWS_LIMIT}"));
        }
        let shortest = self.shortest();
        if !(shortest..=FRAME_LIMIT).contains(&self.frame_bytes) {
            return refuse(format!(
                "frames must be {shortest} (for these headers) to {FRAME_LIMIT} bytes"
            ));
        }
        for share in [self.ipv6_share, self.tcp_share] {
            if !(0.0..=1.0).contains(&share) {
                return refuse("shares must be 0.0 to 1.0".to_owned());
            }
        }
        Ok(())
    }

    /// Flow number `index` (below `flows`).
    pub fn flow(&self, index: u32) -> Flow {
        let mut hash = index.wrapping_mul(0x9e37_79b1);
        hash ^= hash >> 15;
        hash = hash.wrapping_mul(0x85eb_ca77);
        hash ^= hash >> 13;
        let more = hash.wrapping_mul(0xc2b2_ae3d);
        let ipv6 = ((hash & 0xffff) * 1000) >> 16 < permille(self.ipv6_share);
        let tcp = ((hash >> 16) * 1000) >> 16 < permille(self.tcp_share);
        let server = (more >> 4) & 1023;
        let services = if tcp {
            [443, 80, 22, 5432]
        } else {
            [443, 53, 123, 5004]
        };
        let address = |network4: u32, network6: u128, host: u32| match ipv6 {
            false => IpAddr::from(Ipv4Addr::from_bits(network4 + host)),
            true => IpAddr::from(Ipv6Addr::from_bits(network6 + u128::from(host))),
        };
        Flow {
            from: address(0x0a00_0000, 0x2001_0002_0000_0001 << 64, index),
            to: address(0xc612_0000, 0x2001_0002_0000_0002 << 64, server),
            protocol: if tcp { TCP } else { UDP },
            // Both fit: below 64512 + 1024, and one of four.
            from_port: (1024 + (((more >> 16) * 64512) >> 16)) as u16,
            to_port: services[((more >> 8) & 3) as usize],
            vlan: self.vlan.then_some(100 + (index & 3) as u16),
        }
    }

    /// Number of the flow that frame `frame` of a run (from 0) belongs to.
    pub fn flow_of_frame(&self, frame: u64) -> u32 {
        // Frames 6 and 7 of every eight share a flow when they are fragments.
        let shared = if self.fragments { (frame + 1) / 8 } else { 0 };
        let steps = u128::from(frame - shared) * u128::from(self.stride());
        (steps % u128::from(self.flows)) as u32 // below `flows`
    }

    /// Step from one frame's flow to the next; coprime with `flows`, so that every round visits
    /// each flow once, and far from 1, so that neighbours in time are not neighbours in number.
    pub(crate) fn stride(&self) -> u32 {
        if self.flows == 1 {
            return 0;
        }
        let golden = (u64::from(self.flows) * 618 / 1000) as u32; // below `flows`
        (1..=golden.max(1))
            .rev()
            .find(|step| gcd(*step, self.flows) == 1)
            .unwrap_or(1)
    }

    pub(crate) fn ipv6_permille(&self) -> u32 {
        permille(self.ipv6_share)
    }

    pub(crate) fn tcp_permille(&self) -> u32 {
        permille(self.tcp_share)
    }
}

fn permille(share: f64) -> u32 {
    (share * 1000.0).round() as u32 // saturates, also for NaN
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_round_visits_every_flow_once() {
        for flows in [1, 2, 3, 4, 6, 10, 1000, 1024, 65536] {
            let mix = Mix {
                flows,
                ..Mix::default()
            };
            let seen: HashSet<_> = (0..u64::from(flows))
                .map(|frame| mix.flow(mix.flow_of_frame(frame)))
                .collect();
            assert_eq!(seen.len(), flows as usize);
        }
    }

    #[test]
    fn fragments_share_their_flow() {
        let mix = Mix {
            fragments: true,
            ..Mix::default()
        };
        for datagram in 0..1000 {
            let (first, later) = (datagram * 8 + 6, datagram * 8 + 7);
            assert_eq!(mix.flow_of_frame(first), mix.flow_of_frame(later));
            assert_ne!(mix.flow_of_frame(later), mix.flow_of_frame(later + 1));
            assert_ne!(mix.flow_of_frame(first), mix.flow_of_frame(first - 1));
        }
    }

    #[test]
    fn shares_are_about_right() {
        let mix = Mix {
            flows: 100_000,
            ..Mix::default()
        };
        let count = |test: fn(&Flow) -> bool| {
            let found = (0..mix.flows).filter(|flow| test(&mix.flow(*flow))).count();
            found as f64 / f64::from(mix.flows)
        };
        assert!((count(|flow| flow.from.is_ipv6()) - 0.333).abs() < 0.02);
        assert!((count(|flow| flow.protocol == TCP) - 0.7).abs() < 0.02);
        let both = count(|flow| flow.from.is_ipv6() && flow.protocol == TCP);
        assert!((both - 0.233).abs() < 0.02, "{both}");
    }

    #[test]
    fn impossible_mixes_are_refused() {
        let mix = Mix::default();
        assert!(mix.validate().is_ok());
        for wrong in [
            Mix { flows: 0, ..mix },
            Mix {
                frame_bytes: 64,
                ..mix
            },
            Mix {
                frame_bytes: 1515,
                ..mix
            },
            Mix {
                tcp_share: f64::NAN,
                ..mix
            },
        ] {
            assert!(wrong.validate().is_err(), "{wrong:?}");
        }
    }
}
