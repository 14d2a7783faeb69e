//! Bytes that may be a capture: read twice, in portions of different sizes, and counted.

use std::io::{self, Read};

use windrow_capture::{Capture, Error, Link, Record};
use windrow_core::slice::MonoNanos;
use windrow_core::tally::Tally;
use windrow_datapath::Native;
use windrow_datapath::native::Weight;

use crate::alone::native;

/// Records that are read of one input: more are there only where it is compressed.
const MOST_RECORDS: u64 = 5_000;
/// What is kept of a packet that Ethernet did not carry.
const MOST_PAYLOAD: usize = 300;

/// Reads a capture to its end or damage.
///
/// # Panics
/// When what comes out depends on how the bytes came in, when reading goes on behind its end, or
/// when a packet that was read is not counted.
pub fn capture(data: &[u8]) {
    let (whole, pieces) = (Capture::new(data), Capture::new(Pieces::of(data)));
    let (mut whole, mut pieces) = match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => (whole, pieces),
        (Err(whole), Err(pieces)) => {
            assert_eq!(whole.to_string(), pieces.to_string());
            return;
        }
        (whole, pieces) => panic!("{:?}, but in pieces {:?}", whole.err(), pieces.err()),
    };
    let mut counted = Counted::new();
    let mut delivered = 0;
    while delivered < MOST_RECORDS {
        match (whole.next_record(), pieces.next_record()) {
            (Ok(Some(record)), Ok(Some(same))) => {
                assert_eq!(record, same);
                counted.record(&record);
                delivered += 1;
            }
            (Ok(None), Ok(None)) => {
                assert_eq!(whole.bytes_read(), data.len() as u64, "unread at the end");
                assert_ended(&mut whole);
                assert_ended(&mut pieces);
                break;
            }
            (Err(error), Err(same)) => {
                assert_eq!(error.to_string(), same.to_string());
                assert_place(&error, delivered);
                assert_ended(&mut whole);
                assert_ended(&mut pieces);
                break;
            }
            (whole, pieces) => panic!("{whole:?}, but in pieces {pieces:?}"),
        }
        assert!(whole.bytes_read() <= data.len() as u64);
    }
    counted.finish();
}

fn assert_ended<R: Read>(capture: &mut Capture<R>) {
    for _ in 0..3 {
        assert!(
            matches!(capture.next_record(), Ok(None)),
            "goes on behind its end"
        );
    }
}

/// An error is of the record behind those that were delivered.
fn assert_place(error: &Error, delivered: u64) {
    let at = match error {
        Error::Damaged { at, .. } | Error::Read { at, .. } => *at,
        Error::LinkType { at: Some(at), .. } => *at,
        other => panic!("not an error of a record: {other}"),
    };
    assert_eq!(at.record, delivered + 1, "{error}");
}

/// What the records came to.
struct Counted {
    native: Native,
    want: Tally,
    events: u64,
    /// Holds what the packet before left there.
    room: Vec<u8>,
}

impl Counted {
    fn new() -> Counted {
        Counted {
            native: native(64 << 10, 1),
            want: Tally::ZERO,
            events: 0,
            room: Vec::new(),
        }
    }

    fn record(&mut self, record: &Record<'_>) {
        let mut fresh = Vec::new();
        let framed = record
            .link
            .as_ethernet(record.captured, &mut fresh, MOST_PAYLOAD);
        let same = record
            .link
            .as_ethernet(record.captured, &mut self.room, MOST_PAYLOAD);
        assert_eq!(framed, same);
        let Ok(frame) = framed else { return };
        let most = match record.link {
            Link::Ethernet => record.captured.len(),
            _ => 14 + record.captured.len().min(MOST_PAYLOAD),
        };
        assert!(frame.len() <= most, "{record:?}");
        let at = record.time.map_or(0, |time| time.0);
        assert!(at >= 0, "{record:?}");
        // Exactly as long as the frame: the address sanitizer then sees every read beyond it.
        let frame: Box<[u8]> = frame.into();
        let weight = Weight::packet(record.original_bytes);
        self.native.count(&frame, weight, MonoNanos(at as u64));
        self.want += Tally::new(1, u64::from(record.original_bytes));
        self.events += 1;
    }

    fn finish(mut self) {
        let slice = self.native.drain();
        let folded = slice.folded_sum();
        let rows = slice.rows.chain(slice.spills);
        let rows: Tally = rows.map(|row| row.count).sum();
        let other: Tally = slice.other.iter().map(|(_, seen)| *seen).sum();
        assert_eq!((slice.events, slice.seen), (self.events, self.want));
        assert_eq!(rows + folded + other, self.want, "conservation");
    }
}

/// A reader that gives little at a time, never the same twice, and is interrupted in between.
struct Pieces<'a> {
    rest: &'a [u8],
    turn: usize,
}

impl Pieces<'_> {
    fn of(rest: &[u8]) -> Pieces<'_> {
        Pieces { rest, turn: 0 }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        const SIZES: [usize; 8] = [1, 3, 0, 2, 17, 1, 64, 5];
        self.turn += 1;
        let size = match SIZES[self.turn % SIZES.len()] {
            0 => return Err(io::ErrorKind::Interrupted.into()),
            size => size.min(into.len()).min(self.rest.len()),
        };
        let (piece, rest) = self.rest.split_at(size);
        into[..size].copy_from_slice(piece);
        self.rest = rest;
        Ok(size)
    }
}
