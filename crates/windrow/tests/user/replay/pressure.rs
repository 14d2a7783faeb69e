//! More flows than rows: nothing is missing, every interval holds the truth, and what happened is said.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde_json::Value;

use super::capture::{ETHERNET, Folder, HOUR, Pcap};
use super::errors::assert_refused;
use super::frame::{Frame, UDP};
use super::{assert_balanced, by_every_engine, json, number, of, output, stdout, text};

const FLOWS: u32 = 4000;
const FRAME_BYTES: u64 = 54;
/// Some hundred rows, in each of two windows.
const TIGHT: [&str; 4] = ["--memory", "64K", "--window", "1s"];

/// Packets by address that flows come from: each flow has an address of its own.
type Truth = BTreeMap<Ipv4Addr, u64>;

/// Sources lie in 5 networks of /16, and 40 of /24.
fn source(n: u32) -> Ipv4Addr {
    Ipv4Addr::new(10, (n % 5) as u8, (n / 5 % 8) as u8, (n / 40) as u8)
}

/// `packets` packets over two seconds, the `n`th flow as many as the `n`th part of the first; and what
/// was sent in each second.
fn capture(folder: &Folder, packets: u32) -> (String, [Truth; 2]) {
    let mut capture = Pcap::new(ETHERNET);
    let mut truth = [Truth::new(), Truth::new()];
    let mut random = 1u64;
    for at in 0..packets {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
        // Uniform in the logarithm: by Zipf's law.
        let share = (random >> 40) as f64 / f64::from(1 << 24);
        let n = (f64::from(FLOWS).powf(share) as u32 - 1).min(FLOWS - 1);
        let second = u64::from(at >= packets / 2);
        *truth[second as usize].entry(source(n)).or_default() += 1;
        let frame = Frame {
            sport: n as u16,
            ..Frame::default()
        };
        let mut bytes = frame.bytes();
        bytes[26..30].copy_from_slice(&source(n).octets());
        capture = capture.record(HOUR + second, at, &bytes, FRAME_BYTES as u32);
    }
    (capture.file(folder, "a.pcap"), truth)
}

fn within(line: &Value, packets: u64) -> bool {
    let inside = |unit: &str, truth: u64| {
        number(line, unit) <= truth && truth <= number(line, &format!("{unit}_hi"))
    };
    inside("packets", packets) && inside("bytes", packets * FRAME_BYTES)
}

fn src(flow: &Value) -> Ipv4Addr {
    let address = flow["src"].as_str().expect("an address");
    address.parse().expect("an address")
}

/// Rows, flows without a row, and networks: each interval holds the truth, and `exact` is said of points
/// alone.
fn assert_true(lines: &[Value], truth: &[Truth; 2]) {
    for (window, truth) in of(lines, "window").into_iter().zip(truth) {
        let of_window = |line: &&Value| line["seq"] == window["seq"];
        let mut without = truth.clone();
        for flow in of(lines, "flow").into_iter().filter(of_window) {
            let packets = without.remove(&src(flow)).expect("one row for each flow");
            assert!(within(flow, packets), "{packets}: {flow}");
            let points = flow["packets"] == flow["packets_hi"] && flow["bytes"] == flow["bytes_hi"];
            assert_eq!(flow["exact"], points, "{flow}");
            assert!(!points || number(flow, "packets") == packets, "{flow}");
        }
        let absent_hi = number(window, "absent_packets_hi");
        assert!(without.values().all(|packets| *packets <= absent_hi));
        for prefix in of(lines, "prefix").into_iter().filter(of_window) {
            let (net, bits) = network(prefix);
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            let inside = |address: &Ipv4Addr| match prefix["side"].as_str() {
                Some("src") => u32::from(*address) & mask == net,
                _ => u32::from(Ipv4Addr::new(192, 168, 7, 9)) & mask == net,
            };
            let packets = truth.iter().filter(|(address, _)| inside(address));
            let packets = packets.map(|(_, packets)| packets).sum();
            assert!(within(prefix, packets), "{packets}: {prefix}");
        }
    }
}

/// First address, and length.
fn network(prefix: &Value) -> (u32, u32) {
    let net = prefix["prefix"].as_str().expect("a prefix");
    let (address, bits) = net.split_once('/').expect("a length");
    let address: Ipv4Addr = address.parse().expect("IPv4");
    assert_eq!(prefix["level"], bits.parse::<u32>().expect("bits"));
    (address.into(), bits.parse().expect("bits"))
}

#[test]
fn rows_that_had_to_leave_are_spilled_while_they_are_few() {
    let folder = Folder::new();
    let (file, truth) = capture(&folder, 120_000);
    let lines = json(&[&[&file[..]], &TIGHT[..]].concat());
    assert_balanced(&lines);
    assert_true(&lines, &truth);
    for window in of(&lines, "window") {
        let (rows, spilled) = (number(window, "rows"), number(window, "spilled_rows"));
        assert!(spilled > 0, "{window}");
        assert!(rows + spilled > number(window, "capacity_rows"));
        let folded = &window["folded_packets"];
        let folded = ["24", "16", "8", "total"].map(|level| number(folded, level));
        assert!(folded.iter().sum::<u64>() > 0, "{window}");
    }
    let flows = of(&lines, "flow");
    let exact = flows.iter().filter(|flow| flow["exact"] == true).count();
    assert!(0 < exact && exact < flows.len(), "{exact}");
    let prefixes = of(&lines, "prefix");
    assert!(prefixes.iter().any(|it| it["level"] == 24), "{prefixes:?}");
    // One warning a window.
    let warnings = of(&lines, "warning");
    let codes: Vec<_> = warnings
        .iter()
        .map(|line| (&line["seq"], &line["code"]))
        .collect();
    let full = Value::from("table_full");
    assert_eq!(codes, [(&0.into(), &full), (&1.into(), &full)]);
    let sum = |name| {
        of(&lines, "window")
            .iter()
            .map(|it| number(it, name))
            .sum::<u64>()
    };
    let summary = of(&lines, "summary")[0];
    for name in [
        "spilled_rows",
        "absent_packets_hi",
        "absent_bytes_hi",
        "rows",
    ] {
        assert_eq!(number(summary, name), sum(name), "{name}");
    }
    assert_eq!(summary["flows_exact"], false);
}

#[test]
fn without_a_budget_all_that_has_to_leave_is_folded() {
    let folder = Folder::new();
    let (file, truth) = capture(&folder, 60_000);
    let none = [&[&file[..]], &TIGHT[..], &["--spill-budget", "0%"]].concat();
    let lines = json(&none);
    assert_balanced(&lines);
    assert_true(&lines, &truth);
    for window in of(&lines, "window") {
        assert_eq!(window["spilled_rows"], 0);
        assert_eq!(window["occupancy"], 1.0);
        assert_eq!(window["rows"], window["capacity_rows"]);
    }
    let ample = json(&[&file[..], "--window", "1s"]);
    assert_balanced(&ample);
    assert_true(&ample, &truth);
    assert!(of(&ample, "flow").iter().all(|flow| flow["exact"] == true));
    assert!(of(&ample, "prefix").is_empty() && of(&ample, "warning").is_empty());
}

#[test]
fn a_few_flows_too_many_are_spilled_and_stay_exact() {
    let folder = Folder::new();
    let mut capture = Pcap::new(ETHERNET);
    // Flows come one after the other and never again: no row is missed.
    let flows = 700;
    for n in 0..flows {
        for at in 0..400 {
            capture = capture.frame(HOUR, u32::from(n) * 400 + at, n);
        }
    }
    let file = capture.file(&folder, "a.pcap");
    let lines = json(&[&file, "--memory", "64K"]);
    assert_balanced(&lines);
    let window = of(&lines, "window")[0];
    assert!(
        number(window, "capacity_rows") < u64::from(flows),
        "{window}"
    );
    let (rows, spilled) = (number(window, "rows"), number(window, "spilled_rows"));
    assert_eq!(rows, u64::from(flows));
    assert!(spilled > 0);
    for flow in of(&lines, "flow") {
        assert_eq!(
            (number(flow, "packets"), &flow["exact"]),
            (400, &true.into())
        );
    }
    assert!(of(&lines, "warning").is_empty());
}

#[test]
fn csv_and_tsv_hold_the_same_rows_and_what_is_in_none() {
    let folder = Folder::new();
    let (file, _) = capture(&folder, 60_000);
    let arguments = [&[&file[..]], &TIGHT[..]].concat();
    let lines = json(&arguments);
    let cells = |line: &Value, names: &[&str]| {
        let cell = |name: &&str| match &line[*name] {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        names.iter().map(cell).collect::<Vec<_>>()
    };
    let csv = stdout(&[&arguments[..], &["--csv"]].concat());
    let (header, rows) = csv.split_once('\n').expect("a header");
    let names: Vec<&str> = header.split(',').collect();
    assert_eq!(
        header,
        "seq,window_ns,src,dst,sport,dport,proto,packets,packets_hi,bytes,bytes_hi,first,last,tcp_flags,exact"
    );
    let rows: Vec<&str> = rows.lines().collect();
    let flows = of(&lines, "flow");
    let want: Vec<String> = flows.iter().map(|it| cells(it, &names).join(",")).collect();
    assert_eq!(rows, want);

    let tsv = by_every_engine(&[&arguments[..], &["--tsv"]].concat());
    let names = ["src", "dst", "sport", "dport", "proto", "packets", "bytes"];
    let mut want: Vec<String> = flows
        .iter()
        .map(|it| cells(it, &names).join("\t"))
        .collect();
    for window in of(&lines, "window") {
        let folded = |unit: &str| {
            let levels = &window[format!("folded_{unit}")];
            let levels = ["24", "16", "8", "total"].map(|level| number(levels, level));
            levels.iter().sum::<u64>()
        };
        want.push(format!(
            "other\tfolded\t{}\t{}",
            folded("packets"),
            folded("bytes")
        ));
    }
    want.sort_unstable();
    assert_eq!(super::sorted(&tsv), want);
}

#[test]
fn the_report_says_what_happened_and_what_is_certain() {
    let folder = Folder::new();
    let (file, truth) = capture(&folder, 120_000);
    let arguments = [&[&file[..], "-n", "--top", "3"], &TIGHT[..]].concat();
    let report = stdout(&arguments);
    for part in [
        "Total flows: at least ",
        "Total packets: 120,000 (avg. at most ",
        "  counted: ",
        " of the packets by flow, ",
        "Tables: up to 100.0 % full, more flows than rows in 2 of 2 windows, ",
        " rows left early · ",
        "Top 3 flows by packets:",
        "* certainly in the top 3",
    ] {
        assert!(report.contains(part), "{part:?} in {report}");
    }
    // Of the marked flows of the whole run each is one of the three.
    let (_, table) = report.split_once("Top 3 flows").expect("a table");
    let marked = table.lines().filter_map(|line| line.strip_prefix("*  "));
    let mut largest: Vec<(u64, Ipv4Addr)> = Vec::new();
    for address in truth[0].keys() {
        let packets = truth.iter().filter_map(|truth| truth.get(address)).sum();
        largest.push((packets, *address));
    }
    largest.sort_unstable_by(|a, b| b.cmp(a));
    for line in marked {
        let address = line.split(':').next().expect("an address");
        let found = |(_, it): &(u64, Ipv4Addr)| it.to_string() == address;
        assert!(largest[..3].iter().any(found), "{line}");
    }
    let ample = stdout(&[&file, "--window", "1s"]);
    for part in [
        "at least",
        "certainly",
        "*  ",
        "left early",
        "more flows",
        " +",
    ] {
        assert!(!ample.contains(part), "{part:?} in {ample}");
    }
}

#[test]
fn pressure_that_lasts_is_warned_of_once() {
    let folder = Folder::new();
    let (file, _) = capture(&folder, 60_000);
    for format in ["--csv", "--tsv", "-n"] {
        let output = output(&[&[&file[..], format], &TIGHT[..]].concat());
        let error = text(&output.stderr);
        assert_eq!(error.lines().count(), 1, "{error}");
        for part in [
            "more flows than rows",
            "sums are exact",
            "bounds",
            "--memory",
        ] {
            assert!(error.contains(part), "{part:?} in {error}");
        }
    }
}

#[test]
fn a_budget_is_a_share_of_the_packets() {
    let folder = Folder::new();
    let file = Pcap::new(ETHERNET)
        .frame(HOUR, 0, u16::from(UDP))
        .file(&folder, "a.pcap");
    for value in ["1", "-1%", "101%", "x", "%", ""] {
        let budget = format!("--spill-budget={value}");
        let says = [
            "--spill-budget",
            "no share of the packets",
            "write 1%, 0.1% or 0%",
        ];
        assert_refused(&[&file, &budget], 2, &says);
    }
}
