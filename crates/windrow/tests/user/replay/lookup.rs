//! `--lookup`: the bounds of single flows, whether they have rows or not.

use std::collections::BTreeMap;

use serde_json::Value;

use super::capture::{ETHERNET, Folder, HOUR, Pcap, udp};
use super::frame::{CUSTOMER, Frame};
use super::names::names;
use super::{by_every_engine, json, number, of, output, stdout, text};

fn file(folder: &Folder, frames: &[Frame]) -> String {
    let mut capture = Pcap::new(ETHERNET);
    for frame in frames {
        let bytes = frame.bytes();
        capture = capture.record(HOUR, 0, &bytes, bytes.len() as u32);
    }
    capture.file(folder, "a.pcap")
}

fn frames() -> Vec<Frame> {
    let tagged = Frame {
        tags: vec![(CUSTOMER, 100)],
        ..Frame::default()
    };
    vec![Frame::default(), Frame::default(), tagged, Frame::v6()]
}

/// Packets from and to of each flow that was looked for, in the order of the command line.
fn looked_up(lines: &[Value]) -> Vec<(u64, u64)> {
    let found = of(lines, "lookup").into_iter();
    found
        .map(|it| (number(it, "packets"), number(it, "packets_hi")))
        .collect()
}

#[test]
fn flows_with_a_row_and_without_are_found() {
    let folder = Folder::new();
    let file = file(&folder, &frames());
    let keys = [
        "10.1.2.3,192.168.7.9,1000,53,udp",
        "2001:db8:1:2:3::4,2001:db8:9::1,1000,53,17",
        "10.1.2.3,192.168.7.9,1000,54,udp",
    ];
    let lookups: Vec<&str> = keys.iter().flat_map(|key| ["--lookup", key]).collect();
    let arguments = [&[&file[..]], &lookups[..]].concat();
    let lines = json(&arguments);
    assert_eq!(looked_up(&lines), [(3, 3), (1, 1), (0, 0)]);
    for (line, key) in of(&lines, "lookup").into_iter().zip(keys) {
        assert_eq!(line["key"], key);
        assert_eq!(line["exact"], true);
    }
    let printed = stdout(&[&arguments[..], &["--json"]].concat());
    let mut last = printed.lines().rev();
    assert!(last.next().is_some_and(|line| line.contains("\"summary\"")));
    assert_eq!(
        names(last.next().expect("a line")).join(" "),
        "type key window_ns packets packets_hi bytes bytes_hi exact"
    );
    let report = by_every_engine(&arguments);
    let want = format!("Looked up {}: 3 packets, 166 bytes\n", keys[0]);
    assert!(report.contains(&want), "{report}");
    let want = format!("Looked up {}: 0 packets, 0 bytes\n", keys[2]);
    assert!(report.contains(&want), "{report}");
}

#[test]
fn keys_are_those_that_are_asked_for() {
    let folder = Folder::new();
    let file = file(&folder, &frames());
    for (by, key, packets) in [
        ("src/24", "10.1.2.0/24", 3),
        ("src/24", "10.1.2.77", 3),
        ("src/24", "2001:db8:1:2::/64", 1),
        ("dst,vlan", "192.168.7.9,100", 1),
        ("dst", "2001:db8:9::1", 1),
        ("vlan,proto", "udp,0", 3),
        ("dport", "53", 4),
        ("iface,dir", "-,-", 4),
        ("iface,dir", "eth0,in", 0),
    ] {
        let lines = json(&[&file, "--by", by, "--lookup", key]);
        assert_eq!(looked_up(&lines), [(packets, packets)], "{by} {key}");
    }
}

#[test]
fn what_is_no_key_is_refused_with_the_form_of_one() {
    let folder = Folder::new();
    let file = file(&folder, &frames());
    let tuple = "write src,dst,sport,dport,proto, as 10.0.0.1,10.0.0.2,1234,80,tcp";
    for (arguments, parts) in [
        (
            &["--lookup", "10.0.0.1"][..],
            ["1 value where 5 are wanted", tuple],
        ),
        (&["--lookup", "a,b,c,d,e"], ["\"a\" is no address", tuple]),
        (
            &["--by", "src/16,dport", "--lookup", "10.0.0.0/8,80"],
            ["is no network of /16", "write src/16,dport, as 10.0.0.1,80"],
        ),
        (&["--lookup", "x", "--csv"], ["--lookup", "--csv"]),
        (&["--lookup", "x", "--tsv"], ["--lookup", "--tsv"]),
    ] {
        let output = output(&[&[&file[..]], arguments].concat());
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(output.stdout.is_empty());
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
    }
}

/// Far more flows than rows: the truth of every flow of the capture, and of flows that it has not, is
/// inside its interval, over windows, and after a reduction.
#[test]
fn the_truth_of_every_flow_is_inside() {
    let folder = Folder::new();
    let mut capture = Pcap::new(ETHERNET);
    let mut truth: BTreeMap<u32, u64> = BTreeMap::new();
    for n in 0..20_000u32 {
        // Each flow has one packet or some; a few have many.
        let flow = match n % 4 {
            0 => n % 12,
            1 => n % 1_500,
            _ => n / 2,
        };
        *truth.entry(flow).or_default() += 1;
        let mut frame = udp(1000, 60);
        frame[27..30].copy_from_slice(&flow.to_be_bytes()[1..]);
        capture = capture.record(HOUR + u64::from(n / 7_000), n, &frame, 60);
    }
    let file = capture.file(&folder, "a.pcap");
    let address = |flow: u32| {
        let [_, a, b, c] = flow.to_be_bytes();
        format!("10.{a}.{b}.{c},10.0.0.2,1000,53,udp")
    };
    let absent = 1_000_000..1_000_500u32;
    let asked: Vec<u32> = truth.keys().copied().chain(absent.clone()).collect();
    let keys: Vec<String> = asked.iter().map(|flow| address(*flow)).collect();
    let lookups: Vec<&str> = keys.iter().flat_map(|key| ["--lookup", key]).collect();
    let cases: [&[&str]; 5] = [
        &["--window", "1s"],
        &["--window", "1s", "--spill-budget", "0%"],
        &["--spill-budget", "100%"],
        &["--window", "1s", "--reduce", "100x"],
        &["--reduce", "1000x"],
    ];
    for case in cases {
        let arguments = [&[&file[..], "--memory", "200K"], case, &lookups].concat();
        let lines = json(&arguments);
        let found = of(&lines, "lookup");
        assert_eq!(found.len(), asked.len());
        let mut zero = 0;
        for (flow, line) in asked.iter().zip(&found) {
            let packets = truth.get(flow).copied().unwrap_or_default();
            for (unit, truth) in [("packets", packets), ("bytes", packets * 60)] {
                let hi = number(line, &format!("{unit}_hi"));
                let range = number(line, unit)..=hi;
                assert!(range.contains(&truth), "{case:?}: {truth} {line}");
            }
            zero += usize::from(absent.contains(flow) && number(line, "packets_hi") == 0);
        }
        // The filter knows most flows that never came.
        let reduced = case.contains(&"--reduce");
        assert!(reduced || zero > 400, "{case:?}: {zero}");
        let few = &lookups[..100];
        by_every_engine(&[&[&file[..], "--memory", "200K"], case, few].concat());
        let summary = of(&lines, "summary")[0];
        let most = number(summary, "absent_packets_hi");
        for (_, line) in asked
            .iter()
            .zip(&found)
            .filter(|(flow, _)| absent.contains(flow))
        {
            assert!(number(line, "packets_hi") <= most, "{case:?}: {line}");
        }
    }
}
