//! What an input is compressed by, and the capture inside it as a stream.

use std::io::{self, BufReader, Chain, Cursor, Read};

use super::Counted;
use super::gzip::Members;
use super::zstd::Frames;
use crate::Error;

/// Compressed bytes are read in portions of this.
const PORTION: usize = 256 * 1024;
/// Enough first bytes to know every format below.
const HEAD: usize = 6;

/// Formats that are named but not unpacked: magic, name, command.
const NAMED: [(&[u8], &str, &str); 4] = [
    (b"\xfd7zXZ\0", "xz", "xz -dc"),
    (b"BZh", "bzip2", "bzip2 -dc"),
    (b"\x04\x22\x4d\x18", "lz4", "lz4 -dc"),
    (b"LZIP", "lzip", "lzip -dc"),
];

/// The input, with the first bytes that were looked at put back.
type Whole<R> = Chain<Cursor<Vec<u8>>, Counted<R>>;

/// The capture's own bytes.
pub(crate) enum Source<R> {
    Plain(Whole<R>),
    /// Boxed: a decompressor is large.
    Gzip(Box<Members<BufReader<Whole<R>>>>),
    Zstd(Box<Frames<BufReader<Whole<R>>>>),
}

impl<R: Read> Source<R> {
    /// Looks at the first bytes and decompresses if they say so.
    pub(crate) fn new(reader: R) -> Result<Self, Error> {
        let mut reader = Counted::new(reader);
        let mut head = Vec::with_capacity(HEAD);
        let looked = reader.by_ref().take(HEAD as u64).read_to_end(&mut head);
        looked.map_err(Error::unread)?;
        if head.is_empty() {
            return Err(Error::Empty);
        }
        for (magic, format, unpack) in NAMED {
            if head.starts_with(magic) {
                return Err(Error::Compressed { format, unpack });
            }
        }
        let gzip = head.starts_with(b"\x1f\x8b");
        let zstd = is_zstd(&head);
        let whole = Cursor::new(head).chain(reader);
        Ok(if gzip {
            let portions = BufReader::with_capacity(PORTION, whole);
            Source::Gzip(Box::new(Members::new(portions)))
        } else if zstd {
            let portions = BufReader::with_capacity(PORTION, whole);
            Source::Zstd(Box::new(Frames::new(portions)))
        } else {
            Source::Plain(whole)
        })
    }

    /// Bytes of the input that were read so far, as they lie on disk.
    pub(crate) fn bytes_read(&self) -> u64 {
        let whole = match self {
            Source::Plain(whole) => whole,
            Source::Gzip(gzip) => gzip.get_ref().get_ref(),
            Source::Zstd(zstd) => zstd.get_ref().get_ref(),
        };
        whole.get_ref().1.bytes
    }
}

/// RFC 8878: a frame, or one that is to be skipped, with which some compressors begin.
fn is_zstd(head: &[u8]) -> bool {
    head.starts_with(b"\x28\xb5\x2f\xfd")
        || matches!(head, [first, 0x2a, 0x4d, 0x18, ..] if first & 0xf0 == 0x50)
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::Plain(whole) => whole.read(into),
            Source::Gzip(gzip) => gzip.read(into).map_err(|error| told(error, "gzip")),
            Source::Zstd(zstd) => zstd.read(into).map_err(|error| told(error, "zstd")),
        }
    }
}

/// A decompressor's error in words that name the compression; the input's own errors as they are.
fn told(error: io::Error, format: &str) -> io::Error {
    let kind = error.kind();
    let what = match kind {
        _ if error.raw_os_error().is_some() => return error,
        io::ErrorKind::UnexpectedEof => format!("the {format} data is cut"),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            format!("the {format} data is damaged: {error}")
        }
        _ => return error,
    };
    io::Error::new(kind, what)
}
