//! Link types other than Ethernet.

use super::capture::{Folder, HOUR, Pcap, ip};
use super::{output, ports, stdout, text};

fn record(header: &[u8], n: u16) -> Vec<u8> {
    [header, &ip(n, 46)].concat()
}

#[test]
fn ip_under_another_link_header_is_the_same_flow() {
    let sll = [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &[8, 0]].concat();
    let sll2 = [
        &[8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6][..],
        &[2, 0, 0, 0, 0, 1, 0, 0],
    ]
    .concat();
    let headers: [(u32, &[u8]); 12] = [
        (12, &[]),
        (14, &[]),
        (101, &[]),
        (228, &[]),
        (0, &[2, 0, 0, 0]),
        (0, &[0, 0, 0, 2]),
        (108, &[0, 0, 0, 2]),
        (113, &sll),
        (276, &sll2),
        (9, &[0xff, 3, 0, 0x21]),
        (9, &[0x21]),
        (50, &[0, 0x21]),
    ];
    let folder = Folder::new();
    for (link, header) in headers {
        let bytes = record(header, 7);
        let file = Pcap::new(link)
            .record(HOUR, 0, &bytes, bytes.len() as u32)
            .file(&folder, "a.pcap");
        let want = (1, bytes.len() as u64);
        assert_eq!(
            ports(&stdout(&[&file, "--tsv"])).get(&7),
            Some(&want),
            "{link} {header:?}"
        );
    }
}

#[test]
fn what_is_not_ip_or_cut_is_counted_with_its_reason() {
    let folder = Folder::new();
    let cases: [(u32, &[u8], &str); 5] = [
        (0, &[7, 0, 0, 0, 1, 2, 3], "link_payload"),
        (0, &[2, 0], "l2_cut"),
        (50, &[0xc0, 0x21, 1, 2], "link_payload"),
        (113, &[0; 10], "l2_cut"),
        (101, &[0x30; 40], "bad_ip"),
    ];
    for (link, bytes, reason) in cases {
        let file = Pcap::new(link)
            .record(HOUR, 0, bytes, bytes.len() as u32)
            .file(&folder, "a.pcap");
        let want = format!("other\t{reason}\t1\t{}\n", bytes.len());
        assert_eq!(stdout(&[&file, "--tsv"]), want, "{link} {bytes:?}");
    }
}

#[test]
fn any_other_link_type_is_refused_by_name() {
    let folder = Folder::new();
    let file = Pcap::new(105).frame(HOUR, 0, 1).file(&folder, "a.pcap");
    let output = output(&[&file, "--tsv"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let error = text(&output.stderr);
    assert!(
        error.contains("105") && error.contains("IEEE802_11"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
}
