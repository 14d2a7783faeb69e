//! Traffic of more flows than there are rows, and what it comes to.

use std::net::{IpAddr, Ipv4Addr};

use windrow_core::bounds::Bounds;
use windrow_core::edges::{Span, WallNanos};
use windrow_core::spill_budget::SpillBudget;
use windrow_core::window::Window;

use super::*;

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

/// What was sent of each flow.
pub type Truth = HashMap<u16, Tally>;

/// Packets of flows, the first of which have most of them.
pub fn packets(seed: u64, flows: u16, count: usize) -> Vec<(u16, Weight)> {
    let mut random = Random(seed);
    (0..count)
        .map(|_| {
            let share = (random.next() >> 11) as f64 / (1u64 << 53) as f64;
            let flow = (f64::from(flows) * share.powi(3)) as u16;
            let bytes = match random.next() % 64 {
                // So that cells of a sketch come to their end.
                0 => 1 << 31,
                length => 60 + 20 * length as u32,
            };
            (flow, Weight::packet(bytes))
        })
        .collect()
}

/// What packets come to.
pub fn truth(packets: &[(u16, Weight)]) -> Truth {
    let mut truth = Truth::new();
    for (flow, weight) in packets {
        let weight = Tally::new(weight.packets.into(), weight.bytes);
        *truth.entry(*flow).or_default() += weight;
    }
    truth
}

/// A table that spills so much.
pub fn native(memory_bytes: u64, seed: u64, spill_budget: SpillBudget) -> Native {
    let selection = Selection {
        spill_budget,
        ..Selection::default()
    };
    Native::new(memory_bytes, Secret::from_seed(seed), &selection).unwrap()
}

/// The hash of a flow of [`udp4`].
pub fn hash_of(native: &Native, flow: u16) -> u64 {
    let mut key = abi::FlowKey::new_zeroed();
    key.src[..4].copy_from_slice(&[10, 0, 0, 1]);
    key.dst[..4].copy_from_slice(&[10, 0, 0, 2]);
    key.sport = flow.to_be_bytes();
    key.proto = 17;
    key.family = 4;
    native.tables.pressure.hash(&key)
}

/// Nothing is missing, and every flow is inside its bounds, with a row or without.
pub fn check(slice: &Slice, truth: &Truth, hashes: &HashMap<u16, u64>) {
    let span = Span::on_edges(0, WallNanos(0), WallNanos(1 << 40));
    let window = Window::merge(span, vec![slice.clone()]);
    assert_eq!(window.ledger.seen, truth.values().copied().sum());
    assert_eq!(window.ledger.residue(), (0, 0));
    let rows: HashMap<u16, Bounds> = (window.flows.iter())
        .map(|flow| (flow.key.sport, flow.bounds))
        .collect();
    assert_eq!(rows.len(), window.flows.len());
    let inside = |lo: Tally, truth: Tally, hi: Tally| {
        lo.packets <= truth.packets
            && truth.packets <= hi.packets
            && lo.bytes <= truth.bytes
            && truth.bytes <= hi.bytes
    };
    for (flow, truth) in truth {
        match rows.get(flow) {
            Some(Bounds { lo, hi }) => assert!(inside(*lo, *truth, *hi), "{flow}"),
            None => {
                let bound = slice.bound(hashes[flow]);
                assert!(inside(Tally::ZERO, *truth, bound), "{flow}");
                assert!(inside(Tally::ZERO, bound, window.absent_hi), "{flow}");
            }
        }
    }
    let net = |prefix: &windrow_core::prefix::Prefix| {
        let ours = match prefix.side {
            windrow_core::net::Side::Src => Ipv4Addr::new(10, 0, 0, 1),
            windrow_core::net::Side::Dst => Ipv4Addr::new(10, 0, 0, 2),
        };
        windrow_core::net::Net::of(IpAddr::V4(ours), prefix.net.level())
    };
    for prefix in &window.prefixes {
        // All flows are of one network of each level.
        assert_eq!(prefix.net, net(prefix));
        let Bounds { lo, hi } = prefix.bounds;
        assert!(inside(lo, window.ledger.seen, hi), "{prefix:?}");
    }
}
