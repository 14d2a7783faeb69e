//! The buffer that records are read in: filled by large reads, moved only at its end.

use std::io::{self, Read};

use super::decompress::Source;
use crate::Error;

/// What is read at a time: of 80-byte records in a warm file the kernel's copy costs 13 ns each, and
/// 15 by reads of a quarter of this.
const SIZE: usize = 1024 * 1024;

/// The capture's bytes from where reading stands.
pub(crate) struct Buffer<R> {
    source: Source<R>,
    bytes: Vec<u8>,
    /// What was read and not taken yet: `start..end` of `bytes`.
    start: usize,
    end: usize,
    /// Where `start` is in the capture.
    offset: u64,
}

impl<R: Read> Buffer<R> {
    pub(crate) fn new(reader: R) -> Result<Self, Error> {
        Ok(Buffer {
            source: Source::new(reader)?,
            bytes: vec![0; SIZE],
            start: 0,
            end: 0,
            offset: 0,
        })
    }

    /// The next `wanted` bytes, or fewer where the capture ends before; they remain to be taken.
    ///
    /// The buffer grows to `wanted`, so callers bound it.
    #[inline]
    pub(crate) fn peek(&mut self, wanted: usize) -> io::Result<&[u8]> {
        if self.end - self.start < wanted {
            self.fill(wanted)?;
        }
        let end = self.end.min(self.start + wanted);
        Ok(self.bytes.get(self.start..end).unwrap_or_default())
    }

    /// Takes the next `length` bytes, which have been peeked at.
    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> &[u8] {
        debug_assert!(length <= self.end - self.start);
        let taken = self.start;
        self.start = self.end.min(self.start + length);
        self.offset += length as u64;
        self.bytes.get(taken..self.start).unwrap_or_default()
    }

    /// Where in the capture the next byte is.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes of the input that were read so far, as they lie on disk.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.source.bytes_read()
    }

    #[cold]
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        if self.start + wanted > self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while self.end - self.start < wanted {
            if self.end == self.bytes.len() {
                // Step by step: a length that the input only claims is never allocated.
                let doubled = self.bytes.len() * 2;
                self.bytes.resize(wanted.min(doubled), 0);
            }
            let room = self.bytes.get_mut(self.end..).unwrap_or_default();
            match self.source.read(room)? {
                0 => break,
                read => self.end += read,
            }
        }
        Ok(())
    }
}
