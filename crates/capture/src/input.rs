//! Where a capture's bytes come from: the input counted, decompressed, and held in one buffer.

mod buffer;
mod decompress;
mod gzip;
mod zstd;

use std::io::{self, Read};

pub(crate) use buffer::Buffer;

/// A reader that counts what came out of it.
pub(crate) struct Counted<R> {
    inner: R,
    /// Bytes that were read so far.
    bytes: u64,
}

impl<R: Read> Counted<R> {
    fn new(inner: R) -> Self {
        Counted { inner, bytes: 0 }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(into) {
                Ok(read) => {
                    self.bytes += read as u64;
                    return Ok(read);
                }
                // Retried here, so that no decompressor takes it for the end of its data.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
