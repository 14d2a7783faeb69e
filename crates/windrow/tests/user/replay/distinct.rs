//! How many distinct sources, destinations and ports there were, as it is printed.

use serde_json::Value;

use super::capture::{ETHERNET, Folder, HOUR, Pcap};
use super::frame::Frame;
use super::{by_every_engine, json, number, of, stdout};

/// In each of three seconds so many hosts talk to one, on three ports; a half of them in the next second, too.
const HOSTS: u32 = 2_000;

fn capture(folder: &Folder) -> String {
    let mut capture = Pcap::new(ETHERNET);
    for second in 0..3 {
        for host in 0..HOSTS {
            let frame = Frame {
                dport: 80 + (host % 3) as u16,
                ..Frame::default()
            };
            let mut bytes = frame.bytes();
            let host = host + second * HOSTS / 2;
            bytes[26..30].copy_from_slice(&(0x0a00_0000 + host).to_be_bytes());
            capture = capture.record(HOUR + u64::from(second), host, &bytes, 60);
        }
    }
    capture.file(folder, "a.pcap")
}

/// Within four standard errors, which is what happens to one count of many thousands.
fn assert_near(line: &Value, name: &str, truth: u64) {
    let error = line["distinct_error"].as_f64().expect("a share");
    let count = number(line, name);
    let most = (4.0 * error * truth as f64).round() as u64;
    assert!(count.abs_diff(truth) <= most, "{name}: {count} of {truth}");
}

#[test]
fn hosts_are_counted_in_each_window_and_once_in_all() {
    let folder = Folder::new();
    let file = capture(&folder);
    // With a few hundred rows, too.
    for memory in ["64K", "8M"] {
        let lines = json(&[&file, "--window", "1s", "--memory", memory]);
        let windows = of(&lines, "window");
        assert_eq!(windows.len(), 3);
        for window in windows {
            assert_near(window, "distinct_src", HOSTS.into());
            assert_eq!(number(window, "distinct_dst"), 1);
            assert_eq!(number(window, "distinct_dport"), 3);
        }
        let summary = of(&lines, "summary")[0];
        assert_near(summary, "distinct_src", u64::from(HOSTS) * 2);
        assert_eq!(number(summary, "distinct_dport"), 3);
    }
}

#[test]
fn what_packets_are_not_grouped_by_is_null_and_not_on_screen() {
    let folder = Folder::new();
    let file = capture(&folder);
    let lines = json(&[&file, "--by", "src/22,proto"]);
    for kind in ["window", "summary"] {
        let line = of(&lines, kind)[0];
        // 4000 hosts are of 4 such networks.
        assert_eq!(number(line, "distinct_src"), 4);
        assert!(line["distinct_dst"].is_null() && line["distinct_dport"].is_null());
        assert_eq!(line["distinct_error"], 0.01625);
    }
    let report = by_every_engine(&[&file, "--by", "src/22,proto"]);
    assert!(
        report.contains("\nDistinct: ≈ 4 sources (± 1.6 %)\n"),
        "{report}"
    );
    let windows = stdout(&[&file, "--window", "1s", "--by", "dst,dport"]);
    assert_eq!(
        windows.matches(" · ≈ 1 destination, 3 ports · ").count(),
        3,
        "{windows}"
    );
    assert!(!stdout(&[&file, "--by", "proto"]).contains('≈'));
    let nothing = json(&[&file, "--by", "proto"]);
    assert!(of(&nothing, "summary")[0]["distinct_error"].is_null());
}
