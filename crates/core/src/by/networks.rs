//! Names of networks among the keys: what they stand beside, and what is counted by instead.

use super::{By, Key, Prefix};
use crate::net::Side;
use crate::networks::Networks;

impl By {
    /// Whether there is the name of a network among the keys: these take a file that has them.
    pub fn has_network(&self) -> bool {
        self.has(Key::SrcNet) || self.has(Key::DstNet)
    }

    /// The same with the name of the network beside every address.
    pub fn with_networks(&self) -> By {
        let mut by = *self;
        for side in self.sides() {
            by = by.with(Key::network(side), None);
        }
        by
    }

    /// The same without names of networks.
    pub fn without_networks(&self) -> By {
        self.without(Key::SrcNet).without(Key::DstNet)
    }

    /// What packets are counted by, so that names can be told afterwards: instead of names, as much of
    /// addresses as any name depends on.
    pub fn counted(&self, networks: &Networks) -> By {
        let mut by = self.without_networks();
        for side in Side::BOTH {
            let (address, kept) = (Key::address(side), self.kept(side));
            let counted = kept.max_each(networks.longest());
            if self.has(Key::network(side)) && (counted != kept || !self.has(address)) {
                let prefix = Some(counted).filter(|prefix| *prefix != Prefix::WHOLE);
                by = by.with(address, prefix);
            }
        }
        by
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_beside_addresses() {
        let by = By::default().with_networks();
        assert_eq!(by.words()[..4], ["src", "dst", "src_net", "dst_net"]);
        assert_eq!(by.without_networks(), By::default());
        let by = By::parse("dst/24,proto").expect("keys");
        assert_eq!(by.with_networks().words(), ["dst/24", "dst_net", "proto"]);
        let by = By::parse("proto").expect("keys");
        assert_eq!(by.with_networks(), by);
    }

    #[test]
    fn as_much_of_an_address_is_counted_by_as_names_depend_on() {
        let file = |text: &str| Networks::parse(text.as_bytes()).expect("networks");
        let coarse = file("10.0.0.0/8 a\n10.1.0.0/16 b\n2001:db8::/32 c\n");
        let fine = file("10.1.2.3 a\n2001:db8::1 b\n");
        for (by, of_coarse, of_fine) in [
            ("src_net", "src/16/32", "src"),
            ("src_net,dst,proto", "src/16/32,dst,proto", "src,dst,proto"),
            ("src/24,src_net,dst_net", "src/24,dst/16/32", "src,dst"),
            ("dst/8/128,dst_net", "dst/16/128", "dst"),
            ("src/32/128,src_net", "src/32/128", "src/32/128"),
            ("src/8,dst", "src/8,dst", "src/8,dst"),
        ] {
            let by = By::parse(by).expect("keys");
            assert_eq!(by.counted(&coarse).words().join(","), of_coarse);
            assert_eq!(by.counted(&fine).words().join(","), of_fine);
        }
    }
}
