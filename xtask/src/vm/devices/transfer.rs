//! The load of the check: bytes over TCP, there and back, in pieces that become super-frames.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

/// What is written at once.
static PIECE: [u8; 1 << 16] = [0x5a; 1 << 16];

/// Serves transfers without an end, or makes one: sends so many bytes, and gets as many back.
///
/// # Errors
/// When the arguments make no sense, or anything is sent otherwise than it should.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--serve", address] => {
            let listener = TcpListener::bind(address)
                .with_context(|| format!("cannot listen at {address}"))?;
            loop {
                let (stream, _) = listener.accept().context("cannot accept")?;
                answer(stream)?;
            }
        }
        [address, bytes] => {
            let bytes = bytes.parse().context("so many bytes make no sense")?;
            let stream = TcpStream::connect(address)
                .with_context(|| format!("cannot connect to {address}"))?;
            ask(stream, bytes)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("use `transfer --serve ADDRESS` or `transfer ADDRESS BYTES`"),
    }
}

/// The other side closes last: when this returns, all that it has sent has come.
fn ask(mut stream: TcpStream, bytes: usize) -> Result<()> {
    send(&mut stream, bytes)?;
    let returned = receive(&mut stream)?;
    ensure!(returned == bytes, "got {returned} of {bytes} bytes back");
    Ok(())
}

fn answer(mut stream: TcpStream) -> Result<()> {
    let bytes = receive(&mut stream)?;
    send(&mut stream, bytes)
}

fn send(stream: &mut TcpStream, bytes: usize) -> Result<()> {
    let mut left = bytes;
    while left > 0 {
        let piece = &PIECE[..left.min(PIECE.len())];
        stream.write_all(piece).context("cannot send")?;
        left -= piece.len();
    }
    match stream.shutdown(Shutdown::Write) {
        // The other side has closed already: all has come there.
        Err(error) if error.kind() == ErrorKind::NotConnected => Ok(()),
        other => other.context("cannot end"),
    }
}

/// Reads to the end; gives how many bytes there were.
fn receive(stream: &mut TcpStream) -> Result<usize> {
    let mut buffer = vec![0; PIECE.len()];
    let mut bytes = 0;
    loop {
        match stream.read(&mut buffer).context("cannot read")? {
            0 => return Ok(bytes),
            some => bytes += some,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn as_much_comes_back() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
        let address = listener.local_addr().expect("bound");
        let server = thread::spawn(move || answer(listener.accept().expect("accept").0));
        let stream = TcpStream::connect(address).expect("connect");
        ask(stream, 3 * PIECE.len() + 7).expect("all of it");
        server.join().expect("ends").expect("answers");
    }
}
