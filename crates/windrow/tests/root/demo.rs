//! `windrow demo`: it counts all that it sends, and does not call missing what its own link drops.
//! Needs root.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use crate::harness::{
    lines::names,
    monitor::{exit_code, windrow},
    net::until,
    root_or_skip,
};
use serde_json::{Value, json};

fn number(line: &Value, name: &str) -> u64 {
    let value = line[name].as_u64();
    value.unwrap_or_else(|| panic!("{name} in {line}"))
}

/// The demo's own connections: one row of them, in which all are that it asked for, and one of who accepted
/// them; behind all that is of packets, and before the summary.
fn connected(text: &str, asked_for: u64) {
    let lines = text.lines().map(serde_json::from_str);
    let lines: Vec<Value> = lines.collect::<Result<_, _>>().expect("JSON lines");
    let (summary, lines) = lines.split_last().expect("a line");
    assert_eq!(summary["source"], "net");
    let is_of_connects = |line: &Value| line["source"] == "connects" || line["type"] == "connect";
    let first = lines.iter().position(is_of_connects).expect("a window");
    let lines = &lines[first..];
    assert!(lines.iter().all(is_of_connects), "{text}");
    // A window of an hour, or two where an hour ended meanwhile.
    let is_window = |line: &&Value| line["type"] == "window";
    let (windows, rows): (Vec<&Value>, Vec<&Value>) = lines.iter().partition(is_window);
    for residue in [
        "events",
        "ns",
        "attempts",
        "established",
        "failed",
        "closed",
    ] {
        assert_eq!(
            sum(&windows, &format!("residue_{residue}")),
            0,
            "{windows:?}"
        );
    }
    for (name, expected) in [
        ("attempts", asked_for),
        ("established", asked_for),
        ("accepted", asked_for),
        ("failed", 0),
        ("folded_events", 0),
        ("lost", 0),
        ("rows", rows.len() as u64),
    ] {
        assert_eq!(sum(&windows, name), expected, "{name} in {windows:?}");
    }
    let last = windows.last().expect("a window");
    assert_eq!(number(last, "in_flight"), 0, "{last}");
    let (out, into): (Vec<&Value>, Vec<&Value>) = rows.iter().partition(|row| row["dir"] == "out");
    for (rows, dir, attempts) in [(out, "out", asked_for), (into, "in", 0)] {
        assert!((1..=windows.len()).contains(&rows.len()), "{rows:?}");
        for row in &rows {
            let ends = json!(["192.168.1.10", "10.0.0.5", 80, dir, true]);
            let found = ["src", "dst", "dport", "dir", "exact"].map(|name| &row[name]);
            assert_eq!(json!(found), ends, "{row}");
        }
        assert_eq!(sum(&rows, "attempts"), attempts, "{rows:?}");
        assert_eq!(sum(&rows, "established"), asked_for, "{rows:?}");
    }
}

fn sum(lines: &[&Value], name: &str) -> u64 {
    lines.iter().map(|line| number(line, name)).sum()
}

/// The summary, in which every packet and byte has its place.
fn balanced(text: &str) -> Value {
    let line = text.lines().last().expect("a line");
    let summary: Value = serde_json::from_str(line).expect("a JSON line");
    assert_eq!(summary["type"], "summary");
    for unit in ["packets", "bytes"] {
        let [counted, dropped, sent] =
            ["", "dropped_", "sent_"].map(|part| number(&summary, &format!("{part}{unit}")));
        assert_eq!(counted + dropped, sent, "{unit} in {summary}");
        assert_eq!(number(&summary, &format!("residue_{unit}")), 0, "{summary}");
    }
    assert_eq!(number(&summary, "lost"), 0, "{summary}");
    summary
}

#[test]
fn the_demo_counts_every_packet_that_it_sends_at_both_hooks() {
    root_or_skip!("the_demo_counts_every_packet_that_it_sends_at_both_hooks");
    for hook in ["xdp", "tcx"] {
        let arguments = format!("demo --hook {hook} --rate 200k --flows 500 --duration 1s --json");
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let demo = windrow(&words).output().expect("run");
        assert_eq!(demo.status.code(), Some(0), "{hook}");
        let text = String::from_utf8(demo.stdout).expect("text");
        let flows = text
            .lines()
            .filter(|line| line.starts_with(r#"{"type":"flow""#));
        assert!(flows.count() >= 500, "every row is printed");
        let summary = balanced(&text);
        let own = "distinct_error sent_packets sent_bytes dropped_packets dropped_bytes iface_packets \
                   iface_bytes ns_per_packet connects_attempts";
        let names = names(text.lines().last().expect("a line"));
        assert!(names.ends_with(own), "{hook}: {names}");
        assert_eq!(number(&summary, "sent_packets"), 200_000, "{hook}");
        assert_eq!(number(&summary, "sent_bytes"), 25_600_000, "{hook}");
        for unit in ["packets", "bytes"] {
            let interface = number(&summary, &format!("iface_{unit}"));
            assert_eq!(interface, number(&summary, unit), "{hook}, {unit}");
        }
        let asked_for = number(&summary, "connects_attempts");
        assert!((1..=100_000).contains(&asked_for), "{hook}: {asked_for}");
        connected(&text, asked_for);
    }
}

/// `ip link set w1 mtu MTU` in a network namespace; false where it has no such interface.
fn set_mtu(namespace: &Path, mtu: u32) -> bool {
    let status = Command::new("nsenter")
        .arg(format!("--net={}", namespace.display()))
        .args(["ip", "link", "set", "w1", "mtu", &mtu.to_string()])
        .stderr(Stdio::null())
        .status();
    status.expect("nsenter").success()
}

/// The network namespaces of a process's threads, without the one that this test is in.
fn namespaces(pid: u32) -> Vec<PathBuf> {
    let own = fs::read_link("/proc/self/ns/net").expect("proc");
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("proc");
    let namespaces = threads.flatten().map(|thread| thread.path().join("ns/net"));
    let another = |place: &PathBuf| fs::read_link(place).is_ok_and(|it| it != own);
    namespaces.filter(another).collect()
}

#[test]
fn what_the_demos_own_link_drops_is_said_and_not_missing() {
    root_or_skip!("what_the_demos_own_link_drops_is_said_and_not_missing");
    for (hook, format) in [("xdp", "--json"), ("tcx", "--json"), ("xdp", "--numeric")] {
        let arguments = format!("demo --hook {hook} --rate 20k --duration 4s {format}");
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let demo = windrow(&words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut demo = demo.expect("spawn");
        let mut stdout = BufReader::new(demo.stdout.take().expect("piped"));
        let mut text = String::new();
        stdout.read_line(&mut text).expect("the first line");
        // A veth takes no frame that is longer than its own MTU, and counts those as if it had no
        // room for them.
        until("the link drops", || {
            let mut places = namespaces(demo.id()).into_iter();
            let Some(place) = places.find(|place| set_mtu(place, 68)) else {
                return false;
            };
            thread::sleep(Duration::from_millis(100));
            set_mtu(&place, 1500)
        });
        stdout.read_to_string(&mut text).expect("text");
        let mut said = String::new();
        let mut stderr = demo.stderr.take().expect("piped");
        stderr.read_to_string(&mut said).expect("text");
        assert_eq!(exit_code(&mut demo), Some(0), "{hook}: {said}");
        let warned = said.lines().filter(|line| line.contains("link dropped"));
        assert_eq!(warned.count(), 1, "{hook}: {said}");
        if format == "--json" {
            let dropped = number(&balanced(&text), "dropped_packets");
            assert!((1..80_000).contains(&dropped), "{hook}: {dropped}");
        } else {
            for part in [
                "  dropped by the link  ",
                "the link did not drop was counted",
                "TCP connects: 192.168.1.10 → 10.0.0.5:80 (count: ",
                "and every one of them counted at both ends\n",
            ] {
                assert!(text.contains(part), "no {part:?} in {text}");
            }
        }
    }
}
