//! gzip (RFC 1952): member after member, as one stream.
//!
//! flate2's own readers drop what the decompressor had ready when it came to damage: up to a whole
//! portion of good data. Here that is given out first, and then the error.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};

/// The largest window, which every member fits.
const WINDOW_BITS: u8 = 15;

/// Which of these it is, the decompressor says differently for portions of another size.
const DAMAGE: &str =
    "it does not decompress, its checksum is wrong, or something else stands behind it";

/// The members of an input, decompressed.
pub(crate) struct Members<R> {
    input: R,
    inflate: Decompress,
    state: State,
}

/// What the next bytes of the input are.
enum State {
    /// The beginning of a member, or the end.
    Between,
    /// The rest of a member.
    Inside,
    /// Of no use: tell this error, once.
    Failed(Option<io::Error>),
}

impl<R: BufRead> Members<R> {
    pub(crate) fn new(input: R) -> Self {
        Members {
            input,
            inflate: Decompress::new_gzip(WINDOW_BITS),
            state: State::Between,
        }
    }

    pub(crate) fn get_ref(&self) -> &R {
        &self.input
    }

    /// Decompresses once; says how many bytes came of it.
    fn inflate(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.input.fill_buf()?;
        let ended = available.is_empty();
        let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
        let result = self
            .inflate
            .decompress(available, into, FlushDecompress::None);
        let read = (self.inflate.total_in() - read) as usize;
        let written = (self.inflate.total_out() - written) as usize;
        self.input.consume(read);
        match result {
            Ok(Status::StreamEnd) => self.state = State::Between,
            Ok(_) if ended && written == 0 => {
                self.state = State::Failed(Some(io::ErrorKind::UnexpectedEof.into()));
            }
            Ok(_) => {}
            Err(_) => {
                let error = io::Error::new(io::ErrorKind::InvalidData, DAMAGE);
                self.state = State::Failed(Some(error));
            }
        }
        Ok(written)
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            match &mut self.state {
                State::Failed(error) => return error.take().map_or(Ok(0), Err),
                State::Between => {
                    let available = self.input.fill_buf()?;
                    if available.is_empty() {
                        return Ok(0);
                    }
                    // Tapes and block devices are filled up with zeros.
                    let zeros = available.iter().take_while(|byte| **byte == 0).count();
                    if zeros > 0 {
                        self.input.consume(zeros);
                        continue;
                    }
                    self.inflate = Decompress::new_gzip(WINDOW_BITS);
                    self.state = State::Inside;
                }
                State::Inside => {
                    let written = self.inflate(into)?;
                    if written > 0 {
                        return Ok(written);
                    }
                }
            }
        }
    }
}
