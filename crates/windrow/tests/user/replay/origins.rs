//! `--by iface` and `--by dir`: what captures tell of where their records came by.

use super::capture::{Folder, HOUR, Pcap, ip};
use super::frame::Frame;
use super::{by_every_engine, json, of, sorted, stdout};

/// Which way a record went, as pcapng has it.
const IN: u32 = 1;
const OUT: u32 = 2;

/// A pcapng file, little-endian.
struct Pcapng(Vec<u8>);

impl Pcapng {
    fn new() -> Pcapng {
        Pcapng(Vec::new()).section()
    }

    fn section(self) -> Pcapng {
        let words: [u32; 4] = [0x1a2b_3c4d, 1, u32::MAX, u32::MAX];
        self.block(0x0a0d_0d0a, &words, &[])
    }

    /// An Ethernet interface, of that name unless it is empty.
    fn interface(self, name: &str) -> Pcapng {
        let mut option = Vec::new();
        if !name.is_empty() {
            option.extend([2, 0, name.len() as u8, 0]);
            option.extend(name.as_bytes());
        }
        self.block(1, &[1, 0], &option)
    }

    /// A frame at an interface of the section.
    fn frame(self, interface: u32, flags: u32) -> Pcapng {
        let mut frame = Frame::default().bytes();
        let length = frame.len() as u32;
        frame.resize(frame.len().next_multiple_of(4), 0);
        frame.extend([2, 0, 4, 0]);
        frame.extend(flags.to_le_bytes());
        let micros = HOUR * 1_000_000;
        let time = [(micros >> 32) as u32, micros as u32];
        self.block(6, &[interface, time[0], time[1], length, length], &frame)
    }

    fn block(mut self, kind: u32, words: &[u32], rest: &[u8]) -> Pcapng {
        let padded = rest.len().next_multiple_of(4);
        let length = (12 + words.len() * 4 + padded) as u32;
        for word in [&[kind, length][..], words].concat() {
            self.0.extend(word.to_le_bytes());
        }
        self.0.extend(rest);
        self.0.resize(self.0.len() + padded - rest.len(), 0);
        self.0.extend(length.to_le_bytes());
        self
    }
}

#[test]
fn a_name_is_one_interface_in_all_sections_and_files() {
    let folder = Folder::new();
    let first = Pcapng::new()
        .interface("lan0")
        .interface("wan0")
        .interface("")
        .frame(0, IN)
        .frame(1, OUT)
        .frame(1, OUT)
        .frame(2, 0)
        .section()
        .interface("wan0")
        .frame(0, IN)
        .frame(0, OUT);
    let second = Pcapng::new().interface("").interface("lan0").frame(1, IN);
    let first = folder.file("a.pcapng", &first.0);
    let second = folder.file("b.pcapng", &second.0);
    let files = [&*first, &second];
    let rows = |by| by_every_engine(&[&files[..], &["--tsv", "--by", by]].concat());
    assert_eq!(
        sorted(&rows("iface,dir")),
        [
            "-\t-\t1\t54",
            "lan0\tin\t2\t108",
            "wan0\tin\t1\t54",
            "wan0\tout\t3\t162"
        ]
    );
    assert_eq!(
        sorted(&rows("iface")),
        ["-\t1\t54", "lan0\t2\t108", "wan0\t4\t216"]
    );
    assert_eq!(
        sorted(&rows("dir,dport")),
        ["53\t-\t1\t54", "53\tin\t3\t162", "53\tout\t3\t162"]
    );
    // Not asked for, they tell no rows apart.
    assert_eq!(rows("src").lines().count(), 1);
    let lines = json(&[&files[..], &["--by", "iface,dir", "--window", "1s"]].concat());
    let mut names: Vec<_> = of(&lines, "flow")
        .iter()
        .map(|flow| (flow["iface"].as_str(), flow["dir"].as_str()))
        .collect();
    names.sort_unstable();
    let (lan, wan) = (Some("lan0"), Some("wan0"));
    assert_eq!(
        names,
        [
            (None, None),
            (lan, Some("in")),
            (wan, Some("in")),
            (wan, Some("out"))
        ]
    );
    let report = stdout(&[&first, "--by", "iface,dir"]);
    assert!(report.contains("\nIFACE  DIR  PACKETS"), "{report}");
    assert!(report.contains("\nwan0   out        3"), "{report}");
}

#[test]
fn a_name_is_printed_without_what_moves_a_cursor_or_a_column() {
    let folder = Folder::new();
    let capture = Pcapng::new().interface("a\tb,\"\x1b[2J").frame(0, IN);
    let file = folder.file("a.pcapng", &capture.0);
    let tsv = stdout(&[&file, "--tsv", "--by", "iface"]);
    assert_eq!(tsv, "a\\tb,\"\\u{1b}[2J\t1\t54\n");
    let csv = stdout(&[&file, "--csv", "--by", "iface"]);
    assert!(csv.contains(r#"0,0,"a\tb,""\u{1b}[2J",1,1,54"#), "{csv}");
    let flows = json(&[&file, "--by", "iface"]);
    assert_eq!(of(&flows, "flow")[0]["iface"], r#"a\tb,"\u{1b}[2J"#);
    assert!(!stdout(&[&file, "--by", "iface"]).contains('\x1b'));
}

#[test]
fn a_cooked_capture_tells_the_direction_and_no_name() {
    let folder = Folder::new();
    let mut first = Pcap::new(113);
    let mut second = Pcap::new(276);
    for kind in 0..5 {
        let header = [0, kind, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0];
        let packet = [&header[..], &ip(1, 46)].concat();
        first = first.record(HOUR, 0, &packet, packet.len() as u32);
        let header = [8, 0, 0, 0, 0, 0, 0, 2, 0, 1, kind, 6];
        let packet = [&header[..], &[2, 0, 0, 0, 0, 1, 0, 0], &ip(1, 46)].concat();
        second = second.record(HOUR, 0, &packet, packet.len() as u32);
    }
    for (capture, bytes) in [(first, 62), (second, 66)] {
        let file = capture.file(&folder, "a.pcap");
        let tsv = by_every_engine(&[&file, "--tsv", "--by", "iface,dir"]);
        let rows = [
            format!("-\tin\t4\t{}", 4 * bytes),
            format!("-\tout\t1\t{bytes}"),
        ];
        assert_eq!(sorted(&tsv), rows);
    }
}
