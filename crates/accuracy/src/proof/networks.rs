//! A window's networks beside the truth: the sums of all flows that are in them.

use std::net::Ipv4Addr;

use hashbrown::HashMap;
use windrow_core::net::{Level, Net, Side};
use windrow_core::prefix::Prefix;
use windrow_core::tally::Tally;

use super::Checks;
use crate::key::Key;
use crate::trace::Truth;

/// Compares the interval of each network.
pub fn check(prefixes: &[Prefix], keys: &[Key], truth: &Truth, checks: &mut Checks) {
    for side in [Side::Src, Side::Dst] {
        let of_side = || prefixes.iter().filter(|prefix| prefix.side == side);
        let sums = sums(of_side().map(|prefix| prefix.net), side, keys, truth);
        for prefix in of_side() {
            checks.contains(prefix.bounds, sums[&prefix.net]);
        }
        // No network twice.
        checks.expect(of_side().count() == sums.len());
    }
}

/// What all flows with an address in each network come to.
fn sums(
    nets: impl Iterator<Item = Net>,
    side: Side,
    keys: &[Key],
    truth: &Truth,
) -> HashMap<Net, Tally> {
    let mut sums: HashMap<Net, Tally> = nets.map(|net| (net, Tally::ZERO)).collect();
    if sums.is_empty() {
        return sums;
    }
    for (key, tally) in keys.iter().zip(&truth.flows) {
        if tally.is_zero() {
            continue;
        }
        let address = match side {
            Side::Src => key.src,
            Side::Dst => key.dst,
        };
        for level in Level::ALL {
            let net = Net::of(Ipv4Addr::from_bits(address).into(), level);
            if let Some(sum) = sums.get_mut(&net) {
                *sum += *tally;
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use windrow_core::bounds::Bounds;

    use crate::key::UDP;
    use crate::workload::Packet;

    #[test]
    fn a_network_is_all_flows_that_are_in_it() {
        let key = |src: [u8; 4]| Key {
            src: u32::from_be_bytes(src),
            dst: 1,
            sport: 1,
            dport: 2,
            proto: UDP,
        };
        let keys = [[10, 1, 2, 3], [10, 1, 2, 4], [10, 9, 2, 4]].map(key);
        let truth = Truth::of(&[0, 1, 1, 2].map(|flow| Packet { flow, bytes: 60 }));
        let prefix = |level: usize, packets: u64| Prefix {
            side: Side::Src,
            net: Net::of(Ipv4Addr::new(10, 1, 2, 9).into(), Level::ALL[level]),
            bounds: Bounds::exactly(Tally::new(packets, packets * 60)),
        };
        let of = |prefixes: &[Prefix]| {
            let mut checks = Checks::default();
            check(prefixes, &keys, &truth, &mut checks);
            (checks.checks, checks.violations)
        };
        let right = [prefix(0, 3), prefix(1, 3), prefix(2, 4), prefix(3, 4)];
        assert_eq!(of(&right), (10, 0));
        assert_eq!(of(&[prefix(0, 2), prefix(2, 4)]), (6, 2));
        assert_eq!(of(&[prefix(0, 3), prefix(0, 3)]), (6, 1));
    }
}
