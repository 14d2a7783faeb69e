//! A filter behind the captures: which words it is made of, and what becomes of what it leaves out.

use super::capture::{ETHERNET, Folder, HOUR, Pcap};
use super::frame::{CUSTOMER, Frame, TCP, arp};
use super::{assert_balanced, by_every_engine, command, json, number, of, output, stdout, text};

/// One packet a port from 1 to 4, of TCP where it is even; port 4 has a tag; and ARP.
fn file(folder: &Folder, name: &str) -> String {
    let mut capture = Pcap::new(ETHERNET);
    for n in 1..=4 {
        let frame = Frame {
            dport: n,
            proto: if n % 2 == 0 {
                TCP
            } else {
                Frame::default().proto
            },
            tags: vec![(CUSTOMER, 9); usize::from(n == 4)],
            ..Frame::default()
        };
        let bytes = frame.bytes();
        capture = capture.record(HOUR + u64::from(n), 0, &bytes, bytes.len() as u32);
    }
    let arp = arp();
    capture
        .record(HOUR + 5, 0, &arp, arp.len() as u32)
        .file(folder, name)
}

/// The ports that pass, and whether packets without a flow do.
fn passing(arguments: &[&str]) -> (Vec<u16>, bool) {
    let tsv = by_every_engine(&[&["--tsv"], arguments].concat());
    let (other, rows): (Vec<&str>, Vec<&str>) =
        tsv.lines().partition(|line| line.starts_with("other"));
    let port = |row: &&str| row.split('\t').nth(3)?.parse().ok();
    let mut ports: Vec<u16> = rows.iter().filter_map(port).collect();
    assert_eq!(ports.len(), rows.len());
    ports.sort_unstable();
    (ports, !other.is_empty())
}

#[test]
fn a_filter_may_be_one_word_or_many_with_flags_around_it() {
    let folder = Folder::new();
    let file = file(&folder, "a.pcap");
    let port_2 = (vec![2], false);
    assert_eq!(passing(&[&file, "tcp", "port", "2"]), port_2);
    assert_eq!(passing(&[&file, "tcp port 2"]), port_2);
    assert_eq!(
        passing(&[&file, "-n", "tcp", "--top", "9", "port 2"]),
        port_2
    );
    assert_eq!(
        passing(&[&file, "(udp", "or", "port 2)", "and", "port", "2"]),
        port_2
    );
    assert_eq!(
        passing(&["--window", "1h", "--", &file, "dst port 2"]),
        port_2
    );
    assert_eq!(passing(&[&file, "vlan"]), (vec![4], false));
    assert_eq!(passing(&[&file, "vlan 9 and tcp"]), (vec![4], false));
    assert_eq!(passing(&[&file, "not", "tcp"]), (vec![1, 3], true));
    assert_eq!(passing(&[&file, "ip6"]), (vec![], false));
    assert_eq!(passing(&[&file]), (vec![1, 2, 3, 4], true));
}

#[test]
fn captures_end_where_the_filter_begins() {
    let folder = Folder::new();
    let (a, b) = (file(&folder, "a.pcap"), file(&folder, "(1).pcap"));
    let packets = |arguments: &[&str]| number(of(&json(arguments), "summary")[0], "events");
    assert_eq!(packets(&[&a, &b]), 10);
    assert_eq!(packets(&[&a, &b, "udp"]), 10);
    // What is called like a keyword is a keyword, unless it says where it is.
    file(&folder, "tcp");
    let run = |words: &[&str]| {
        let output = command(words).current_dir(folder.path("")).output();
        let output = output.expect("run");
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    for (words, lines) in [
        (&["--tsv", "a.pcap", "tcp"][..], 2),
        (&["--tsv", "--by", "src,dport", "a.pcap", "./tcp"], 5),
        (&["--tsv", "tcp", "udp"], 2),
        (&["--tsv", "--by", "src,dport", "a.pcap", "(1).pcap"], 5),
        (&["--tsv", "a.pcap", "(1).pcap", "dst port 1"], 1),
    ] {
        assert_eq!(run(words).lines().count(), lines, "{words:?}");
    }
}

#[test]
fn what_is_left_out_is_counted_in_every_window_and_in_the_sums() {
    let folder = Folder::new();
    let file = file(&folder, "a.pcap");
    let lines = json(&[&file, "--window", "1s", "tcp"]);
    assert_balanced(&lines);
    let filtered = |line| {
        (
            number(line, "filtered_packets"),
            number(line, "filtered_bytes"),
        )
    };
    let windows: Vec<_> = of(&lines, "window").into_iter().map(filtered).collect();
    assert_eq!(windows, [(1, 54), (0, 0), (1, 54), (0, 0), (1, 42)]);
    let summary = of(&lines, "summary")[0];
    assert_eq!(filtered(summary), (3, 150));
    assert_eq!(number(summary, "packets"), 5);
    assert_eq!(number(summary, "other_packets"), 0);

    let report = stdout(&[&file, "tcp"]);
    for line in [
        "Total packets: 5 (avg. 1.0 per flow)",
        "  left out by the filter: 3 packets (150 B)",
    ] {
        assert!(report.lines().any(|said| said == line), "{line}: {report}");
    }
    let shares: Vec<&str> = report
        .lines()
        .filter(|line| line.contains("50.0 %"))
        .collect();
    assert_eq!(shares.len(), 2, "shares are of what passed: {report}");
    let windows = stdout(&[&file, "--window", "1h", "tcp"]);
    assert!(
        windows.contains(" · left out by the filter: 3 packets (150 B) · 2 flows"),
        "{windows}"
    );
    assert!(!stdout(&[&file]).contains("left out"));
}

#[test]
fn records_that_no_engine_sees_pass_the_filter_too() {
    let folder = Folder::new();
    // A family that is not IP, and a header that is cut.
    let file = Pcap::new(0)
        .record(HOUR, 0, &[7, 0, 0, 0, 1, 2, 3], 7)
        .record(HOUR, 1, &[2, 0], 2)
        .file(&folder, "a.pcap");
    for (filter, packets, bytes) in [("ip or ip6 or vlan", 2, 9), ("not ip", 0, 0)] {
        let lines = json(&[&file, filter]);
        assert_balanced(&lines);
        let summary = of(&lines, "summary")[0];
        assert_eq!(number(summary, "filtered_packets"), packets, "{filter}");
        assert_eq!(number(summary, "filtered_bytes"), bytes, "{filter}");
        assert_eq!(number(summary, "other_packets"), 2 - packets, "{filter}");
        by_every_engine(&[&file, "--tsv", filter]);
    }
    // Too short for a program run.
    let file = Pcap::new(ETHERNET)
        .record(HOUR, 0, &[1; 9], 9)
        .file(&folder, "b.pcap");
    assert_eq!(by_every_engine(&[&file, "--tsv", "tcp"]), "");
    let short = by_every_engine(&[&file, "--tsv", "not", "tcp"]);
    assert_eq!(short, "other\tshort\t1\t9\n");
}

#[test]
fn a_filter_that_is_none_is_shown_where_it_is_wrong() {
    let folder = Folder::new();
    let file = file(&folder, "a.pcap");
    for (words, lines) in [
        (
            &["tcp", "prot", "80"][..],
            "  tcp prot 80\n      ^^^^\ndid you mean \"port\"?\n",
        ),
        (&["host"], "  host\n      ^\n"),
        (&["tcp", "b.pcap"], "  tcp b.pcap\n      ^^^^^^\n"),
    ] {
        let output = output(&[&[file.as_str()], words].concat());
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(output.stdout.is_empty(), "{words:?}");
        assert!(error.starts_with("windrow: "), "{error}");
        assert!(error.ends_with(lines), "{error}");
    }
}

#[test]
fn a_word_that_is_no_capture_may_have_been_meant_for_a_filter() {
    let folder = Folder::new();
    let file = file(&folder, "a.pcap");
    for (word, hint) in [
        ("10.0.0.1", "host 10.0.0.1"),
        ("10.0.0.0/8", "net 10.0.0.0/8"),
        ("443", "port 443"),
        ("arp", "tcp port 443"),
    ] {
        let output = output(&[&file, word]);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(output.stdout.is_empty(), "{word}");
        for part in [word, "no such file", "begins with a keyword", hint] {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
    }
}
