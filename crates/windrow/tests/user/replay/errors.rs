//! What cannot be read, and what makes no sense.

use super::capture::{ETHERNET, Folder, HOUR, Pcap};
use super::{output, ports, text};

/// It failed with that code and one sentence that says all of `parts`.
pub fn assert_refused(arguments: &[&str], code: i32, parts: &[&str]) {
    let output = output(arguments);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?} {error}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    for part in parts {
        assert!(
            error.contains(part),
            "{arguments:?}: {part:?} is not in: {error}"
        );
    }
}

#[test]
fn bad_usage_is_explained() {
    let folder = Folder::new();
    let file = Pcap::new(ETHERNET)
        .frame(HOUR, 0, 1)
        .file(&folder, "a.pcap");
    assert_refused(&[], 2, &["FILE"]);
    assert_refused(&[&file, "--window", "0"], 2, &["--window", "all"]);
    assert_refused(&[&file, "--window", "8760h"], 2, &["24h"]);
    assert_refused(&[&file, "--tsv", "--json"], 2, &["--tsv", "--json"]);
    assert_refused(&[&file, "--engine", "gpu"], 2, &["gpu", "user"]);
    assert_refused(&[&file, "--bytes", "all"], 2, &["cap", "wire"]);
    assert_refused(&[&file, "--memory", "1"], 2, &["--memory"]);
    assert_refused(&[&file, "--seed", "x"], 2, &["--seed"]);
    assert_refused(&[&file, "--topp", "1"], 2, &["--top"]);
    assert_refused(&["-", "-"], 2, &["once"]);
}

#[test]
fn files_that_cannot_be_read_are_refused() {
    let folder = Folder::new();
    assert_refused(
        &[&folder.path("none.pcap")],
        1,
        &["none.pcap", "No such file"],
    );
    assert_refused(&[&folder.path("none*.pcap")], 1, &["no file matches"]);
    assert_refused(
        &[&folder.path("x[1.pcap")],
        1,
        &["x[1.pcap", "No such file"],
    );
    assert_refused(&[&folder.path("")], 1, &["no file in the folder"]);
    let empty = folder.file("empty.pcap", b"");
    assert_refused(&[&empty], 1, &["empty.pcap", "empty"]);
    let words = folder.file(
        "words.pcap",
        b"Once upon a time there was no capture at all.",
    );
    assert_refused(&[&words], 1, &["words.pcap", "capture"]);
    let xz = folder.file("a.xz", &[0xfd, b'7', b'z', b'X', b'Z', 0, 0, 4]);
    assert_refused(&[&xz], 1, &["xz"]);
}

#[test]
fn records_before_the_damage_are_counted() {
    let folder = Folder::new();
    let whole = Pcap::new(ETHERNET)
        .frame(HOUR, 0, 1)
        .frame(HOUR, 1, 2)
        .bytes();
    // In the header of the third record, in its bytes, and with an absurd length.
    let third = Pcap::new(ETHERNET).frame(HOUR, 2, 3).bytes().split_off(24);
    let absurd = [&third[..8], &[0xff; 8], &third[16..]].concat();
    for rest in [&third[..5], &third[..40], &absurd] {
        let file = folder.file("a.pcap", &[&whole[..], rest].concat());
        let output = output(&[&file, "--tsv"]);
        assert_eq!(output.status.code(), Some(1));
        let error = text(&output.stderr);
        let ports = ports(&text(&output.stdout));
        assert_eq!(ports.keys().copied().collect::<Vec<_>>(), [1, 2]);
        let offset = whole.len().to_string();
        for part in ["a.pcap", "record 3", &offset] {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    // A damaged file ends the stream: what stands behind it is not read.
    let damaged = folder.file("a.pcap", &[&whole[..], &third[..5]].concat());
    let next = Pcap::new(ETHERNET)
        .frame(HOUR, 2, 9)
        .file(&folder, "b.pcap");
    let output = output(&[&damaged, &next, "--tsv"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(ports(&text(&output.stdout)).len(), 2);
    assert!(text(&output.stderr).contains("1 input behind it not read"));
}
