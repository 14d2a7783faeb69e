//! What a record's bytes are, and frames that several packets were sent as.

use super::capture::{ETHERNET, Folder, HOUR, Pcap, udp};
use super::{json, number, of, output, ports, stdout, text};

#[test]
fn bytes_are_those_captured_or_those_on_the_wire() {
    let folder = Folder::new();
    let file = Pcap::new(ETHERNET)
        .record(HOUR, 0, &udp(1, 60), 1000)
        .record(HOUR, 1, &udp(1, 60), 60)
        .file(&folder, "a.pcap");
    assert_eq!(ports(&stdout(&[&file, "--tsv"]))[&1], (2, 120));
    assert_eq!(
        ports(&stdout(&[&file, "--tsv", "--bytes", "wire"]))[&1],
        (2, 1060)
    );
    for (bytes, other) in [("cap", "1,060"), ("wire", "120")] {
        let report = stdout(&[&file, "--bytes", bytes]);
        assert!(report.contains("Bytes are counted as"), "{report}");
        assert!(report.contains(other), "{report}");
    }
    let lines = json(&[&file]);
    assert_eq!(of(&lines, "warning")[0]["code"], "lengths_differ");
    let summary = of(&lines, "summary")[0];
    assert_eq!(number(summary, "captured_bytes"), 120);
    assert_eq!(number(summary, "wire_bytes"), 1060);
    // The same lengths everywhere: nothing is said.
    let whole = Pcap::new(ETHERNET)
        .frame(HOUR, 0, 1)
        .file(&folder, "b.pcap");
    assert!(of(&json(&[&whole]), "warning").is_empty());
    assert!(!stdout(&[&whole]).contains("Bytes are counted"));
}

#[test]
fn one_flow_of_more_than_4_gib_is_right() {
    let folder = Folder::new();
    let mut capture = Pcap::new(ETHERNET);
    for n in 0..1000 {
        capture = capture.record(HOUR, n, &udp(1, 60), 100_000_000);
    }
    let file = capture.file(&folder, "a.pcap");
    let want = (1000, 100_000_000_000);
    assert_eq!(
        ports(&stdout(&[&file, "--tsv", "--bytes", "wire"]))[&1],
        want
    );
}

#[test]
fn super_frames_are_one_packet_each_and_that_is_said() {
    let folder = Folder::new();
    let file = Pcap::new(ETHERNET)
        .record(HOUR, 0, &udp(1, 2962), 2962)
        .record(HOUR, 0, &udp(1, 60), 65_226)
        // As long as a frame with two tags may be.
        .record(HOUR, 0, &udp(1, 60), 1522)
        .file(&folder, "a.pcap");
    let lines = json(&[&file]);
    let warnings = of(&lines, "warning");
    let warning = warnings.iter().find(|line| line["code"] == "super_frames");
    let sentence = warning.expect("it is said")["text"].as_str().expect("text");
    assert!(
        sentence.contains("2 frames") && sentence.contains("65,226"),
        "{sentence}"
    );
    assert!(sentence.contains("lower bound"), "{sentence}");
    assert_eq!(ports(&stdout(&[&file, "--tsv"]))[&1].0, 3);
    assert!(stdout(&[&file]).contains("lower bound"));
    let tsv = output(&[&file, "--tsv"]);
    assert!(text(&tsv.stderr).contains("lower bound"));
}

#[test]
fn a_full_table_costs_detail_and_no_count() {
    let folder = Folder::new();
    let mut capture = Pcap::new(ETHERNET);
    for n in 0..3000u32 {
        capture = capture.frame(HOUR, n, (n % 1000) as u16);
    }
    let file = capture.file(&folder, "a.pcap");
    let tight = [&file[..], "--memory", "64K"];
    let tsv = stdout(&[&tight[..], &["--tsv"]].concat());
    let sum: u64 = tsv
        .lines()
        .map(|line| {
            line.rsplit('\t')
                .nth(1)
                .expect("packets")
                .parse::<u64>()
                .expect("a number")
        })
        .sum();
    assert_eq!(sum, 3000);
    assert!(tsv.contains("other\tfolded\t"), "{tsv}");
    let lines = json(&tight);
    let window = of(&lines, "window")[0];
    assert_eq!(number(window, "packets"), 3000);
    assert_eq!(window["residue_packets"], 0);
    for flow in of(&lines, "flow") {
        assert!(
            number(flow, "packets") <= 3 && 3 <= number(flow, "packets_hi"),
            "{flow}"
        );
    }
    assert!(
        of(&lines, "warning")
            .iter()
            .any(|line| line["code"] == "table_full")
    );
    // The same seed gives the same rows, another gives others.
    let rows = |seed: &str| stdout(&[&tight[..], &["--tsv", "--seed", seed]].concat());
    assert_eq!(rows("0"), tsv);
    assert_ne!(rows("1"), tsv);
}
