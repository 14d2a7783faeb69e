//! `--reduce`: so many events for each line of output.

use super::capture::{ETHERNET, Folder, HOUR, Pcap, udp};
use super::{assert_balanced, by_every_engine, json, number, of, output, text};

/// Two windows of a second: in each, flow `n` of so many from 10.`n / 16`.`n % 16`.1 has `n + 1` packets.
fn file(folder: &Folder, flows: u16) -> String {
    let mut capture = Pcap::new(ETHERNET);
    for second in 0..2 {
        for n in 0..flows {
            let mut frame = udp(1000 + n, 60);
            frame[27..29].copy_from_slice(&[(n / 16) as u8, (n % 16) as u8]);
            for _ in 0..=n {
                capture = capture.record(HOUR + second, 0, &frame, 60);
            }
        }
    }
    capture.file(folder, "a.pcap")
}

#[test]
fn the_smallest_flows_are_folded_until_the_promise_holds() {
    let folder = Folder::new();
    let file = file(&folder, 100);
    for (factor, least) in [
        ("60", 60.0),
        ("100x", 100.0),
        ("252.5x", 252.5),
        ("5050x", 5050.0),
    ] {
        let lines = json(&[&file, "--window", "1s", "--reduce", factor]);
        assert_balanced(&lines);
        assert!(of(&lines, "warning").is_empty(), "{factor}");
        assert_eq!(of(&lines, "window").len(), 2);
        for window in of(&lines, "window") {
            let reduction = window["reduction"].as_f64().expect("a number");
            assert!(reduction >= least, "{factor}: {window}");
            let of_window = |kind| {
                let lines = of(&lines, kind).into_iter();
                lines.filter(|line| line["seq"] == window["seq"])
            };
            // One line more would have been too many.
            let summaries = of_window("flow").count() + of_window("prefix").count();
            assert_eq!(summaries as u64, (5050.0 / least) as u64, "{factor}");
            // The largest are kept, and exact; of any other no more is possible than of the largest
            // that was folded.
            let mut kept: Vec<u64> = of_window("flow").map(|it| number(it, "packets")).collect();
            kept.sort_unstable();
            let folded = 100 - kept.len() as u64;
            assert_eq!(kept, (folded + 1..=100).collect::<Vec<_>>());
            assert!(of_window("flow").all(|flow| flow["exact"] == true));
            assert_eq!(number(window, "absent_packets_hi"), folded);
            assert_eq!(number(window, "absent_bytes_hi"), folded * 60);
            let total = of_window("prefix")
                .find(|it| it["level"] == 0)
                .expect("a total");
            assert_eq!(number(total, "packets"), 5050);
            assert_eq!(number(total, "packets_hi"), 5050);
        }
        let summary = of(&lines, "summary")[0];
        assert!(summary["reduction"].as_f64().expect("a number") >= least);
    }
    by_every_engine(&[&file, "--tsv", "--window", "1s", "--reduce", "100x"]);
}

#[test]
fn without_it_every_flow_keeps_its_row() {
    let folder = Folder::new();
    let file = file(&folder, 20);
    let lines = json(&[&file]);
    assert_eq!(of(&lines, "flow").len(), 20);
    assert!(of(&lines, "prefix").is_empty());
}

#[test]
fn what_is_out_of_reach_is_said_once() {
    let folder = Folder::new();
    let file = file(&folder, 9);
    let lines = json(&[&file, "--reduce", "100x"]);
    assert_balanced(&lines);
    assert!(of(&lines, "flow").is_empty());
    let window = of(&lines, "window")[0];
    assert_eq!(number(&window["folded_packets"], "total"), 90);
    let warnings = of(&lines, "warning");
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0]["code"], "unreduced");

    let output = output(&[&file, "--tsv", "--window", "1s", "--reduce", "100x"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout), "other\tfolded\t45\t2700\n".repeat(2));
    assert_eq!(
        text(&output.stderr),
        "windrow: --reduce 100x is out of reach: all flows are in the total, which leaves 1 line for 45 events\n"
    );
}

/// More flows than rows: what was spilled counts, and what was folded before goes up too.
#[test]
fn a_full_table_keeps_the_promise_too() {
    let folder = Folder::new();
    let mut capture = Pcap::new(ETHERNET);
    for n in 0..30_000u32 {
        // Every third packet is of one of eight flows.
        let flow = if n % 3 == 0 { n % 8 } else { n };
        let mut frame = udp(1000, 60);
        frame[27..30].copy_from_slice(&(flow * 37).to_be_bytes()[1..]);
        capture = capture.record(HOUR, n, &frame, 60);
    }
    let file = capture.file(&folder, "a.pcap");
    for budget in ["0%", "1%", "5%"] {
        for factor in ["150x", "500x", "3000x"] {
            let arguments = ["--memory", "200K", "--spill-budget", budget];
            let lines = json(&[&[&file, "--reduce", factor][..], &arguments].concat());
            assert_balanced(&lines);
            let window = of(&lines, "window")[0];
            let least: f64 = factor.trim_end_matches('x').parse().expect("a number");
            let reduction = window["reduction"].as_f64().expect("a number");
            assert!(reduction >= least, "{budget} {factor}: {window}");
            assert!(reduction < least * 1.2, "{budget} {factor}: {window}");
            assert_eq!(of(&lines, "warning").len(), 1, "{budget} {factor}");
        }
    }
}

#[test]
fn factors_that_make_no_sense_are_refused() {
    let folder = Folder::new();
    let file = file(&folder, 1);
    for factor in ["0x", "-1", "x", "0.5", "100%", ""] {
        let output = output(&[&file, "--reduce", factor]);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{factor:?}: {error}");
        assert!(
            error.contains(&format!(
                "{factor:?} is no factor of 1 or more: write 100x or 2.5x"
            )),
            "{error}"
        );
    }
}
