//! The registers that C writes: beside the truth, and beside what Rust makes of the same keys.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use windrow_core::by::By;
use windrow_core::distinct::{Distinct, Registers};
use windrow_core::edges::{Span, WallNanos};
use windrow_core::window::Window;
use zerocopy::IntoBytes;

use super::pressed::Random;
use super::*;

unsafe extern "C" {
    /// Counts a key in the open epoch's registers; see `native/engine.c`.
    fn windrow_native_distinct(instance: *const Instance, key: *const abi::FlowKey);
}

/// 4096 registers of each kind; 64.
const MEMORIES: [u64; 2] = [4 << 20, 40 << 10];

fn native_by(memory_bytes: u64, seed: u64, keys: &str) -> Native {
    let selection = Selection {
        by: By::parse(keys).unwrap(),
        ..Selection::default()
    };
    Native::new(memory_bytes, Secret::from_seed(seed), &selection).unwrap()
}

fn native(memory_bytes: u64, seed: u64) -> Native {
    native_by(memory_bytes, seed, "src,dst,sport,dport,proto")
}

impl Native {
    fn note(&self, key: &abi::FlowKey) {
        // SAFETY: C writes to the tables that the instance is of, and reads the key.
        unsafe { windrow_native_distinct(&raw const self.instance, key) }
    }

    /// What the open epoch's registers hold.
    fn registers(&self) -> Vec<abi::Line> {
        let ledger = self.tables.ledgers.settled(0);
        let first = ledger.first_distinct as usize;
        let all = first..first + ledger.register_lines() as usize;
        self.tables.lines.settled_range(all)
    }

    fn distinct(&self) -> Distinct {
        let pressure = &self.tables.pressure;
        let registers = self.registers();
        Distinct::new(&pressure.by, registers.as_bytes(), pressure.hashed_by()).unwrap()
    }
}

fn estimates(distinct: &Distinct) -> [u64; 3] {
    [&distinct.src, &distinct.dst, &distinct.dport].map(|it| it.as_ref().unwrap().estimate())
}

/// IPv4 from `src` to `dst`.
fn ipv4_key(src: u32, dst: u32, dport: u16) -> abi::FlowKey {
    let mut key = abi::FlowKey::new_zeroed();
    key.src[..4].copy_from_slice(&src.to_be_bytes());
    key.dst[..4].copy_from_slice(&dst.to_be_bytes());
    key.dport = dport.to_be_bytes();
    key.family = 4;
    key
}

/// The `n`-th key of a sequence: sources count up, destinations look random.
fn nth(n: u64, ipv6: bool) -> abi::FlowKey {
    let mut random = Random(n);
    let mut key = abi::FlowKey::new_zeroed();
    key.dport = (n as u16).to_be_bytes();
    if ipv6 {
        // Networks and hosts both count up.
        let src = 0x2001_0db8_u128 << 96 | u128::from(n / 1000) << 64 | u128::from(n % 1000);
        let dst = u128::from(random.next()) << 64 | u128::from(random.next());
        (key.src, key.dst, key.family) = (src.to_be_bytes(), dst.to_be_bytes(), 6);
        return key;
    }
    // A bijection: n different ones are n.
    let dst = (n as u32).wrapping_mul(0x9e37_79b1).rotate_left(16);
    let dst = dst.wrapping_mul(0x85eb_ca6b);
    ipv4_key(0x0a00_0000 + n as u32, dst, n as u16)
}

/// Errors in standard errors, of the first 1000, 10,000, … of such keys.
fn errors(memory_bytes: u64, seed: u64, ipv6: bool, keys: u64) -> Vec<f64> {
    let native = native(memory_bytes, seed);
    let mut errors = Vec::new();
    let (mut from, mut to) = (0, 1000);
    while to <= keys {
        (from..to).for_each(|n| native.note(&nth(n, ipv6)));
        let distinct = native.distinct();
        let error = distinct.standard_error().unwrap();
        let ports = to.min(1 << 16) - 1;
        for (estimate, truth) in estimates(&distinct).into_iter().zip([to, to, ports]) {
            errors.push((estimate as f64 / truth as f64 - 1.0) / error);
        }
        (from, to) = (to, to * 10);
    }
    errors
}

#[test]
fn counts_are_within_three_standard_errors_up_to_ten_million() {
    // With 64 registers too much is a little more than normal.
    for (memory_bytes, most) in MEMORIES.into_iter().zip([3.0, 4.0]) {
        let mut all = Vec::new();
        for seed in 1..=12 {
            // The largest take their time.
            let keys = if seed <= 3 { 10_000_000 } else { 1_000_000 };
            all.extend(errors(memory_bytes, seed, seed % 2 == 0, keys));
        }
        let worst = all.iter().map(|it| it.abs()).fold(0.0, f64::max);
        let squares: f64 = all.iter().map(|it| it * it).sum();
        let (count, mean) = (all.len() as f64, all.iter().sum::<f64>() / all.len() as f64);
        let spread = (squares / count).sqrt();
        println!(
            "{memory_bytes} bytes, {count} counts: {spread:.2} standard errors, {mean:+.2} in the mean, {worst:.2} at worst"
        );
        assert!(worst < most, "{worst}");
        // As large as it is said to be, if less where counts are few, and to neither side.
        assert!((0.6..1.1).contains(&spread), "{spread}");
        assert!(mean.abs() < 0.3, "{mean}");
    }
}

/// Two values that share a register look like one, as 1.2 of a hundred do in the mean: that is corrected,
/// chance is not.
#[test]
fn few_are_counted_nearly_exactly() {
    let (mut exact, mut near, mut all) = (0, 0, 0);
    for seed in 1..=50 {
        let native = native(MEMORIES[0], seed);
        for n in 1..=100 {
            native.note(&nth(seed * 1000 + n, seed % 2 == 0));
            for estimate in estimates(&native.distinct()) {
                let off = estimate.abs_diff(n);
                assert!(n > 10 || off <= 1, "{estimate} of {n}");
                assert!(off <= 6, "{estimate} of {n}");
                (exact, near, all) = (
                    exact + u32::from(off == 0),
                    near + u32::from(off <= 1),
                    all + 1,
                );
            }
        }
    }
    println!("of {all} counts {exact} are exact, {near} within 1");
    assert!(
        exact * 10 > all * 6 && near * 100 > all * 96,
        "{exact} {near} of {all}"
    );
}

/// As `distinct_mix` in `bpf/distinct.h`.
fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The registers of keys, as Rust makes them.
fn made(size: usize, secret: &Secret, keys: &[abi::FlowKey]) -> Vec<u8> {
    let secret = u64::from(secret.0[8]) | u64::from(secret.0[9]) << 32;
    let mut registers = vec![0; 3 * size];
    let mut note = |kind: usize, hash: u64| {
        let (place, bits) = (hash as usize % size, size.trailing_zeros());
        let rank = ((hash >> bits).leading_zeros() - bits).min(64 - bits) as u8 + 1;
        let held = &mut registers[kind * size + place];
        *held = rank.max(*held);
    };
    for key in keys {
        for (kind, address) in [key.src, key.dst].into_iter().enumerate() {
            let [first, second]: [u64; 2] = zerocopy::transmute!(address);
            let hash = mix(first.wrapping_add(secret));
            let both = mix(hash.wrapping_add(second));
            note(kind, if key.family == 6 { both } else { hash });
        }
        match u16::from_ne_bytes(key.dport) {
            0 => {}
            port => note(2, mix(secret.wrapping_add(port.into()))),
        }
    }
    registers
}

#[test]
fn c_and_rust_make_the_same_registers() {
    for (memory_bytes, seed) in [(40 << 10, 1), (128 << 10, 2), (512 << 10, 3), (1 << 20, 4)] {
        let native = native(memory_bytes, seed);
        let size = native.tables.geometry.lines().distinct as usize * 64;
        let keys: Vec<_> = (0..200_000).map(|n| nth(n, n % 3 == 0)).collect();
        keys.iter().for_each(|key| native.note(key));
        let made = made(size, &Secret::from_seed(seed), &keys);
        assert!(
            native.registers().as_bytes() == made,
            "{memory_bytes} bytes"
        );
    }
}

/// A UDP frame.
fn frame(src: IpAddr, dst: IpAddr, dport: u16) -> Vec<u8> {
    let mut frame = vec![0; 12];
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            frame.extend([8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0]);
            frame.extend(src.octets());
            frame.extend(dst.octets());
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 26, 17, 64]);
            frame.extend(src.octets());
            frame.extend(dst.octets());
        }
        _ => panic!("{src} to {dst}"),
    }
    frame.extend([0, 7]);
    frame.extend(dport.to_be_bytes());
    frame.resize(frame.len() + 22, 0);
    frame
}

fn ipv4(address: u32) -> IpAddr {
    Ipv4Addr::from_bits(address).into()
}

fn ipv6(address: u128) -> IpAddr {
    Ipv6Addr::from_bits(address).into()
}

#[test]
fn flows_that_lost_their_rows_are_counted_all_the_same() {
    for memory_bytes in [40 << 10, 1 << 20] {
        let mut native = native(memory_bytes, 1);
        let size = native.tables.geometry.lines().distinct as usize * 64;
        let keys: Vec<_> = (0..50_000).map(|n| nth(n, false)).collect();
        // Twice: most of them have lost their rows meanwhile, and come in again.
        for (at, key) in (0..).zip(keys.iter().chain(&keys)) {
            let [src, dst] = [key.src, key.dst].map(|it| {
                let [a, b, c, d, ..] = it;
                ipv4(u32::from_be_bytes([a, b, c, d]))
            });
            let frame = frame(src, dst, u16::from_be_bytes(key.dport));
            native.count(&frame, Weight::packet(60), MonoNanos(at));
        }
        let by = By::default();
        let made = made(size, &Secret::from_seed(1), &keys);
        let made = Distinct::new(&by, &made, native.tables.pressure.hashed_by());
        let slice = native.drain().collect();
        assert!(slice.rows.len() < keys.len() / 4 && !slice.folded_sum().is_zero());
        assert_eq!(slice.distinct, made);
        // The next epoch begins with nothing.
        native.count(
            &frame(ipv4(1), ipv4(2), 3),
            Weight::packet(60),
            MonoNanos(1),
        );
        assert_eq!(estimates(&native.drain().distinct.unwrap()), [1, 1, 1]);
        assert_eq!(estimates(&native.drain().distinct.unwrap()), [0, 0, 0]);
    }
}

#[test]
fn tables_that_are_merged_have_counted_the_union() {
    let (mut one, mut other, mut both) =
        (native(1 << 20, 1), native(1 << 20, 1), native(1 << 20, 1));
    for n in 0..30_000u32 {
        let frame = frame(ipv4(n), ipv4(n / 7), n as u16);
        let count = |native: &mut Native| {
            native.count(&frame, Weight::packet(60), MonoNanos(n.into()));
        };
        // A third is of both.
        (n < 20_000).then(|| count(&mut one));
        (n >= 10_000).then(|| count(&mut other));
        count(&mut both);
    }
    let slices = [&mut one, &mut other].map(|native| native.drain().collect());
    let both = both.drain().distinct.clone();
    let merged = |slices| {
        let span = Span::on_edges(0, WallNanos(0), WallNanos(1 << 40));
        Window::merge(span, slices).distinct
    };
    assert_eq!(merged(slices.to_vec()), both);
    // What another secret counted cannot be added, and half of it is not said.
    let stranger = native(1 << 20, 2).drain().collect();
    assert_eq!(merged([slices.to_vec(), vec![stranger]].concat()), None);
}

#[test]
fn what_is_counted_is_what_packets_are_grouped_by() {
    let estimate = |it: &Option<Registers>| it.as_ref().map(Registers::estimate);
    for (keys, want) in [
        ("src,dst,dport", [Some(20), Some(11), Some(3)]),
        ("src/24,dst/8/32", [Some(12), Some(11), None]),
        ("dport", [None, None, Some(3)]),
        ("src,proto", [Some(20), None, None]),
        ("proto", [None, None, None]),
    ] {
        let mut native = native_by(1 << 20, 1, keys);
        let mut count = |src, dst, dport| {
            native.count(&frame(src, dst, dport), Weight::packet(60), MonoNanos(1));
        };
        for n in 0..10 {
            // Ten hosts of two /24 to ten /8; the same bits in IPv6 are others, of ten /64 to one /32.
            count(
                ipv4(0x0a01_0100 + n % 2 * 256 + n),
                ipv4(0x0101_0101 + (n << 24)),
                80,
            );
            let host = 0x0a01_0100_u128 + u128::from(n % 2 * 256 + n);
            count(ipv6(host << 96), ipv6(1), 443);
        }
        // Later fragments and the like have port 0.
        count(ipv4(0x0a01_0100), ipv4(0x0101_0101), 0);
        count(ipv4(0x0a01_0100), ipv4(0x0101_0101), 53);
        let distinct = native.drain().distinct.unwrap();
        let counts = [&distinct.src, &distinct.dst, &distinct.dport].map(estimate);
        assert_eq!(counts, want, "{keys}");
    }
}
