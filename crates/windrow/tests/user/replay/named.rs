//! `--networks`: names of networks beside addresses, and in their place.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json as value};

use super::capture::{ETHERNET, Folder, HOUR, Pcap};
use super::errors::assert_refused;
use super::frame::{Frame, arp};
use super::names::names;
use super::{assert_balanced, by_every_engine, json, number, of, sorted, stdout};

/// Prefixes and names: within each other, of both families under one name.
const FILE: &str = "\
# What is where
10.1.0.0/16    office
10.1.7.0/24    lab, cellar
10.1.7.9       printer

2001:db8:1::/48\toffice
10.2.0.0/16    office
";

fn file_of_names(folder: &Folder, text: &str) -> String {
    folder.file("names.txt", text.as_bytes())
}

/// What an address is called, by looking at each line.
fn called(address: IpAddr) -> Option<&'static str> {
    let lines = FILE.lines().filter_map(|line| line.split_once([' ', '\t']));
    let named = lines.filter(|(net, _)| *net != "#").map(|(net, name)| {
        let (net, bits) = match net.split_once('/') {
            Some((net, bits)) => (net, bits.parse::<u32>().expect("bits")),
            None => (net, 32),
        };
        (
            net.parse::<IpAddr>().expect("an address"),
            bits,
            name.trim(),
        )
    });
    let around = named.filter(|(net, bits, _)| match (net, address) {
        (IpAddr::V4(net), IpAddr::V4(address)) => {
            let rest = 32 - bits;
            u64::from(net.to_bits()) >> rest == u64::from(address.to_bits()) >> rest
        }
        (IpAddr::V6(net), IpAddr::V6(address)) => {
            let rest = 128 - bits;
            net.to_bits() >> rest == address.to_bits() >> rest
        }
        _ => false,
    });
    around.max_by_key(|(_, bits, _)| *bits).map(|it| it.2)
}

/// The `n`th address that packets come from; some have a name.
fn source(n: u32) -> IpAddr {
    match n % 8 {
        0 => Ipv4Addr::from_bits(10 << 24 | 1 << 16 | ((n / 8) % 65_536)).into(),
        1 => Ipv4Addr::from_bits(10 << 24 | 1 << 16 | 7 << 8 | (n / 8 % 12)).into(),
        2 => Ipv4Addr::from_bits(10 << 24 | 2 << 16 | (n / 8)).into(),
        3 => Ipv6Addr::from_bits(0x2001_0db8_0001 << 80 | u128::from(n)).into(),
        4 => Ipv6Addr::from_bits(0x2001_0db8_0002 << 80 | u128::from(n) << 64).into(),
        _ => Ipv4Addr::from_bits((172 << 24) + n).into(),
    }
}

/// Packets and bytes by the name of their source and what else they are told apart by.
type Sums<K> = BTreeMap<(Option<&'static str>, K), (u64, u64)>;

/// A packet from each of so many sources, some of them again and again; what each name had, with that
/// key of a source.
fn capture<K: Ord>(folder: &Folder, sources: u32, key: impl Fn(IpAddr) -> K) -> (String, Sums<K>) {
    let mut capture = Pcap::new(ETHERNET);
    let mut sums = Sums::new();
    for n in 0..sources {
        let address = source(n);
        let frame = match address {
            IpAddr::V4(address) => {
                let mut frame = Frame::default().bytes();
                frame[26..30].copy_from_slice(&address.octets());
                frame
            }
            IpAddr::V6(address) => {
                let mut frame = Frame::v6().bytes();
                frame[22..38].copy_from_slice(&address.octets());
                frame
            }
        };
        for at in 0..if n % 31 < 8 { 9 } else { 1 } {
            let sum = sums.entry((called(address), key(address))).or_default();
            *sum = (sum.0 + 1, sum.1 + frame.len() as u64);
            capture = capture.record(HOUR, n * 10 + at, &frame, frame.len() as u32);
        }
    }
    (capture.file(folder, "a.pcap"), sums)
}

fn interval(flow: &Value, unit: &str) -> std::ops::RangeInclusive<u64> {
    number(flow, unit)..=number(flow, &format!("{unit}_hi"))
}

#[test]
fn rows_of_one_name_are_one_row() {
    let folder = Folder::new();
    let names = file_of_names(&folder, FILE);
    let (capture, sums) = capture(&folder, 3000, |_| ());
    let lines = json(&[&capture, "--networks", &names, "--by", "src_net"]);
    assert_balanced(&lines);
    assert_eq!(of(&lines, "start")[0]["by"], value!(["src_net"]));
    let flows = of(&lines, "flow");
    let found: Sums<()> = flows
        .iter()
        .map(|flow| {
            assert_eq!(flow["exact"], true);
            let name = sums
                .keys()
                .find(|(name, ())| flow["src_net"] == value!(name));
            let counts = (number(flow, "packets"), number(flow, "bytes"));
            (*name.expect("a name of the file, or null"), counts)
        })
        .collect();
    assert_eq!((flows.len(), &found), (sums.len(), &sums));
    // Nobody, and the three names.
    assert_eq!(sums.len(), 4);
    assert_eq!(number(of(&lines, "window")[0], "rows"), 4);
    assert_eq!(number(of(&lines, "summary")[0], "flows"), 4);

    // The name is that of the whole address, whatever is kept of it.
    let (capture, sums) = self::capture(&folder, 3000, |address| match address {
        IpAddr::V4(address) => format!("{}.0.0.0/8", address.octets()[0]),
        IpAddr::V6(_) => "2001:db8::/32".to_owned(),
    });
    let by = ["--by", "src/8/32"];
    let lines = json(&[&[&capture, "--networks", &names], &by[..]].concat());
    assert_eq!(
        of(&lines, "start")[0]["by"],
        value!(["src/8/32", "src_net"])
    );
    let flows = of(&lines, "flow");
    assert_eq!(flows.len(), sums.len());
    for ((name, network), (packets, bytes)) in sums {
        let is_it = |flow: &&&Value| flow["src_net"] == value!(name) && flow["src"] == network;
        let flow = flows.iter().find(is_it).expect("a row");
        assert_eq!(
            (number(flow, "packets"), number(flow, "bytes")),
            (packets, bytes)
        );
        assert_eq!(flow["exact"], true);
    }
}

#[test]
fn a_full_table_leaves_names_their_intervals() {
    let folder = Folder::new();
    let names = file_of_names(&folder, FILE);
    let (capture, sums) = capture(&folder, 40_000, |_| ());
    for memory in ["48K", "96K"] {
        for by in ["src_net", "src_net,dst_net,dport"] {
            let arguments = [
                &capture,
                "--networks",
                &names,
                "--by",
                by,
                "--memory",
                memory,
            ];
            let lines = json(&arguments);
            assert_balanced(&lines);
            let window = of(&lines, "window")[0];
            assert!(number(&window["folded_packets"], "24") > 0, "{window}");
            assert!(!of(&lines, "prefix").is_empty());
            let flows = of(&lines, "flow");
            for ((name, ()), (packets, bytes)) in &sums {
                let flow = flows.iter().find(|flow| flow["src_net"] == value!(name));
                let flow = flow.expect("names are few");
                assert!(
                    interval(flow, "packets").contains(packets),
                    "{packets}: {flow}"
                );
                assert!(interval(flow, "bytes").contains(bytes), "{bytes}: {flow}");
            }
        }
    }
    // Networks of /16 and /48 alone: no more of an address is counted by, and everything has a row.
    let coarse = folder.file(
        "coarse.txt",
        b"10.1.0.0/16 office\n2001:db8:1::/48 office\n",
    );
    let lines = json(&[
        &capture,
        "--networks",
        &coarse,
        "--by",
        "src_net",
        "--memory",
        "1M",
    ]);
    let all_exact = of(&lines, "flow").iter().all(|flow| flow["exact"] == true);
    assert!(all_exact && of(&lines, "flow").len() == 2, "{lines:?}");
}

/// A packet between two networks, one back, one of nobody, and one without a flow.
fn few(folder: &Folder) -> String {
    let frames = [
        Frame {
            src: "10.1.7.9",
            dst: "10.2.0.1",
            ..Frame::default()
        },
        Frame {
            src: "10.2.0.1",
            dst: "10.1.7.9",
            ..Frame::default()
        },
        Frame::default(),
        Frame {
            src: "2001:db8:1::1",
            ..Frame::v6()
        },
    ];
    let mut capture = Pcap::new(ETHERNET);
    for frame in frames.iter().map(Frame::bytes).chain([arp()]) {
        capture = capture.record(HOUR, 0, &frame, frame.len() as u32);
    }
    capture.file(folder, "few.pcap")
}

#[test]
fn names_stand_behind_addresses_in_every_format() {
    let folder = Folder::new();
    let file = file_of_names(&folder, FILE);
    let capture = few(&folder);
    let arguments = [&capture, "--networks", &file];
    let text = stdout(&[&arguments[..], &["--json"]].concat());
    let flow = text.lines().find(|line| line.contains("printer"));
    let rest = "packets packets_hi bytes bytes_hi first last tcp_flags exact";
    assert_eq!(
        names(flow.expect("a flow")).join(" "),
        format!("type seq window_ns src dst src_net dst_net sport dport proto {rest}")
    );
    let lines = json(&arguments);
    let by = value!([
        "src", "dst", "src_net", "dst_net", "sport", "dport", "proto"
    ]);
    assert_eq!(of(&lines, "start")[0]["by"], by);
    let flows = of(&lines, "flow");
    for (src, src_net, dst_net) in [
        ("10.1.7.9", value!("printer"), value!("office")),
        ("10.2.0.1", value!("office"), value!("printer")),
        ("10.1.2.3", value!("office"), Value::Null),
        ("2001:db8:1::1", value!("office"), Value::Null),
    ] {
        let flow = flows.iter().find(|flow| flow["src"] == src);
        let flow = flow.expect("a row");
        assert_eq!((&flow["src_net"], &flow["dst_net"]), (&src_net, &dst_net));
    }

    let csv = by_every_engine(&[
        &capture,
        "--networks",
        &file,
        "--csv",
        "--by",
        "dst_net,src_net",
    ]);
    let mut rows = csv.lines();
    assert_eq!(
        rows.next(),
        Some(&*format!(
            "seq,window_ns,src_net,dst_net,{}",
            rest.replace(' ', ",")
        ))
    );
    let rows: Vec<&str> = rows.collect();
    assert!(
        rows.iter()
            .any(|row| row.starts_with("0,0,office,,2,2,128,128,")),
        "{csv}"
    );
    // A comma is part of a name.
    let csv = stdout(&[
        &capture,
        "--csv",
        "--by",
        "src_net",
        "--networks",
        &folder.file("x.txt", b"10.1.0.0/16 a, b\n"),
    ]);
    assert!(csv.contains(",\"a, b\",2,2,"), "{csv}");

    let report = stdout(&[&capture, "--networks", &file]);
    let row = report
        .lines()
        .find(|line| line.starts_with("10.1.7.9:1000"));
    let cells: Vec<&str> = row.expect("a row").split_whitespace().collect();
    assert_eq!(
        cells[..4],
        ["10.1.7.9:1000", "printer", "10.2.0.1:domain", "office"]
    );
    let report = stdout(&[
        &capture,
        "--networks",
        &file,
        "--by",
        "src_net,dst_net,dport",
    ]);
    let titles = report.lines().find(|line| line.contains("PACKETS"));
    let titles: Vec<&str> = titles.expect("titles").split_whitespace().collect();
    assert_eq!(titles[..5], ["SOURCE", "NET", "DEST", "NET", "DPORT"]);
    let row = report
        .lines()
        .find(|line| line.starts_with("office") && line.contains('-'));
    let cells: Vec<&str> = row.expect("a row").split_whitespace().collect();
    assert_eq!(cells[..4], ["office", "-", "domain", "2"]);

    // Lines for other programs stay as they are.
    let plain = stdout(&[&capture, "--tsv"]);
    let named = stdout(&[&capture, "--networks", &file, "--tsv"]);
    assert_eq!(sorted(&named), sorted(&plain));
}

#[test]
fn flows_are_looked_up_by_their_addresses() {
    let folder = Folder::new();
    let file = file_of_names(&folder, FILE);
    let capture = few(&folder);
    let arguments = [&capture, "--networks", &file, "--lookup"];
    let lines = json(&[&arguments[..], &["10.1.7.9,10.2.0.1,1000,53,udp"]].concat());
    let found = of(&lines, "lookup")[0];
    assert_eq!(
        (number(found, "packets"), number(found, "packets_hi")),
        (1, 1)
    );
    for by in ["src_net", "src,dst_net", "src/24,dst"] {
        let arguments = [&arguments[..], &["x", "--by", by]].concat();
        assert_refused(&arguments, 2, &["--lookup", "addresses"]);
    }
}

#[test]
fn bad_names_are_explained() {
    let folder = Folder::new();
    let capture = few(&folder);
    let file = file_of_names(&folder, FILE);
    assert_refused(&[&capture, "--by", "src_net"], 2, &["--networks FILE"]);
    let arguments = [&capture, "--networks", &file, "--tsv", "--by", "dst_net"];
    assert_refused(&arguments, 2, &["--tsv", "--csv"]);
    assert_refused(
        &[&capture, "--networks", &folder.path("none.txt")],
        2,
        &["none.txt", "No such file"],
    );
    assert_refused(
        &[&capture, "--networks", &folder.path("")],
        2,
        &["--networks", "directory"],
    );
    for (text, parts) in [
        (
            "10.1.0.0/16 a\n\n10.1.2.3/16 b\n",
            ["line 3", "10.1.0.0/16"],
        ),
        (
            "10.1.0.0/16 a\n10.1.0.0/16 b\n",
            ["line 2", "another name on line 1"],
        ),
        ("10.1.0.0/16\n", ["line 1", "no name"]),
        ("10.1.0.0/16 a\x1b[2J\n", ["line 1", "\\u{1b}"]),
        ("office\n", ["line 1", "no network"]),
    ] {
        let file = file_of_names(&folder, text);
        let parts = [&["--networks", "names.txt"], &parts[..]].concat();
        assert_refused(&[&capture, "--networks", &file], 2, &parts);
    }
}
