//! Captures of every kind, written byte by byte here, and the captures of the corpus.
#![allow(clippy::unwrap_used)] // tests

mod compressed;
mod corpus;
mod damage;
mod links;
mod origins;
mod pcap;
mod pcapng;
mod writer;

use std::io::Read;

use windrow_capture::{Capture, Error, Link};

/// A record that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owned {
    time: Option<i64>,
    captured: Vec<u8>,
    original_bytes: u32,
    link: Link,
}

impl Owned {
    fn ethernet(time: i64, captured: &[u8]) -> Owned {
        Owned {
            time: Some(time),
            captured: captured.to_vec(),
            original_bytes: captured.len() as u32,
            link: Link::Ethernet,
        }
    }
}

/// All records, and the error that ended them; after either end, nothing more may come.
fn read_from(reader: impl Read) -> (Vec<Owned>, Option<Error>) {
    let mut capture = match Capture::new(reader) {
        Ok(capture) => capture,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut records = Vec::new();
    let error = loop {
        match capture.next_record() {
            Ok(Some(record)) => records.push(Owned {
                time: record.time.map(|time| time.0),
                captured: record.captured.to_vec(),
                original_bytes: record.original_bytes,
                link: record.link,
            }),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    for _ in 0..2 {
        assert!(matches!(capture.next_record(), Ok(None)));
    }
    (records, error)
}

fn read(bytes: &[u8]) -> (Vec<Owned>, Option<Error>) {
    read_from(bytes)
}

/// The records of a sound capture.
fn records(bytes: &[u8]) -> Vec<Owned> {
    let (records, error) = read(bytes);
    assert!(error.is_none(), "{error:?}");
    records
}

/// Gives one byte at a time.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let most = into.len().min(1);
        self.0.read(&mut into[..most])
    }
}
