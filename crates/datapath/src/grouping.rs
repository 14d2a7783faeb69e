//! From the keys that are asked for to the masks that leave them of a key.

use windrow_core::by::{By, Key, Prefix};

use crate::abi::{FlowKey, Grouping, KEY_WORDS};

/// What packets are grouped by, as both engines take it.
pub(crate) fn grouping(by: &By) -> Grouping {
    Grouping {
        on: u32::from(*by != By::default()),
        pad: 0,
        ipv4: mask(by, Family::Ipv4),
        ipv6: mask(by, Family::Ipv6),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Ipv4,
    Ipv6,
}

/// A key with every bit set that stays.
fn mask(by: &By, family: Family) -> [u64; KEY_WORDS] {
    let all = |key| if by.has(key) { 0xff } else { 0 };
    let address = |key| {
        if !by.has(key) {
            return [0; 16];
        }
        let prefix = by.prefix(key).unwrap_or(Prefix::WHOLE);
        bits(match family {
            Family::Ipv4 => prefix.ipv4,
            Family::Ipv6 => prefix.ipv6,
        })
    };
    let mask = FlowKey {
        src: address(Key::Src),
        dst: address(Key::Dst),
        sport: [all(Key::Sport); 2],
        dport: [all(Key::Dport); 2],
        proto: all(Key::Proto),
        // Packets that differ in nothing that is asked for are one row.
        family: if by.has_address() { 0xff } else { 0 },
        epoch: 0,
        iface: u32::MAX * u32::from(by.has(Key::Iface)),
        vlan: u16::MAX * u16::from(by.has(Key::Vlan)),
        tos: all(Key::Tos),
        dir: all(Key::Dir),
    };
    zerocopy::transmute!(mask)
}

/// The first so many bits.
pub(crate) fn bits(count: u8) -> [u8; 16] {
    let ones = u128::MAX
        .checked_shl(128 - u32::from(count))
        .unwrap_or_default();
    ones.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_5_tuple_needs_no_mask_and_prefixes_are_leading_bits() {
        assert_eq!(grouping(&By::default()).on, 0);
        assert_eq!(bits(0), [0; 16]);
        assert_eq!(bits(12)[..3], [0xff, 0xf0, 0]);
        assert_eq!(bits(128), [0xff; 16]);
        let by = By::parse("dst/24,vlan").expect("keys");
        let grouping = grouping(&by);
        assert_eq!(grouping.on, 1);
        let words = |text: [u8; 8]| u64::from_ne_bytes(text);
        let ports = words([0, 0, 0, 0, 0, 0xff, 0, 0]);
        let extra = words([0, 0, 0, 0, 0xff, 0xff, 0, 0]);
        let ipv4 = words([0xff, 0xff, 0xff, 0, 0, 0, 0, 0]);
        assert_eq!(grouping.ipv4, [0, 0, ipv4, 0, ports, extra]);
        assert_eq!(grouping.ipv6, [0, 0, u64::MAX, 0, ports, extra]);
    }
}
