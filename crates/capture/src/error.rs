//! Why a capture could not be opened, or not be read to its end.

use std::fmt;
use std::io;

/// Where in a capture something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Number of the record that could not be read, from 1; those before it have been delivered.
    pub record: u64,
    /// Where that record, or the block that stands in its place, starts: bytes from the start of
    /// the capture, after decompression.
    pub offset: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}, at byte {}", self.record, self.offset)
    }
}

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is not one byte to read, compressed or not.
    #[error("the input is empty")]
    Empty,
    /// The first bytes are of no format that is read here.
    #[error("no capture: it starts neither as pcap nor as pcapng (nor as gzip or zstd of them)")]
    NotCapture,
    /// Compressed by something that is not unpacked here.
    #[error("compressed by {format}; unpack it on the way: {unpack} FILE | windrow replay -")]
    Compressed {
        /// Name of the format.
        format: &'static str,
        /// The command that writes a file unpacked to its standard output.
        unpack: &'static str,
    },
    /// The header that a capture starts with is cut or not possible; there are no records.
    #[error("damaged file header: {what}")]
    Header {
        /// What is wrong with it.
        what: String,
    },
    /// Packets of a link type that is not read here; they are never read as another.
    #[error(
        "link type {number} ({name}) is not supported{}; Ethernet, raw IP, loopback, Linux cooked \
         and PPP captures are",
        at.map(|at| format!(", {at}")).unwrap_or_default()
    )]
    LinkType {
        /// The LINKTYPE number.
        number: u16,
        /// Its official name, `unknown` where it has none.
        name: &'static str,
        /// The first packet of that link type. A legacy pcap file has one link type and is refused
        /// before its first record, so there is no place.
        at: Option<Place>,
    },
    /// A record, or a block of a pcapng file, is cut or not possible.
    #[error("damaged: {at}: {what}")]
    Damaged {
        /// Where.
        at: Place,
        /// What is wrong there.
        what: String,
    },
    /// The input could not be read on: the system refused, or compressed data is cut or damaged.
    #[error("reading stopped before {at}: {cause}")]
    Read {
        /// The record that was next.
        at: Place,
        /// What the system or the decompressor says.
        cause: io::Error,
    },
}

impl Error {
    /// Nothing could be read at all.
    pub(crate) fn unread(cause: io::Error) -> Self {
        let at = Place {
            record: 1,
            offset: 0,
        };
        Error::Read { at, cause }
    }
}
