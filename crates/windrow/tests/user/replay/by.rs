//! `--by`: which packets are one row, and what rows look like in each format.

use super::capture::{ETHERNET, Folder, HOUR, Pcap};
use super::frame::{CUSTOMER, Frame, PROVIDER, TCP, arp};
use super::names::names;
use super::{assert_balanced, by_every_engine, json, of, sorted, stdout};

/// Packets that have something in common, and something not.
fn frames() -> Vec<Vec<u8>> {
    let frames = [
        Frame {
            tos: 0xb8,
            ..Frame::default()
        },
        Frame {
            src: "10.1.2.77",
            sport: 1001,
            ..Frame::default()
        },
        Frame {
            tos: 0xb8,
            ..Frame::v6()
        },
        Frame {
            src: "2001:db8:1:2:ffff::9",
            tos: 0x03,
            ..Frame::v6()
        },
        // The outermost tag is the provider's.
        Frame {
            tags: vec![(PROVIDER, 100), (CUSTOMER, 7)],
            ..Frame::default()
        },
        // A priority, and no VLAN.
        Frame {
            tags: vec![(CUSTOMER, 0xa000)],
            ..Frame::default()
        },
        // Priority and drop eligibility are no part of the id.
        Frame {
            tags: vec![(CUSTOMER, 0xf000 | 4094)],
            src: "10.1.3.3",
            dst: "192.168.8.1",
            proto: TCP,
            ..Frame::default()
        },
    ];
    let mut frames: Vec<Vec<u8>> = frames.iter().map(Frame::bytes).collect();
    frames.push(arp());
    frames
}

fn file(folder: &Folder) -> String {
    let mut capture = Pcap::new(ETHERNET);
    for (frame, n) in frames().iter().zip(0..) {
        capture = capture.record(HOUR, n, frame, frame.len() as u32);
    }
    capture.file(folder, "a.pcap")
}

/// The rows that `--by` makes of the packets: v4 frames have 54 bytes, v6 frames 74, a tag has 4.
#[test]
fn packets_that_differ_in_nothing_that_is_asked_for_are_one_row() {
    let folder = Folder::new();
    let file = file(&folder);
    let cases: [(&str, &[&str]); 10] = [
        (
            "src/24",
            &[
                "10.1.2.0/24\t4\t228",
                "10.1.3.0/24\t1\t58",
                "2001:db8:1:2::/64\t2\t148",
            ],
        ),
        (
            "src/16/48,proto",
            &[
                "10.1.0.0/16\t17\t4\t228",
                "10.1.0.0/16\t6\t1\t58",
                "2001:db8:1::/48\t17\t2\t148",
            ],
        ),
        ("src/0/0", &["0.0.0.0/0\t5\t286", "::/0\t2\t148"]),
        (
            "src/32/128",
            &[
                "10.1.2.3/32\t3\t174",
                "10.1.2.77/32\t1\t54",
                "10.1.3.3/32\t1\t58",
                "2001:db8:1:2:3::4/128\t1\t74",
                "2001:db8:1:2:ffff::9/128\t1\t74",
            ],
        ),
        // Without an address IPv4 and IPv6 are one.
        ("dport", &["53\t7\t434"]),
        ("dport,proto", &["53\t17\t6\t376", "53\t6\t1\t58"]),
        ("vlan", &["0\t5\t314", "100\t1\t62", "4094\t1\t58"]),
        ("tos", &["0\t4\t232", "184\t2\t128", "3\t1\t74"]),
        // In the order of every output, not in that of the command line.
        (
            "vlan, dst/24,sport",
            &[
                "192.168.7.0/24\t1000\t0\t2\t112",
                "192.168.7.0/24\t1000\t100\t1\t62",
                "192.168.7.0/24\t1001\t0\t1\t54",
                "192.168.8.0/24\t1000\t4094\t1\t58",
                "2001:db8:9::/64\t1000\t0\t2\t148",
            ],
        ),
        ("iface,dir", &["-\t-\t7\t434"]),
    ];
    for (by, want) in cases {
        let text = by_every_engine(&[&file, "--tsv", "--by", by]);
        let mut want = want.to_vec();
        want.push("other\tethertype_0806\t1\t42");
        want.sort_unstable();
        assert_eq!(sorted(&text), want, "{by}");
    }
}

#[test]
fn json_and_csv_have_the_keys_that_were_asked_for_and_no_others() {
    let folder = Folder::new();
    let file = file(&folder);
    let text = stdout(&[&file, "--json", "--by", "tos,vlan,dir,iface"]);
    let flow = text.lines().find(|line| line.contains("\"flow\""));
    let rest = "packets packets_hi bytes bytes_hi first last tcp_flags exact";
    assert_eq!(
        names(flow.expect("a flow")).join(" "),
        format!("type seq window_ns iface dir vlan tos {rest}")
    );
    let lines = json(&[&file, "--by", "dst/24/48,src/8,vlan"]);
    assert_eq!(
        of(&lines, "start")[0]["by"],
        serde_json::json!(["src/8", "dst/24/48", "vlan"])
    );
    for flow in of(&lines, "flow") {
        let (src, dst) = (&flow["src"], &flow["dst"]);
        let prefixes = (src.as_str().expect("text"), dst.as_str().expect("text"));
        let is_ipv4 = prefixes.0 == "10.0.0.0/8" && prefixes.1.starts_with("192.168.");
        let is_ipv6 = prefixes == ("2001:db8:1:2::/64", "2001:db8:9::/48");
        assert!(is_ipv4 || is_ipv6, "{flow}");
        assert!(
            flow["vlan"].is_u64() && flow.get("sport").is_none(),
            "{flow}"
        );
    }
    assert_balanced(&lines);

    let csv = by_every_engine(&[&file, "--csv", "--by", "src/24,iface,dir,tos"]);
    let rest = "packets,packets_hi,bytes,bytes_hi,first,last,tcp_flags,exact";
    let mut rows = csv.lines();
    assert_eq!(
        rows.next().expect("a header"),
        format!("seq,window_ns,src,iface,dir,tos,{rest}")
    );
    let rows: Vec<&str> = rows.collect();
    let of_class = rows.iter().find(|row| row.contains(",184,"));
    assert!(
        of_class.is_some_and(|row| row.starts_with("0,0,10.1.2.0/24,,,184,1,1,54,54,")),
        "{rows:?}"
    );
}

#[test]
fn unknown_is_null_and_a_dash_in_tables() {
    let folder = Folder::new();
    let file = file(&folder);
    let lines = json(&[&file, "--by", "iface,dir"]);
    let flow = of(&lines, "flow")[0];
    assert!(flow["iface"].is_null() && flow["dir"].is_null(), "{flow}");
    let report = stdout(&[&file, "--by", "src/24,iface,dir,vlan,tos"]);
    let row = report.lines().find(|line| line.starts_with("10.1.3.0/24"));
    let cells: Vec<&str> = row.expect("a row").split_whitespace().collect();
    assert_eq!(cells[..5], ["10.1.3.0/24", "-", "-", "4094", "0x00"]);
}

#[test]
fn a_table_that_is_full_folds_whatever_rows_are_of() {
    let folder = Folder::new();
    let mut capture = Pcap::new(ETHERNET);
    for n in 0..3000u16 {
        let frame = Frame {
            sport: n,
            dport: 1,
            tos: n as u8,
            ..if n % 2 == 0 {
                Frame::v6()
            } else {
                Frame::default()
            }
        };
        let bytes = frame.bytes();
        capture = capture.record(HOUR + u64::from(n / 1000), 0, &bytes, bytes.len() as u32);
    }
    let file = capture.file(&folder, "a.pcap");
    for by in ["src,sport", "sport", "sport,tos", "sport,vlan,iface"] {
        for filter in ["not portrange 10-600", "port 1"] {
            let lines = json(&[
                &file, "--by", by, "--memory", "40K", "--window", "1s", filter,
            ]);
            assert_balanced(&lines);
            let windows = of(&lines, "window");
            assert_eq!(windows.len(), 3);
            let folded = |level: &str| {
                let counts = windows.iter().map(|it| &it["folded_packets"][level]);
                counts.filter_map(|it| it.as_u64()).sum::<u64>()
            };
            // Without an address there are no networks.
            let has_address = by.contains("src");
            assert_eq!(folded("24") > 0, has_address, "{by}");
            assert_eq!(!of(&lines, "prefix").is_empty(), has_address, "{by}");
            assert!(
                has_address || folded("total") > 0,
                "{by}: nothing was folded"
            );
        }
    }
}
