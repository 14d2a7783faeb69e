//! A capture, read record by record.

use std::io::Read;

use windrow_core::edges::WallNanos;
use windrow_core::flow::Dir;

use crate::format::pcap::Pcap;
use crate::format::pcapng::Pcapng;
use crate::format::{Fault, Found, Magic};
use crate::input::Buffer;
use crate::link::{self, Link};
use crate::{Error, Place};

/// A capture being read, record by record.
pub struct Capture<R> {
    buffer: Buffer<R>,
    format: Format,
    /// Records that were delivered.
    records: u64,
    /// The end was reached, or an error told.
    ended: bool,
}

/// One packet of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it was captured, rounded down to nanoseconds. `None` where the file does not tell
    /// (pcapng's simple packets), or tells a time before 1970 or after 2262.
    pub time: Option<WallNanos>,
    /// What was captured of it, from the link header on.
    pub captured: &'a [u8],
    /// Its length on the wire, bytes, as the file has it. Less than was captured in some files.
    pub original_bytes: u32,
    /// What `captured` starts with.
    pub link: Link,
    /// Where it was captured. `None` where the file has no name for that, as in legacy pcap.
    pub interface: Option<Interface<'a>>,
    /// Which way it went, by the record or by a Linux cooked header; `None` where neither tells.
    pub dir: Option<Dir>,
}

/// An interface by its name, which is all that tells it from others: interfaces of one name are
/// one interface, also in different sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface<'a> {
    /// The place of the name among those of the capture: 0 for the first.
    pub number: u32,
    /// The name, never empty. Whoever wrote the file has chosen its letters.
    pub name: &'a str,
}

enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl Format {
    #[inline]
    fn next<R: Read>(&mut self, buffer: &mut Buffer<R>) -> Result<Option<Found>, Fault> {
        match self {
            Format::Pcap(pcap) => pcap.next(buffer),
            Format::Pcapng(pcapng) => pcapng.next(buffer),
        }
    }

    #[inline]
    fn interface(&self, number: u32) -> Option<Interface<'_>> {
        match self {
            Format::Pcap(_) => None,
            Format::Pcapng(pcapng) => pcapng.named(number),
        }
    }
}

impl<R: Read> Capture<R> {
    /// Starts to read a capture. Format and compression follow from the first bytes.
    ///
    /// The reader needs no buffer of its own.
    ///
    /// # Errors
    /// If the input is empty, is no capture, has a damaged header, or is one of a link type that is
    /// not supported.
    pub fn new(reader: R) -> Result<Self, Error> {
        let mut buffer = Buffer::new(reader)?;
        let format = open(&mut buffer)?;
        Ok(Capture {
            buffer,
            format,
            records: 0,
            ended: false,
        })
    }

    /// The next record; `None` at the end, and after an error.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Read`] or [`Error::LinkType`], once: after it nothing more is
    /// read. All records before it have been delivered.
    #[inline]
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, Error> {
        if self.ended {
            return Ok(None);
        }
        match self.format.next(&mut self.buffer) {
            Ok(Some(found)) => {
                self.records += 1;
                let bytes = self.buffer.take(found.length);
                let captured = bytes.get(found.header..found.header + found.captured);
                let captured = captured.unwrap_or_default();
                Ok(Some(Record {
                    time: found.time,
                    captured,
                    original_bytes: found.original_bytes,
                    link: found.link,
                    interface: found
                        .interface
                        .and_then(|number| self.format.interface(number)),
                    dir: found.dir.or_else(|| found.link.dir(captured)),
                }))
            }
            Ok(None) => {
                self.ended = true;
                Ok(None)
            }
            Err(fault) => Err(self.fail(fault)),
        }
    }

    /// Bytes of the input that were read so far, as they lie on disk; ahead of the records by what
    /// is buffered, and the file's length at its end.
    pub fn bytes_read(&self) -> u64 {
        self.buffer.bytes_read()
    }

    #[cold]
    fn fail(&mut self, fault: Fault) -> Error {
        self.ended = true;
        let at = Place {
            record: self.records + 1,
            offset: self.buffer.offset(),
        };
        match fault {
            Fault::Damage(what) => Error::Damaged { at, what },
            Fault::Read(cause) => Error::Read { at, cause },
            Fault::LinkType(number) => Error::LinkType {
                number,
                name: link::name(number),
                at: Some(at),
            },
        }
    }
}

/// Reads a capture's header.
fn open<R: Read>(buffer: &mut Buffer<R>) -> Result<Format, Error> {
    let first = buffer.peek(4).map_err(Error::unread)?;
    let have = first.len();
    let opened = match Magic::of(first) {
        _ if first.is_empty() => return Err(Error::Empty),
        Magic::Pcap(variant) => Pcap::open(buffer, variant).map(Format::Pcap),
        Magic::Pcapng => Pcapng::open(buffer).map(Format::Pcapng),
        Magic::Cut => Err(Fault::cut("the magic number", have, 4)),
        Magic::Unknown => return Err(Error::NotCapture),
    };
    opened.map_err(|fault| match fault {
        Fault::Damage(what) => Error::Header { what },
        Fault::Read(cause) => Error::unread(cause),
        Fault::LinkType(number) => Error::LinkType {
            number,
            name: link::name(number),
            at: None,
        },
    })
}
