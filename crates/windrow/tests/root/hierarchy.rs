//! `--hierarchy` on live traffic: what networks had is what was sent. Needs root.

use std::collections::HashMap;
use std::net::IpAddr;

use windrow_lab::{Mix, Plan};

use crate::harness::{
    exact::{HOOKS, exact, shares},
    report::{Count, Report},
    root_or_skip,
};

const FRAMES: u64 = 60_000;

/// Side and network, as lines name them.
type Network = (&'static str, String);

/// What was sent to and from each network.
fn sent(mix: &Mix) -> HashMap<Network, Count> {
    let mut sums = HashMap::<Network, Count>::new();
    for ((src, dst, ..), share) in shares(mix, FRAMES) {
        for (side, address) in [("src", src), ("dst", dst)] {
            let levels = if address.is_ipv6() {
                [64, 48, 32, 0]
            } else {
                [24, 16, 8, 0]
            };
            for bits in levels {
                let sum = sums.entry((side, network(address, bits))).or_default();
                sum.add(share.packets, share.bytes);
            }
        }
    }
    sums
}

fn network(address: IpAddr, bits: u32) -> String {
    let address: IpAddr = match address {
        IpAddr::V4(it) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            std::net::Ipv4Addr::from_bits(it.to_bits() & mask).into()
        }
        IpAddr::V6(it) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            std::net::Ipv6Addr::from_bits(it.to_bits() & mask).into()
        }
    };
    format!("{address}/{bits}")
}

/// Packets of the networks of a side that have one of these lengths, in all windows.
fn sum(report: &Report, side: &str, levels: [u8; 2]) -> u64 {
    let of_side = report.prefixes.iter().filter(|it| it.side == side);
    let of_level = of_side.filter(|it| levels.contains(&it.level));
    of_level.map(|it| it.packets).sum()
}

#[test]
fn networks_of_all_levels_have_what_was_sent() {
    root_or_skip!("networks_of_all_levels_have_what_was_sent");
    for (flows, memory) in [(3_000, "128M"), (20_000, "1M")] {
        let mix = Mix {
            flows,
            ..Mix::default()
        };
        let truth = sent(&mix);
        for hook in HOOKS {
            let plan = Plan {
                frames: FRAMES,
                mix,
                stray: true,
                ..Plan::default()
            };
            let arguments = format!("--window 1h --memory {memory} --hierarchy 24,16,8");
            let report = exact(hook, &arguments, &plan);
            let folded: u64 = report
                .windows
                .iter()
                .map(|it| it.folded_packets.sum())
                .sum();
            assert_eq!(folded > 0, memory == "1M");
            let mut low = HashMap::<(&str, &str), Count>::new();
            for line in &report.prefixes {
                let sum = low.entry((&line.side, &line.prefix)).or_default();
                sum.add(line.packets, line.bytes);
                assert!(line.packets <= line.packets_hi && line.bytes <= line.bytes_hi);
            }
            for side in ["src", "dst"] {
                // Whichever side was folded along.
                assert_eq!(
                    sum(&report, side, [0, 0]),
                    FRAMES,
                    "{hook} {side}: rows and folded"
                );
                if folded == 0 {
                    for levels in [[24, 64], [16, 48], [8, 32]] {
                        assert_eq!(sum(&report, side, levels), FRAMES, "{hook} {side}");
                    }
                }
            }
            for ((side, net), truth) in &truth {
                let low = low.get(&(*side, &net[..])).copied();
                if folded == 0 {
                    assert_eq!(low, Some(*truth), "{hook} {side} {net}");
                } else {
                    let low = low.unwrap_or_default();
                    assert!(
                        low.packets <= truth.packets && low.bytes <= truth.bytes,
                        "{net}"
                    );
                }
            }
            if let [_] = report.windows[..] {
                for line in &report.prefixes {
                    let side = if line.side == "src" { "src" } else { "dst" };
                    let truth = truth[&(side, line.prefix.clone())];
                    assert!(truth.packets <= line.packets_hi, "{hook} {line:?}");
                    assert!(truth.bytes <= line.bytes_hi, "{hook} {line:?}");
                }
            }
            println!(
                "{hook}, {flows} flows: {} networks, {folded} of {FRAMES} packets folded",
                low.len()
            );
        }
    }
}
