//! The captures of the corpus, against its manifest and truth files, and against another reader.
//!
//! They hold third parties' traffic and are not part of this repository. Their folder is named by
//! `WINDROW_CORPUS`, or lies beside the workspace as `shared/corpus`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};
use windrow_capture::{Error, Link};

use crate::{Owned, read};

fn corpus(test: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let folder = std::env::var_os("WINDROW_CORPUS").map_or_else(|| beside.into(), PathBuf::from);
    if folder.join("open/pcap").is_dir() {
        return Some(folder);
    }
    println!(
        "skipped: {test}: no captures at {}; name their folder in WINDROW_CORPUS",
        folder.display()
    );
    None
}

/// Name and content of every file of a folder, sorted.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files: BTreeMap<_, _> = entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    files
}

/// Records, captured bytes, original bytes.
type Sums = [u64; 3];

/// The sums of a truth file, whose rows hold them in columns 8 to 10.
fn truth(corpus: &Path, part: &str, name: &str) -> Sums {
    let path = corpus.join(part).join("truth").join(format!("{name}.tsv"));
    let text = fs::read_to_string(path).unwrap();
    let mut sums = [0; 3];
    for row in text.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<_> = row.split('\t').collect();
        for (sum, column) in sums.iter_mut().zip(&columns[7..10]) {
            *sum += column.parse::<u64>().unwrap();
        }
    }
    sums
}

fn sums(records: &[Owned]) -> Sums {
    let captured = records.iter().map(|record| record.captured.len() as u64);
    let original = records
        .iter()
        .map(|record| u64::from(record.original_bytes));
    [records.len() as u64, captured.sum(), original.sum()]
}

/// Every file of a folder whose records and bytes are not what the truth file says.
fn differences(corpus: &Path, part: &str, folder: &str, damaged: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, bytes) in files(&corpus.join(part).join(folder)) {
        let (records, error) = read(&bytes);
        let (want, got) = (truth(corpus, part, &name), sums(&records));
        let damage = matches!(error, Some(Error::Damaged { at, .. }) if at.record == want[0] + 1);
        if want != got || damage != damaged || error.is_some() != damaged {
            lines.push(format!("{name}: want {want:?}, got {got:?}, {error:?}"));
        }
    }
    lines
}

#[test]
fn every_capture_holds_what_its_truth_says() {
    let Some(corpus) = corpus("every_capture_holds_what_its_truth_says") else {
        return;
    };
    for part in ["open", "adversarial"] {
        let lines = differences(&corpus, part, "pcap", false);
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }
}

#[test]
fn damaged_captures_give_what_is_before_the_damage() {
    let Some(corpus) = corpus("damaged_captures_give_what_is_before_the_damage") else {
        return;
    };
    let lines = differences(&corpus, "open", "badfile", true);
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn other_links_are_decoded_or_refused_by_name() {
    let Some(corpus) = corpus("other_links_are_decoded_or_refused_by_name") else {
        return;
    };
    let manifest = fs::read_to_string(corpus.join("open/MANIFEST.tsv")).unwrap();
    for (name, bytes) in files(&corpus.join("open/nonether")) {
        let line = manifest.lines().find(|line| line.contains(&name)).unwrap();
        // `linktypes(records)` of files with one link type: `276:6`
        let number: u16 = line
            .split('\t')
            .nth(8)
            .unwrap()
            .split(':')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let (records, error) = read(&bytes);
        match (Link::from_number(number), error) {
            (Some(link), None) => {
                assert_eq!(sums(&records), truth(&corpus, "open", &name), "{name}");
                assert!(records.iter().all(|record| record.link == link));
                let mut room = Vec::new();
                for record in &records {
                    let frame = record.link.as_ethernet(&record.captured, &mut room, 2000);
                    assert!(frame.is_err() || frame.is_ok_and(|frame| frame.len() >= 14));
                }
            }
            (
                None,
                Some(Error::LinkType {
                    number: told, at, ..
                }),
            ) => {
                assert_eq!((told, at), (number, None), "{name}");
                assert!(records.is_empty());
            }
            (_, error) => panic!("{name}: {error:?}"),
        }
    }
}

/// What pcap-parser makes of a file, as far as it can: packets without times.
fn by_another_reader(bytes: &[u8]) -> Vec<(Vec<u8>, u32)> {
    let mut reader = create_reader(bytes.len().max(65536), bytes).unwrap();
    let mut packets = Vec::new();
    loop {
        match reader.next() {
            Ok((length, block)) => {
                match &block {
                    PcapBlockOwned::Legacy(record) => {
                        packets.push((record.data.to_vec(), record.origlen));
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                        packets.push((packet.packet_data().to_vec(), packet.origlen));
                    }
                    PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                        packets.push((packet.packet_data().to_vec(), packet.origlen));
                    }
                    _ => {}
                }
                reader.consume(length);
            }
            Err(PcapError::Eof) => return packets,
            Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[test]
fn every_packet_is_byte_for_byte_what_another_reader_finds() {
    let Some(corpus) = corpus("every_packet_is_byte_for_byte_what_another_reader_finds") else {
        return;
    };
    for folder in ["open/pcap", "adversarial/pcap"] {
        for (name, bytes) in files(&corpus.join(folder)) {
            let records = read(&bytes).0.into_iter();
            let ours: Vec<_> = records.map(|r| (r.captured, r.original_bytes)).collect();
            assert!(ours == by_another_reader(&bytes), "{name}");
        }
    }
}
