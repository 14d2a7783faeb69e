//! Longer windows: what they say is what the windows say that they are made of.

use std::collections::BTreeMap;

use serde_json::Value;

use super::capture::{ETHERNET, Folder, HOUR, Pcap};
use super::errors::assert_refused;
use super::frame::{Frame, arp};
use super::{assert_balanced, by_every_engine, json, number, of, stdout};

const SECOND: u64 = 1_000_000_000;
const LEVELS: [u64; 3] = [SECOND, 60 * SECOND, 3600 * SECOND];

/// Two minutes and a bit of packets of flows, few of which have most packets, some ARP, and a minute of
/// which seconds are missing.
fn capture(folder: &Folder, packets_a_second: u32) -> String {
    let mut capture = Pcap::new(ETHERNET);
    let mut random = 1u64;
    for second in (0..95).chain(110..130) {
        for place in 0..packets_a_second {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
            let share = (random >> 40) as f64 / f64::from(1 << 24);
            let flow = (2_000.0 * share.powi(4)) as u16;
            let mut frame = Frame {
                sport: flow,
                dport: 53 + flow % 2,
                ..Frame::default()
            }
            .bytes();
            frame[28..30].copy_from_slice(&flow.to_be_bytes());
            let bytes = if place == 0 { arp() } else { frame };
            let length = bytes.len() as u32;
            capture = capture.record(HOUR + second, place, &bytes, length);
        }
    }
    capture.file(folder, "a.pcap")
}

fn at_level<'a>(lines: &'a [Value], kind: &str, level: u64) -> Vec<&'a Value> {
    let mut lines = of(lines, kind);
    lines.retain(|line| line["window_ns"] == level);
    lines
}

/// Sums of fields over all windows of a level.
fn sums(lines: &[Value], level: u64) -> Vec<u64> {
    const FIELDS: [&str; 7] = [
        "events",
        "packets",
        "bytes",
        "other_packets",
        "other_bytes",
        "filtered_packets",
        "filtered_bytes",
    ];
    let windows = at_level(lines, "window", level);
    let sum = |field| windows.iter().map(|it| number(it, field)).sum();
    FIELDS.map(sum).to_vec()
}

/// Packets of each flow in the rows of a level.
fn flows(lines: &[Value], level: u64) -> BTreeMap<(String, u64), u64> {
    let mut flows = BTreeMap::new();
    for flow in at_level(lines, "flow", level) {
        let key = (flow["src"].to_string(), number(flow, "sport"));
        *flows.entry(key).or_default() += number(flow, "packets");
    }
    flows
}

#[test]
fn minutes_and_hours_are_the_sums_of_seconds() {
    let folder = Folder::new();
    let file = capture(&folder, 300);
    let tight = ["--memory", "48K"];
    let tight_tiers = ["--rollup-memory", "64K"];
    for memory in [
        &[][..],
        &tight,
        &tight_tiers,
        &[tight, tight_tiers].concat(),
    ] {
        let asked = [&file, "--window", "1s", "--rollup", "1h,1m"];
        let filter = ["port", "53", "or", "not", "udp"];
        let lines = json(&[&asked[..], memory, &filter].concat());
        assert_balanced(&lines);
        let seconds = sums(&lines, LEVELS[0]);
        assert_eq!(seconds[0], 300 * 115);
        assert!(seconds.iter().all(|sum| *sum > 0), "{seconds:?}");
        let number_of = |level| at_level(&lines, "window", level).len();
        assert_eq!(LEVELS.map(number_of), [115, 3, 1]);
        for level in LEVELS {
            assert_eq!(sums(&lines, level), seconds, "{level}");
            if memory.is_empty() {
                assert_eq!(flows(&lines, level), flows(&lines, LEVELS[0]));
                let exact = |flow: &&Value| flow["exact"] == true;
                assert!(at_level(&lines, "flow", level).iter().all(exact));
            }
        }
    }
}

#[test]
fn both_engines_say_the_same() {
    let folder = Folder::new();
    let file = capture(&folder, 60);
    let asked = ["--window", "1s", "--rollup", "10s,1m", "--memory", "48K"];
    let more = ["--rollup-memory", "64K", "--csv"];
    by_every_engine(&[&[&file[..]], &asked[..], &more].concat());
}

#[test]
fn longer_windows_come_when_they_are_over_and_say_what_is_missing() {
    let folder = Folder::new();
    let file = capture(&folder, 2);
    let lines = json(&[&file, "--window", "1s", "--rollup", "1m,1h"]);
    let windows = of(&lines, "window");
    let place = |level, seq| {
        let of = |line: &&&Value| line["window_ns"] == level && line["seq"] == seq;
        windows.iter().position(|line| of(&line)).expect("a window")
    };
    assert_eq!(place(LEVELS[1], 0), place(LEVELS[0], 59) + 1);
    assert_eq!(place(LEVELS[1], 2) + 1, place(LEVELS[2], 0));
    let made_of = |level| -> Vec<(u64, u64)> {
        let windows = at_level(&lines, "window", level);
        let made_of = |it: &&Value| (number(it, "windows"), number(it, "gap_ns") / SECOND);
        windows.iter().map(made_of).collect()
    };
    assert_eq!(made_of(LEVELS[1]), [(60, 0), (45, 15), (10, 50)]);
    assert_eq!(made_of(LEVELS[2]), [(3, 3600 - 115)]);
    let seconds = at_level(&lines, "window", LEVELS[0]);
    assert!(seconds.iter().all(|it| it.get("windows").is_none()));
    // What is said of the run is said of what was counted, once.
    let summary = of(&lines, "summary")[0];
    assert_eq!(number(summary, "packets"), 230);
    assert_eq!(number(summary, "windows"), 115);

    let screen = stdout(&[&file, "--window", "1s", "--rollup", "1m,1h", "--top", "1"]);
    for part in [
        ":00.000  1 min of 60 windows · 120 packets",
        "1 min of 45 windows, 15.00 s without a record · 90 packets",
        "1 h of 3 windows, 58 min without a record · 230 packets",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
}

#[test]
fn flows_are_looked_up_at_every_level() {
    let folder = Folder::new();
    let file = capture(&folder, 300);
    let key = |flow: u16| {
        let [high, low] = flow.to_be_bytes();
        format!("10.1.{high}.{low},192.168.7.9,{flow},{},udp", 53 + flow % 2)
    };
    let keys = [key(0), key(7), key(1_999), key(60_000)];
    let asked = [&file, "--window", "1s", "--rollup", "1m,1h"];
    let lookups: Vec<&str> = keys.iter().flat_map(|key| ["--lookup", key]).collect();
    let exact = json(&[&asked[..], &lookups].concat());
    let truth: Vec<u64> = of(&exact, "lookup")
        .chunks(3)
        .map(|levels| {
            let each = levels
                .iter()
                .map(|it| (it["window_ns"].as_u64(), it["exact"] == true));
            let want = LEVELS.map(|level| (Some(level), true));
            assert!(each.eq(want), "{levels:?}");
            number(levels[0], "packets")
        })
        .collect();
    assert!(
        truth[0] > truth[1] && truth[1] > 0 && truth[3] == 0,
        "{truth:?}"
    );
    let tight = ["--memory", "48K", "--rollup-memory", "64K"];
    let lines = json(&[&asked[..], &lookups, &tight].concat());
    for (levels, truth) in of(&lines, "lookup").chunks(3).zip(truth) {
        for line in levels {
            let [lo, hi] = ["packets", "packets_hi"].map(|name| number(line, name));
            assert!(lo <= truth && truth <= hi, "{truth}: {line}");
        }
    }
    let report = stdout(&[&asked[..], &lookups, &["--top", "1"]].concat());
    let want = format!(
        "Looked up {} in windows of 1 min: 0 packets, 0 bytes\n",
        keys[3]
    );
    assert!(report.contains(&want), "{report}");
}

#[test]
fn lengths_that_do_not_compose_are_refused() {
    let folder = Folder::new();
    let file = capture(&folder, 1);
    for (arguments, part) in [
        (&["--rollup", "1m"][..], "give --window"),
        (
            &["--window", "7s", "--rollup", "1m"],
            "1 min are not made of several whole windows of 7 s",
        ),
        (
            &["--window", "1s", "--rollup", "1m,90s"],
            "90 s are not made of several whole windows of 1 min",
        ),
        (
            &["--window", "1m", "--rollup", "1m"],
            "each length must be longer",
        ),
        (
            &["--window", "1s", "--rollup", "1m,1m"],
            "each length must be longer",
        ),
        (&["--window", "1s", "--rollup", "48h"], "24h long at most"),
        (&["--window", "1s", "--rollup", "1x"], "no length of time"),
        (
            &["--window", "1s", "--rollup", "1m", "--tsv"],
            "--tsv does not say",
        ),
        (
            &["--window", "1s", "--rollup", "1m", "--rollup-memory", "1K"],
            "--rollup-memory",
        ),
    ] {
        assert_refused(&[&[&file[..]], arguments].concat(), 2, &[part]);
    }
}

/// Rows that the table of a minute had to let go of were never exported: they take no room of others.
#[test]
fn what_a_minute_spilled_leaves_room_for_its_rows() {
    let folder = Folder::new();
    // A packet of each of many flows.
    let flows = 0..20_000;
    let capture = flows.fold(Pcap::new(ETHERNET), |capture, flow| {
        capture.frame(HOUR + u64::from(flow) / 1_000, 0, flow)
    });
    let file = capture.file(&folder, "a.pcap");
    let asked = ["--window", "1s", "--rollup", "1m", "--rollup-memory", "1M"];
    let lines = json(&[&[&file[..]], &asked[..], &["--reduce", "30x"]].concat());
    assert_balanced(&lines);
    let minutes = at_level(&lines, "window", LEVELS[1]);
    let first = minutes[0];
    assert!(number(first, "spilled_rows") > 100, "{first}");
    assert!(number(first, "rows") > 100, "{first}");
    let reduction = first["reduction"].as_f64().expect("a number");
    assert!((30.0..35.0).contains(&reduction), "{first}");
    let warned = at_level(&lines, "warning", LEVELS[1]);
    assert!(warned.iter().all(|it| it["code"] != "unreduced"));
}

#[test]
fn levels_come_in_the_order_of_time() {
    let folder = Folder::new();
    // Seconds 10 and 65, and an hour later.
    let times = [HOUR + 10, HOUR + 65, HOUR + 3_600];
    let capture = times
        .iter()
        .fold(Pcap::new(ETHERNET), |capture, at| capture.frame(*at, 0, 1));
    let file = capture.file(&folder, "a.pcap");
    let lines = json(&[&file, "--window", "1s", "--rollup", "1m,1h"]);
    let lengths = of(&lines, "window");
    let lengths: Vec<u64> = lengths.iter().map(|it| number(it, "window_ns")).collect();
    let [second, minute, hour] = LEVELS;
    let want = [second, minute, second, minute, hour, second, minute, hour];
    assert_eq!(lengths, want);
    let sum = |level| {
        at_level(&lines, "window", level)
            .iter()
            .map(|it| number(it, "drain_ns"))
            .sum::<u64>()
    };
    assert_eq!(number(of(&lines, "summary")[0], "drain_ns"), sum(second));
}
