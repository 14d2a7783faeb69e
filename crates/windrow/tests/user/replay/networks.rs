//! Networks of what was folded, by source and by destination, of IPv4 and IPv6 in one table.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::capture::{ETHERNET, Folder, HOUR, Pcap};
use super::frame::Frame;
use super::{assert_balanced, json, number, of};

/// Some 500 rows, and fewer places for networks than there are.
pub const TIGHT: [&str; 6] = ["--memory", "96K", "--window", "1s", "--bytes", "wire"];
pub const WINDOWS: u64 = 3;
const PACKETS_A_WINDOW: u32 = 80_000;
/// Sources of a family: two in each /24 or /64, three of these in each /16 or /48, two of these in each
/// /8 or /32.
const SOURCES: u64 = 96;

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1);
        (self.0 >> 33) % limit
    }
}

/// Packets and bytes.
pub type Sums = (u64, u64);

/// What was sent in a window, by source and destination.
pub type Truth = Vec<(IpAddr, IpAddr, u64)>;

/// The `n`th address that packets of a family come from.
fn source(v6: bool, n: u64) -> IpAddr {
    let (host, fine, middle, coarse) = (n % 2, n / 2 % 3, n / 6 % 2, n / 12);
    if v6 {
        let net = (0x2001_0db8 + coarse) << 32 | middle << 16 | fine;
        Ipv6Addr::from_bits(u128::from(net) << 64 | u128::from(host)).into()
    } else {
        let bits = (10 + coarse) << 24 | middle << 16 | fine << 8 | host;
        Ipv4Addr::from_bits(bits as u32).into()
    }
}

/// An address that nobody else has.
fn destination(v6: bool, random: &mut Random) -> IpAddr {
    let bits = random.below(1 << 31);
    if v6 {
        // 2^31 /32s, and as many /48s, /64s and hosts in each.
        let rest = u128::from(random.below(1 << 31)) << 65 | u128::from(random.below(1 << 31));
        Ipv6Addr::from_bits(u128::from(bits) << 96 | rest).into()
    } else {
        Ipv4Addr::from_bits(bits as u32).into()
    }
}

/// A frame between these, whose ports are always the same.
pub fn frame(src: IpAddr, dst: IpAddr) -> Vec<u8> {
    match (src, dst) {
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            let mut frame = Frame::v6().bytes();
            frame[22..38].copy_from_slice(&src.octets());
            frame[38..54].copy_from_slice(&dst.octets());
            frame
        }
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let mut frame = Frame::default().bytes();
            frame[26..30].copy_from_slice(&src.octets());
            frame[30..34].copy_from_slice(&dst.octets());
            frame
        }
        mixed => panic!("two families: {mixed:?}"),
    }
}

/// Three windows of a second in which a few sources of both families send to very many destinations.
pub fn capture(folder: &Folder) -> (String, Vec<Truth>) {
    let mut capture = Pcap::new(ETHERNET);
    let mut random = Random(1);
    let mut windows = Vec::new();
    for second in 0..WINDOWS {
        let mut truth = Truth::new();
        for at in 0..PACKETS_A_WINDOW {
            let v6 = random.below(2) == 1;
            // Some sources send more than others do.
            let n = random.below(SOURCES) * random.below(SOURCES) / SOURCES;
            let (src, dst) = (source(v6, n), destination(v6, &mut random));
            let bytes = 100 + random.below(1000);
            capture = capture.record(HOUR + second, at, &frame(src, dst), bytes as u32);
            truth.push((src, dst, bytes));
        }
        windows.push(truth);
    }
    (capture.file(folder, "a.pcap"), windows)
}

/// The network of an address, as it is written.
pub fn network(address: IpAddr, bits: u32) -> String {
    let address: IpAddr = match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    };
    format!("{address}/{bits}")
}

/// Lengths of the networks that there are.
pub fn levels(v6: bool) -> [u32; 4] {
    if v6 { [64, 48, 32, 0] } else { [24, 16, 8, 0] }
}

/// What each network of a side had.
pub fn networks(truth: &Truth, side: &str) -> BTreeMap<String, Sums> {
    let mut sums = BTreeMap::<String, Sums>::new();
    for (src, dst, bytes) in truth {
        let address = if side == "src" { *src } else { *dst };
        for bits in levels(address.is_ipv6()) {
            let sum = sums.entry(network(address, bits)).or_default();
            *sum = (sum.0 + 1, sum.1 + bytes);
        }
    }
    sums
}

pub fn assert_within(prefix: &Value, (packets, bytes): Sums) {
    for (unit, truth) in [("packets", packets), ("bytes", bytes)] {
        let (lo, hi) = (number(prefix, unit), number(prefix, &format!("{unit}_hi")));
        assert!(lo <= truth && truth <= hi, "{truth} {unit}: {prefix}");
    }
}

#[test]
fn few_sources_of_very_many_destinations_are_what_is_folded_along() {
    let folder = Folder::new();
    let (file, truth) = capture(&folder);
    let lines = json(&[&[&file[..]], &TIGHT[..]].concat());
    assert_balanced(&lines);
    let windows = of(&lines, "window");
    assert_eq!(windows.len() as u64, WINDOWS);
    for ((window, truth), seq) in windows.into_iter().zip(&truth).zip(0..) {
        // Nothing is known in the first window; a replay has one table, which knows the last.
        let side = if seq == 0 { "dst" } else { "src" };
        let sums = networks(truth, side);
        let mut found = BTreeSet::new();
        let prefixes = of(&lines, "prefix").into_iter();
        for prefix in prefixes.filter(|it| it["seq"] == seq) {
            assert_eq!(prefix["side"], side, "{prefix}");
            let net = prefix["prefix"].as_str().expect("a prefix");
            let sum = sums.get(net).expect("a network that there was");
            assert_within(prefix, *sum);
            found.insert((net.contains(':'), number(prefix, "level")));
        }
        let all = [false, true].map(|v6| levels(v6).map(|bits| (v6, u64::from(bits))));
        assert_eq!(found, BTreeSet::from_iter(all.into_iter().flatten()));
        for level in ["24", "16", "8", "total"] {
            let folded = number(&window["folded_packets"], level);
            assert!(folded > 0, "{level} in {window}");
        }
    }
}

/// A network is a line of the output too, and one that stands alone is with all that are around it.
#[test]
fn networks_of_a_flood_stay_within_the_budget() {
    let folder = Folder::new();
    let mut random = Random(1);
    let mut pair = || [0; 2].map(|_| destination(true, &mut random));
    let heavy: Vec<[IpAddr; 2]> = (0..600).map(|_| pair()).collect();
    let mut capture = Pcap::new(ETHERNET);
    for at in 0..300_000u32 {
        let [src, dst] = match at % 2 {
            0 => heavy[at as usize / 2 % heavy.len()],
            _ => pair(),
        };
        let frame = frame(src, dst);
        capture = capture.record(HOUR, at, &frame, frame.len() as u32);
    }
    let file = capture.file(&folder, "a.pcap");
    for memory in ["160K", "220K", "250K"] {
        let lines = json(&[&file, "--memory", memory]);
        assert_balanced(&lines);
        let window = of(&lines, "window")[0];
        let reduction = window["reduction"].as_f64().expect("a number");
        assert!(number(window, "spilled_rows") > 0, "{memory}: {window}");
        assert!(reduction >= 100.0, "{memory}: {window}");
    }
}
