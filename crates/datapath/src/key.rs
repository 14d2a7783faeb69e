//! Keys as rows hold them, and as everybody else has them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

use windrow_core::by::{By, Key};
use windrow_core::flow::{self, Dir, Life};

use crate::abi::{DIRECTION_IN, DIRECTION_OUT, FlowKey, KEY_WORDS};
use crate::grouping::grouping;

/// IPv4's and IPv6's, as in `abi.h`.
const FAMILIES: [u8; 2] = [4, 6];

/// What a row's key says.
pub(crate) fn decode(key: &FlowKey) -> flow::FlowKey {
    let address = |bytes: [u8; 16]| {
        // Without an address among the keys there is no family either, and all of it is 0.
        if key.family != FAMILIES[1] {
            IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]))
        } else {
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
    };
    flow::FlowKey {
        src: address(key.src),
        dst: address(key.dst),
        sport: u16::from_be_bytes(key.sport),
        dport: u16::from_be_bytes(key.dport),
        proto: key.proto,
        iface: NonZeroU32::new(key.iface).map(Life),
        dir: match key.dir {
            DIRECTION_IN => Some(Dir::In),
            DIRECTION_OUT => Some(Dir::Out),
            _ => None,
        },
        vlan: key.vlan,
        tos: key.tos,
        ..flow::FlowKey::NOTHING
    }
}

/// The family that `abi.h` calls it, also where keys do not hold it.
pub(crate) fn family(key: &flow::FlowKey, by: &By) -> u8 {
    FAMILIES[usize::from(told(key, by).is_ipv6())]
}

/// The address that tells the family.
fn told(key: &flow::FlowKey, by: &By) -> IpAddr {
    if by.has(Key::Src) { key.src } else { key.dst }
}

/// The key of a row, but for its epoch: of `key` what packets are grouped by.
pub(crate) fn encode(key: &flow::FlowKey, by: &By) -> FlowKey {
    let address = |address: IpAddr| match address {
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&address.octets());
            bytes
        }
        IpAddr::V6(address) => address.octets(),
    };
    let told = told(key, by);
    let whole = FlowKey {
        src: address(key.src),
        dst: address(key.dst),
        sport: key.sport.to_be_bytes(),
        dport: key.dport.to_be_bytes(),
        proto: key.proto,
        family: family(key, by),
        epoch: 0,
        iface: key.iface.map_or(0, |life| life.0.get()),
        vlan: key.vlan,
        tos: key.tos,
        dir: key.dir.map_or(0, |dir| match dir {
            Dir::In => DIRECTION_IN,
            Dir::Out => DIRECTION_OUT,
        }),
    };
    let grouping = grouping(by);
    let mask = if told.is_ipv6() {
        grouping.ipv6
    } else {
        grouping.ipv4
    };
    let mut words: [u64; KEY_WORDS] = zerocopy::transmute!(whole);
    for (word, mask) in words.iter_mut().zip(mask) {
        *word &= mask;
    }
    zerocopy::transmute!(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(src: &str, dst: &str) -> flow::FlowKey {
        flow::FlowKey {
            src: src.parse().expect("an address"),
            dst: dst.parse().expect("an address"),
            sport: 1234,
            dport: 80,
            proto: 6,
            iface: NonZeroU32::new(7).map(Life),
            dir: Some(Dir::Out),
            vlan: 100,
            tos: 0xb8,
            ..flow::FlowKey::NOTHING
        }
    }

    #[test]
    fn what_is_asked_for_comes_back_and_nothing_else() {
        let all = By::parse("src,dst,sport,dport,proto,iface,dir,vlan,tos").expect("keys");
        for (src, dst) in [("10.1.2.3", "192.0.2.1"), ("2001:db8::1", "::ffff:1.2.3.4")] {
            let whole = key(src, dst);
            assert_eq!(decode(&encode(&whole, &all)), whole);
            let tuple = flow::FlowKey {
                iface: None,
                dir: None,
                vlan: 0,
                tos: 0,
                ..whole
            };
            assert_eq!(decode(&encode(&whole, &By::default())), tuple);
        }
        let by = By::parse("dst/16/32,vlan").expect("keys");
        for (src, dst, want, family) in [
            ("10.1.2.3", "192.0.2.1", "192.0.0.0", "0.0.0.0"),
            ("2001:db8::1", "2001:db8:1::1", "2001:db8::", "::"),
        ] {
            let left = decode(&encode(&key(src, dst), &by));
            let want = flow::FlowKey {
                src: family.parse().expect("an address"),
                dst: want.parse().expect("an address"),
                vlan: 100,
                ..flow::FlowKey::NOTHING
            };
            assert_eq!(left, want);
        }
        let by = By::parse("tos").expect("keys");
        let left = encode(&key("2001:db8::1", "2001:db8::2"), &by);
        assert_eq!((left.family, left.tos, left.src), (0, 0xb8, [0; 16]));
    }
}
