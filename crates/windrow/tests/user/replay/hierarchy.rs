//! `--hierarchy`: all networks of some levels, on both sides, exact where nothing was folded.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use super::capture::{ETHERNET, Folder, HOUR, Pcap};
use super::errors::assert_refused;
use super::networks::{self, Sums, TIGHT, Truth, WINDOWS, assert_within, levels};
use super::{assert_balanced, json, number, of, stdout};

/// Addresses that share networks of each level, and some that share none.
const SOURCES: [&str; 8] = [
    "10.1.2.3",
    "10.1.2.9",
    "10.1.7.1",
    "10.2.0.1",
    "172.16.5.1",
    "2001:db8:1:2::3",
    "2001:db8:1:7::3",
    "2001:db9::1",
];
const DESTINATIONS: [&str; 4] = ["192.0.2.1", "198.51.100.7", "2001:db8:ffff::1", "fd00::1"];

/// A window of a second: every source sends to both destinations of its family, one more often than the
/// other.
fn capture(folder: &Folder) -> (String, Truth) {
    let mut capture = Pcap::new(ETHERNET);
    let mut truth = Truth::new();
    let address = |text: &str| text.parse::<IpAddr>().expect("an address");
    let mut nanos = 0;
    for (n, src) in (1u64..).zip(SOURCES.map(address)) {
        let of_family = DESTINATIONS.map(address);
        let of_family = of_family
            .iter()
            .filter(|dst| dst.is_ipv6() == src.is_ipv6());
        for (dst, often) in of_family.zip([1, 2]) {
            for _ in 0..n * often {
                let bytes = 100 + n;
                capture = capture.record(HOUR, nanos, &networks::frame(src, *dst), bytes as u32);
                truth.push((src, *dst, bytes));
                nanos += 1;
            }
        }
    }
    (capture.file(folder, "a.pcap"), truth)
}

/// The networks of a side that have one of these lengths, and what each had.
fn sums(truth: &Truth, side: &str, lengths: &[u32]) -> BTreeMap<String, Sums> {
    let mut sums = networks::networks(truth, side);
    sums.retain(|net, _| {
        lengths
            .iter()
            .any(|bits| net.ends_with(&format!("/{bits}")))
    });
    sums
}

/// What the lines of a side say, all of which are exact.
fn found(lines: &[Value], side: &str) -> BTreeMap<String, Sums> {
    let mut found = BTreeMap::new();
    for prefix in of(lines, "prefix")
        .into_iter()
        .filter(|it| it["side"] == side)
    {
        let net = prefix["prefix"].as_str().expect("a prefix").to_owned();
        let sums = (number(prefix, "packets"), number(prefix, "bytes"));
        assert_eq!(
            (number(prefix, "packets_hi"), number(prefix, "bytes_hi")),
            sums,
            "{prefix}"
        );
        assert!(found.insert(net, sums).is_none(), "twice: {prefix}");
    }
    found
}

#[test]
fn all_networks_of_the_levels_are_lines_and_exact() {
    let folder = Folder::new();
    let (file, truth) = capture(&folder);
    for (asked, lengths) in [
        ("24,16,8", &[24, 16, 8, 64, 48, 32, 0][..]),
        ("8,24", &[24, 8, 64, 32, 0]),
        ("16", &[16, 48, 0]),
    ] {
        let lines = json(&[&file, "--bytes", "wire", "--hierarchy", asked]);
        for side in ["src", "dst"] {
            assert_eq!(
                found(&lines, side),
                sums(&truth, side, lengths),
                "{asked} {side}"
            );
        }
        let window = of(&lines, "window")[0];
        let printed = of(&lines, "flow").len() + of(&lines, "prefix").len();
        let reduction = window["reduction"].as_f64().expect("a number");
        let lines_of = truth.len() as f64 / printed as f64;
        assert!(
            (reduction - lines_of).abs() < 1e-9,
            "lines like all others: {window}"
        );
    }
    assert!(of(&json(&[&file]), "prefix").is_empty());
    assert_balanced(&json(&[&file, "--hierarchy", "24,16,8"]));
}

#[test]
fn networks_follow_those_that_they_are_part_of() {
    let folder = Folder::new();
    let (file, _) = capture(&folder);
    let lines = json(&[&file, "--hierarchy", "16,8"]);
    let of_side = |side| {
        let lines = of(&lines, "prefix").into_iter();
        let lines = lines.filter(move |line| line["side"] == side);
        lines
            .map(|line| line["prefix"].as_str().expect("a prefix"))
            .collect::<Vec<_>>()
    };
    let want = [
        "0.0.0.0/0",
        "10.0.0.0/8",
        "10.1.0.0/16",
        "10.2.0.0/16",
        "172.0.0.0/8",
        "172.16.0.0/16",
        "::/0",
        "2001:db8::/32",
        "2001:db8:1::/48",
        "2001:db9::/32",
        "2001:db9::/48",
    ];
    assert_eq!(of_side("src"), want);
    let sides: Vec<&str> = of(&lines, "prefix")
        .iter()
        .filter_map(|it| it["side"].as_str())
        .collect();
    assert!(
        sides.is_sorted_by(|a, b| a == b || (*a, *b) == ("src", "dst")),
        "{sides:?}"
    );
}

#[test]
fn levels_are_those_that_the_keys_are_fine_enough_for() {
    let folder = Folder::new();
    let (file, truth) = capture(&folder);
    for (by, levels, src, dst) in [
        ("src/24", "24,16", &[24, 16, 64, 48, 0][..], &[][..]),
        ("src/16/48,dst/8", "24,16", &[16, 48, 0], &[64, 48, 0]),
        ("dst/24,dport", "8", &[], &[8, 32, 0]),
    ] {
        let lines = json(&[&file, "--bytes", "wire", "--by", by, "--hierarchy", levels]);
        for (side, lengths) in [("src", src), ("dst", dst)] {
            assert_eq!(
                found(&lines, side),
                sums(&truth, side, lengths),
                "{by} {side}"
            );
        }
    }
}

/// More flows than rows: what is folded along one side widens the intervals of the other.
#[test]
fn intervals_hold_the_truth_where_the_table_is_full() {
    let folder = Folder::new();
    let (file, truth) = networks::capture(&folder);
    let lines = json(&[&[&file[..], "--hierarchy", "24,16,8"], &TIGHT[..]].concat());
    assert_balanced(&lines);
    for (truth, seq) in truth.iter().zip(0..WINDOWS) {
        for side in ["src", "dst"] {
            let sums = networks::networks(truth, side);
            let mut kinds = BTreeSet::new();
            let mut roots = 0;
            let prefixes = of(&lines, "prefix").into_iter();
            for prefix in prefixes.filter(|it| it["seq"] == seq && it["side"] == side) {
                let net = prefix["prefix"].as_str().expect("a prefix");
                assert_within(prefix, *sums.get(net).expect("a network that there was"));
                kinds.insert((net.contains(':'), number(prefix, "level")));
                if number(prefix, "level") == 0 {
                    assert_eq!(number(prefix, "packets"), number(prefix, "packets_hi"));
                    roots += number(prefix, "packets");
                }
            }
            let all = [false, true].map(|v6| levels(v6).map(|bits| (v6, u64::from(bits))));
            assert_eq!(
                kinds,
                BTreeSet::from_iter(all.into_iter().flatten()),
                "{side}"
            );
            assert_eq!(roots, truth.len() as u64, "{side}");
        }
    }
}

#[test]
fn a_reduction_leaves_room_for_networks() {
    let folder = Folder::new();
    let mut capture = Pcap::new(ETHERNET);
    for n in 0..200u32 {
        let address = |first: u32, n: u32| IpAddr::from((first << 24 | n).to_be_bytes());
        let (src, dst) = (address(10, n << 6), address(192, (n % 50) << 12));
        for at in 0..=n {
            let frame = networks::frame(src, dst);
            capture = capture.record(HOUR, n * 1000 + at, &frame, frame.len() as u32);
        }
    }
    let file = capture.file(&folder, "a.pcap");
    for (factor, least) in [("100x", 100.0), ("500x", 500.0), ("5000", 5000.0)] {
        let lines = json(&[&file, "--hierarchy", "24,16,8", "--reduce", factor]);
        assert_balanced(&lines);
        assert!(of(&lines, "warning").is_empty(), "{factor}");
        let window = of(&lines, "window")[0];
        let reduction = window["reduction"].as_f64().expect("a number");
        assert!(reduction >= least, "{factor}: {window}");
        // Flows that stay have all their networks.
        let nets: BTreeSet<(&str, &str)> = (of(&lines, "prefix").iter())
            .map(|it| {
                (
                    it["side"].as_str().expect("text"),
                    it["prefix"].as_str().expect("text"),
                )
            })
            .collect();
        let flows = of(&lines, "flow");
        assert!(least > 1000.0 || !flows.is_empty(), "{factor}");
        for flow in flows {
            for side in ["src", "dst"] {
                let address: IpAddr = flow[side]
                    .as_str()
                    .and_then(|it| it.parse().ok())
                    .expect("one");
                for bits in levels(false) {
                    let net = networks::network(address, bits);
                    assert!(nets.contains(&(side, &net)), "{side} {net}");
                }
            }
        }
    }
    let lines = json(&[&file, "--hierarchy", "24", "--reduce", "1e9"]);
    let warning = of(&lines, "warning")[0];
    assert_eq!(warning["code"], "unreduced");
    // Both totals are left.
    assert!(
        warning["text"]
            .as_str()
            .is_some_and(|it| it.contains("leaves 2 lines")),
        "{warning}"
    );
}

#[test]
fn the_report_has_a_tree_a_side() {
    let folder = Folder::new();
    let (file, _) = capture(&folder);
    let report = stdout(&[
        &file,
        "--bytes",
        "wire",
        "--hierarchy",
        "16,8",
        "--by",
        "src",
    ]);
    let (_, tree) = report
        .split_once("\n\nSOURCE NETWORK")
        .expect("a tree below the flows");
    let want = "         PACKETS    SHARE    BYTES
::/0                        63   58.3 %  6.75 kB
├─ 2001:db8::/32            39   61.9 %  4.16 kB
│  └─ 2001:db8:1::/48       39  100.0 %  4.16 kB
└─ 2001:db9::/32            24   38.1 %  2.59 kB
   └─ 2001:db9::/48         24  100.0 %  2.59 kB
0.0.0.0/0                   45   41.7 %  4.67 kB
├─ 10.0.0.0/8               30   66.7 %  3.09 kB
│  ├─ 10.1.0.0/16           18   60.0 %  1.84 kB
│  └─ 10.2.0.0/16           12   40.0 %  1.25 kB
└─ 172.0.0.0/8              15   33.3 %  1.57 kB
   └─ 172.16.0.0/16         15  100.0 %  1.57 kB
";
    assert_eq!(tree, want);
    assert!(!report.contains("DESTINATION NETWORK"), "{report}");
    // Windows have theirs, and the report none.
    let windows = stdout(&[&file, "--window", "1s", "--hierarchy", "8"]);
    for title in ["SOURCE NETWORK", "DESTINATION NETWORK"] {
        assert_eq!(windows.matches(title).count(), 1, "{windows}");
    }
    assert!(!stdout(&[&file]).contains("NETWORK"));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = Folder::new();
    let (file, _) = capture(&folder);
    let refused = |arguments: &[&str], parts: &[&str]| {
        assert_refused(&[&[&file[..]], arguments].concat(), 2, parts);
    };
    for levels in ["12", "24,,8", "", "64"] {
        refused(&["--hierarchy", levels], &["--hierarchy", "24, 16 and 8"]);
    }
    refused(&["--hierarchy", "24,24"], &["24 is given twice"]);
    refused(
        &["--hierarchy", "24", "--by", "proto"],
        &["src or dst among the keys"],
    );
    refused(
        &["--hierarchy", "24,16", "--by", "src/8/32"],
        &["24,16", "src/8/32"],
    );
    for format in ["--csv", "--tsv"] {
        refused(&["--hierarchy", "24", format], &["--hierarchy", format]);
    }
}
