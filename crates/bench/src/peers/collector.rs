//! A collector of NetFlow 5, for what tells its flows in no other way: it keeps datagrams in its
//! socket until they are summed, so that it needs no processor while traffic is counted.

use std::io::ErrorKind;
use std::net::UdpSocket;

use anyhow::{Context, Result, ensure};
use nix::sys::socket::{setsockopt, sockopt::RcvBufForce};

/// Room for the datagrams of a million flows.
const SOCKET_BYTES: usize = 128 << 20;
const HEADER: usize = 24;
const RECORD: usize = 48;
const VERSION: u16 = 5;
/// Where the header has the number of records before this datagram.
const SEQUENCE: usize = 16;
/// Where a record has its packets.
const PACKETS: usize = 16;
/// More than a datagram of 30 records.
const DATAGRAM_LIMIT: usize = 2048;

/// The receiving socket.
#[derive(Debug)]
pub struct Collector {
    socket: UdpSocket,
}

impl Collector {
    /// Listens on the loopback of the calling thread's namespace.
    ///
    /// # Errors
    /// When there is no such socket to be had.
    pub fn new() -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").context("opening the collector's socket")?;
        setsockopt(&socket, RcvBufForce, &SOCKET_BYTES).context("making the collector's buffer")?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket })
    }

    /// Its UDP port.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn port(&self) -> Result<u16> {
        Ok(self.socket.local_addr()?.port())
    }

    /// Packets of all flows that have come.
    ///
    /// # Errors
    /// When something else came, or when datagrams are missing.
    pub fn packets(&self) -> Result<u64> {
        let mut sum = Sum::default();
        let mut datagram = [0; DATAGRAM_LIMIT];
        loop {
            match self.socket.recv(&mut datagram) {
                Ok(length) => sum.add(&datagram[..length])?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(sum.packets),
                Err(error) => return Err(error).context("reading the collector's socket"),
            }
        }
    }
}

/// What the datagrams so far have in them.
#[derive(Debug, Default)]
struct Sum {
    packets: u64,
    records: u32,
}

impl Sum {
    fn add(&mut self, datagram: &[u8]) -> Result<()> {
        let version = datagram.first_chunk().copied().map(u16::from_be_bytes);
        ensure!(version == Some(VERSION), "it sent other than NetFlow 5");
        let before = number(datagram, SEQUENCE)?;
        ensure!(
            before == self.records,
            "{} of its records did not come to the collector",
            before.wrapping_sub(self.records)
        );
        let records = datagram.get(HEADER..).unwrap_or_default();
        for record in records.chunks_exact(RECORD) {
            self.packets += u64::from(number(record, PACKETS)?);
            self.records = self.records.wrapping_add(1);
        }
        Ok(())
    }
}

/// The number of 32 bits at `position`.
fn number(bytes: &[u8], position: usize) -> Result<u32> {
    let found = bytes.get(position..).and_then(<[u8]>::first_chunk);
    Ok(u32::from_be_bytes(
        *found.context("it sent a cut NetFlow datagram")?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(sequence: u32, packets: &[u32]) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[1] = 5;
        bytes[SEQUENCE..SEQUENCE + 4].copy_from_slice(&sequence.to_be_bytes());
        for number in packets {
            let mut record = [0; RECORD];
            record[PACKETS..PACKETS + 4].copy_from_slice(&number.to_be_bytes());
            bytes.extend(record);
        }
        bytes
    }

    #[test]
    fn packets_of_all_records() -> Result<()> {
        let mut sum = Sum::default();
        sum.add(&datagram(0, &[1, 70_000]))?;
        sum.add(&datagram(2, &[3]))?;
        assert_eq!(sum.packets, 70_004);
        Ok(())
    }

    #[test]
    fn what_is_missing_or_foreign_is_an_error() {
        let mut sum = Sum::default();
        assert!(sum.add(&datagram(7, &[1])).is_err());
        assert!(sum.add(&[0, 9]).is_err());
        assert!(sum.add(&[0, 5]).is_err());
        assert!(sum.add(&[]).is_err());
    }
}
