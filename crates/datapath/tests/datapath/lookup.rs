//! Bounds of flows by their keys, whether they have rows or not.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use windrow_core::by::By;
use windrow_core::edges::{Span, WallNanos};
use windrow_core::flow::FlowKey;
use windrow_core::selection::Selection;
use windrow_core::slice::MonoNanos;
use windrow_core::spill_budget::SpillBudget;
use windrow_core::tally::Tally;
use windrow_core::window::Window;
use windrow_datapath::native::Weight;
use windrow_datapath::{Native, Secret};

/// A frame from one of many hosts, every third one over IPv6, and its key.
fn frame(n: u32) -> (Vec<u8>, FlowKey) {
    let mut frame = vec![0; 74];
    let (src, dst) = if n.is_multiple_of(3) {
        let src = Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(n) << 32);
        let dst = Ipv6Addr::from_bits(0x2001_0db8 << 96 | 1);
        frame[12..15].copy_from_slice(&[0x86, 0xdd, 0x60]);
        frame[19..21].copy_from_slice(&[20, 17]);
        frame[22..38].copy_from_slice(&src.octets());
        frame[38..54].copy_from_slice(&dst.octets());
        frame[54..58].copy_from_slice(&[0, 53, 0, 54]);
        (src.into(), dst.into())
    } else {
        let (src, dst) = (Ipv4Addr::from_bits(n << 4), Ipv4Addr::LOCALHOST);
        frame[12..18].copy_from_slice(&[8, 0, 0x45, 0, 0, 60]);
        frame[22..24].copy_from_slice(&[64, 17]);
        frame[26..30].copy_from_slice(&src.octets());
        frame[30..34].copy_from_slice(&dst.octets());
        frame[34..38].copy_from_slice(&[0, 53, 0, 54]);
        (src.into(), dst.into())
    };
    let key = FlowKey {
        src,
        dst,
        sport: 53,
        dport: 54,
        proto: 17,
        ..FlowKey::NOTHING
    };
    (frame, key)
}

fn span() -> Span {
    Span::on_edges(0, WallNanos(0), WallNanos(1 << 40))
}

/// What a row of that key is called where less is asked for.
fn masked(key: &FlowKey, by: &By) -> FlowKey {
    let prefix = by.prefix(windrow_core::by::Key::Src);
    match prefix {
        Some(prefix) => FlowKey {
            src: prefix.of(key.src),
            dst: if key.src.is_ipv4() {
                Ipv4Addr::UNSPECIFIED.into()
            } else {
                Ipv6Addr::UNSPECIFIED.into()
            },
            sport: 0,
            dport: 0,
            proto: 0,
            ..*key
        },
        None => *key,
    }
}

/// Every key has its truth inside, however it left: in a row, spilled, folded, or all of these.
#[test]
fn flows_are_found_wherever_they_are() {
    for by in ["src,dst,sport,dport,proto", "src/28/96"] {
        for budget in ["0%", "10%", "100%"] {
            let selection = Selection {
                by: By::parse(by).unwrap(),
                spill_budget: SpillBudget::parse(budget).unwrap(),
                ..Selection::default()
            };
            let mut native = Native::new(100 << 10, Secret::from_seed(7), &selection).unwrap();
            let mut truth: HashMap<FlowKey, Tally> = HashMap::new();
            for n in 0..40_000u32 {
                let (frame, key) = frame(if n % 2 == 0 { n % 16 } else { n % 6_000 });
                native.count(&frame, Weight::packet(74), MonoNanos(u64::from(n)));
                *truth.entry(masked(&key, &selection.by)).or_default() += Tally::new(1, 74);
            }
            let slice = native.drain().collect();
            assert!(budget == "100%" || !slice.folded_sum().is_zero());
            assert_eq!(budget == "0%", slice.spills.is_empty());
            for row in slice.rows.iter().filter(|row| row.hash != 0) {
                assert_eq!(native.hash_of(&row.key), row.hash, "{:?}", row.key);
            }
            let window = Window::merge(span(), vec![slice]);
            for (key, count) in &truth {
                let bounds = window.bounds_of(key, native.hash_of(key));
                let in_packets = bounds.lo.packets..=bounds.hi.packets;
                let in_bytes = bounds.lo.bytes..=bounds.hi.bytes;
                assert!(
                    in_packets.contains(&count.packets) && in_bytes.contains(&count.bytes),
                    "{by} {budget} {key:?}: {count:?} {bounds:?}"
                );
            }
            // The filter knows most of those that never came.
            let strangers = (1_000_000..1_000_300).map(|n| masked(&frame(n).1, &selection.by));
            let unknown = strangers.filter(|key| {
                let bounds = window.bounds_of(key, native.hash_of(key));
                assert!(bounds.hi.packets <= window.absent_hi.packets);
                bounds.hi.is_zero()
            });
            let unknown = unknown.count();
            assert!(unknown > 200, "{by} {budget}: {unknown}");
        }
    }
}
