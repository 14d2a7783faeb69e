//! One frame, one answer: what each kind of frame is counted under, at both hooks.

mod frame;
mod ip;
mod tags;

use std::collections::BTreeMap;

use Expect::{Flow, Other};
use frame::{
    DST4, DST6, ICMP, SCTP, SRC4, SRC6, TCP, UDP, ethernet, ipv4, ipv6, ipv6_between, key, packet4,
    packet6, ports, tcp, udp,
};
use windrow_core::flow::FlowKey;
use windrow_core::reason::Reason;
use windrow_core::tally::Tally;
use windrow_core::window::Window;
use windrow_datapath::kernel::FrameHook;

use crate::support::cpu::pin_to;
use crate::support::rig::{Rig, window};

/// What a frame is counted under.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expect {
    /// A flow, with the TCP flags of the frame.
    Flow(FlowKey, u8),
    Other(Reason),
}

fn rig(test: &str) -> Option<Rig> {
    Rig::load(test, 4 << 20, 2)
}

fn close(rig: &mut Rig) -> Window {
    let left = rig.flip();
    window(rig.datapath.drain(left).unwrap().slices())
}

/// Gives each frame to each hook, in an epoch of its own.
fn check(test: &str, cases: &[(String, Vec<u8>, Expect)]) {
    let Some(mut rig) = rig(test) else { return };
    for (name, frame, expect) in cases {
        for hook in [FrameHook::Tc, FrameHook::Xdp] {
            // Test runs at tc refuse IP packets without a whole header, which some cut frames are.
            if hook == FrameHook::Tc && frame.len() < 54 {
                if rig.datapath.run_frame(hook, frame, 1).is_err() {
                    continue;
                }
            } else {
                rig.run(hook, frame);
            }
            let window = close(&mut rig);
            let seen = Tally::new(1, frame.len() as u64);
            assert_eq!(window.ledger.seen, seen, "{name} at {hook:?}");
            let flows = window
                .flows
                .iter()
                .map(|flow| (Flow(flow.key, flow.tcp_flags), flow.bounds.lo));
            let other = window.ledger.other.iter();
            let got: Vec<_> = flows
                .chain(other.map(|(reason, seen)| (Other(*reason), *seen)))
                .collect();
            assert_eq!(got, [(*expect, seen)], "{name} at {hook:?}");
        }
    }
}

fn case(name: &str, parts: &[&[u8]], expect: Expect) -> (String, Vec<u8>, Expect) {
    let mut frame = parts.concat();
    frame.resize(frame.len().max(60), 0);
    (name.to_owned(), frame, expect)
}

fn flow4(sport: u16, dport: u16, proto: u8) -> Expect {
    Flow(key(SRC4, DST4, sport, dport, proto), 0)
}

fn flow6(sport: u16, dport: u16, proto: u8) -> Expect {
    Flow(key(SRC6, DST6, sport, dport, proto), 0)
}

#[test]
fn plain_frames() {
    let (e4, e6) = (&ethernet(0x0800)[..], &ethernet(0x86dd)[..]);
    let flags = 0b1001_0010;
    let segment = &tcp(443, 50_000, flags)[..];
    let sctp_like_options = [&ports(1, 2)[..], &[60, 0, 0, 0, 0, 0, 0, 0]].concat();
    check(
        "plain_frames",
        &[
            case("UDP over IPv4", &[e4, &packet4()], flow4(7, 9, UDP)),
            case("UDP over IPv6", &[e6, &packet6()], flow6(7, 9, UDP)),
            case(
                "TCP over IPv4",
                &[e4, &ipv4(TCP, 20), segment],
                Flow(key(SRC4, DST4, 443, 50_000, TCP), flags),
            ),
            case(
                "TCP over IPv6",
                &[e6, &ipv6(TCP, 20), segment],
                Flow(key(SRC6, DST6, 443, 50_000, TCP), flags),
            ),
            case(
                "ICMP",
                &[e4, &ipv4(ICMP, 8), &[8, 0, 1, 2, 3, 4, 5, 6]],
                flow4(0, 0, ICMP),
            ),
            case(
                "SCTP that begins like an extension",
                &[e6, &ipv6(SCTP, 12), &sctp_like_options],
                flow6(1, 2, SCTP),
            ),
            case(
                "ARP",
                &[&ethernet(0x0806)],
                Other(Reason::Ethertype(0x0806)),
            ),
            case(
                "LLC",
                &[&ethernet(38), &[0x42, 0x42, 3]],
                Other(Reason::Llc),
            ),
        ],
    );
}

#[test]
fn mapped_and_plain_addresses_are_two_flows() {
    let Some(mut rig) = rig("mapped_and_plain_addresses_are_two_flows") else {
        return;
    };
    let (src, dst) = (SRC4.to_ipv6_mapped(), DST4.to_ipv6_mapped());
    let mapped = [ethernet(0x86dd), ipv6_between(src, dst, UDP, 8), udp(7, 9)].concat();
    rig.run(FrameHook::Xdp, &[ethernet(0x0800), packet4()].concat());
    rig.run(FrameHook::Xdp, &mapped);
    assert_eq!(close(&mut rig).flows.len(), 2);
}

#[test]
fn twenty_ethertypes_in_one_window() {
    let Some(mut rig) = rig("twenty_ethertypes_in_one_window") else {
        return;
    };
    pin_to(0);
    for hook in [FrameHook::Tc, FrameHook::Xdp] {
        let mut want = BTreeMap::new();
        for n in 0..20u16 {
            let mut frame = ethernet(0x7000 + n * 5);
            frame.resize(60 + usize::from(n), 0);
            for _ in 0..=n {
                rig.run(hook, &frame);
            }
            let reason = match n {
                0..16 => Reason::Ethertype(0x7000 + n * 5),
                _ => Reason::EthertypeOther,
            };
            let packets = u64::from(n) + 1;
            let seen: &mut Tally = want.entry(reason).or_default();
            *seen += Tally::new(packets, packets * frame.len() as u64);
        }
        assert_eq!(close(&mut rig).ledger.other, want, "{hook:?}");
    }
}
