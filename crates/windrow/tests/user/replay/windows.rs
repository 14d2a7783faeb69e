//! Windows by the time of records, sound and unsound.

use super::capture::{ETHERNET, Folder, HOUR, Pcap};
use super::{json, number, of, stdout};

/// Start, end and packets of every window; start and end in seconds from the hour.
fn windows(arguments: &[&str]) -> Vec<(i64, i64, u64)> {
    let lines = json(arguments);
    let seconds = |line: &serde_json::Value, name: &str| {
        let time: jiff::Timestamp = line[name]
            .as_str()
            .expect("a time")
            .parse()
            .expect("RFC 3339");
        assert_eq!(time.subsec_nanosecond(), 0);
        time.as_second() - HOUR as i64
    };
    let windows = of(&lines, "window");
    for window in &windows {
        assert_eq!(window["residue_packets"], 0);
        assert_eq!(window["residue_bytes"], 0);
    }
    let summary = of(&lines, "summary")[0];
    let packets: u64 = windows.iter().map(|window| number(window, "packets")).sum();
    assert_eq!(packets, number(summary, "packets"));
    assert_eq!(packets, number(summary, "records"));
    windows
        .into_iter()
        .map(|line| {
            (
                seconds(line, "start"),
                seconds(line, "end"),
                number(line, "packets"),
            )
        })
        .collect()
}

fn codes(arguments: &[&str]) -> Vec<String> {
    let lines = json(arguments);
    let code = |line: &&serde_json::Value| line["code"].as_str().unwrap_or("").to_owned();
    of(&lines, "warning").iter().map(code).collect()
}

#[test]
fn windows_start_on_their_edge_and_empty_ones_are_left_out() {
    let folder = Folder::new();
    let file = Pcap::new(ETHERNET)
        .frame(HOUR, 700_000_000, 1)
        .frame(HOUR, 999_999_999, 1)
        .frame(HOUR + 1, 0, 2)
        .frame(HOUR + 9, 5, 1)
        .file(&folder, "a.pcap");
    assert_eq!(
        windows(&[&file, "--window", "1s"]),
        [(0, 1, 2), (1, 2, 1), (9, 10, 1)]
    );
    assert_eq!(windows(&[&file, "--window", "1m"]), [(0, 60, 4)]);
    assert!(codes(&[&file, "--window", "1s"]).is_empty());

    let lines = json(&[&file, "--window", "1s"]);
    let flow = of(&lines, "flow")[0];
    assert!(
        flow["first"]
            .as_str()
            .expect("a time")
            .ends_with("00.700000000Z")
    );
    assert!(
        flow["last"]
            .as_str()
            .expect("a time")
            .ends_with("00.999999999Z")
    );
    assert_eq!(
        (&flow["packets"], &flow["exact"]),
        (&2.into(), &true.into())
    );
}

#[test]
fn one_window_over_everything_reaches_from_the_first_record_to_the_last() {
    let folder = Folder::new();
    let file = Pcap::new(ETHERNET)
        .frame(HOUR + 5, 0, 1)
        .frame(HOUR + 3, 0, 2)
        .frame(HOUR + 9, 0, 1)
        .file(&folder, "a.pcap");
    assert_eq!(windows(&[&file]), [(3, 9, 3)]);
    assert_eq!(codes(&[&file]), ["out_of_order"]);
    // However the records lie, the first is the earliest and the last the latest.
    let back = Pcap::new(ETHERNET)
        .frame(HOUR + 5, 0, 1)
        .frame(HOUR + 3, 0, 1)
        .frame(HOUR + 9, 0, 1)
        .frame(HOUR + 6, 0, 1)
        .file(&folder, "b.pcap");
    let lines = json(&[&back, "--window", "1h"]);
    let flow = of(&lines, "flow")[0];
    assert!(
        flow["first"]
            .as_str()
            .expect("a time")
            .contains(":03.000000000"),
        "{flow}"
    );
    assert!(
        flow["last"]
            .as_str()
            .expect("a time")
            .contains(":09.0000000"),
        "{flow}"
    );
    let report = stdout(&[&file]);
    for part in [
        "Records: 3",
        "Total flows: 2",
        "residue 0 packets and 0 bytes",
    ] {
        assert!(report.contains(part), "{part:?} in {report}");
    }
}

#[test]
fn records_a_little_out_of_order_stay_in_the_open_window() {
    let folder = Folder::new();
    let file = Pcap::new(ETHERNET)
        .frame(HOUR + 1, 0, 1)
        .frame(HOUR, 999_999_000, 1)
        .frame(HOUR + 1, 10, 1)
        .file(&folder, "a.pcap");
    let arguments = [&file[..], "--window", "1s"];
    assert_eq!(windows(&arguments), [(1, 2, 3)]);
    assert_eq!(codes(&arguments), ["out_of_order"]);
    let lines = json(&arguments);
    for flow in of(&lines, "flow") {
        let (window, first, last) = (of(&lines, "window")[0], &flow["first"], &flow["last"]);
        // Text in one format and zone sorts as time does.
        assert!(window["start"].as_str() <= first.as_str());
        assert!(first.as_str() <= last.as_str() && last.as_str() <= window["end"].as_str());
    }
}

#[test]
fn a_wrong_clock_spoils_one_window_and_is_said() {
    let folder = Folder::new();
    // In 2106, and then as before.
    let file = Pcap::new(ETHERNET)
        .frame(HOUR, 0, 1)
        .frame(u64::from(u32::MAX), 0, 1)
        .frame(HOUR, 5, 1)
        .frame(HOUR + 1, 0, 1)
        .file(&folder, "a.pcap");
    let arguments = [&file[..], "--window", "1s"];
    let far = i64::from(u32::MAX) - HOUR as i64;
    let want = [(0, 1, 1), (far, far + 1, 1), (0, 1, 1), (1, 2, 1)];
    assert_eq!(windows(&arguments), want);
    assert_eq!(codes(&arguments), ["time_ahead", "time_back"]);
    // One window: a day-long table of two billion seconds is no table of windows.
    assert_eq!(windows(&[&file]), [(0, far, 4)]);
}

#[test]
fn records_of_time_zero_are_counted_where_the_clock_stands() {
    let folder = Folder::new();
    let file = Pcap::new(ETHERNET)
        .frame(HOUR + 7, 0, 1)
        .frame(0, 0, 1)
        .frame(HOUR + 8, 0, 1)
        .file(&folder, "a.pcap");
    let arguments = [&file[..], "--window", "1s"];
    assert_eq!(windows(&arguments), [(7, 8, 2), (8, 9, 1)]);
    assert_eq!(codes(&arguments), ["undated"]);
    let all_zero = Pcap::new(ETHERNET)
        .frame(0, 0, 1)
        .frame(0, 0, 2)
        .file(&folder, "b.pcap");
    let at_1970 = -(HOUR as i64);
    assert_eq!(windows(&[&all_zero]), [(at_1970, at_1970, 2)]);
}

#[test]
fn files_in_the_wrong_order_are_said() {
    let folder = Folder::new();
    let late = Pcap::new(ETHERNET)
        .frame(HOUR + 50, 0, 1)
        .file(&folder, "late.pcap");
    let early = Pcap::new(ETHERNET)
        .frame(HOUR, 0, 1)
        .file(&folder, "early.pcap");
    let arguments = [&late[..], &early, "--window", "10s"];
    assert_eq!(windows(&arguments), [(50, 60, 1), (0, 10, 1)]);
    assert_eq!(codes(&arguments), ["time_back"]);
}
