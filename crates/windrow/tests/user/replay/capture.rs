//! Captures made by the tests: pcap files with the records that they say.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Link type of Ethernet.
pub const ETHERNET: u32 = 1;
/// A moment that is a multiple of an hour.
pub const HOUR: u64 = 1_700_000_000 / 3600 * 3600;

/// A pcap file in nanoseconds, little-endian.
pub struct Pcap(Vec<u8>);

impl Pcap {
    pub fn new(link: u32) -> Pcap {
        let header = [0xa1b2_3c4d_u32, 2 | 4 << 16, 0, 0, 0x40000, link];
        Pcap(header.iter().flat_map(|word| word.to_le_bytes()).collect())
    }

    /// One record at `seconds` and `nanos`, of which `original` bytes were on the wire.
    pub fn record(mut self, seconds: u64, nanos: u32, bytes: &[u8], original: u32) -> Pcap {
        let words = [seconds as u32, nanos, bytes.len() as u32, original];
        self.0
            .extend(words.iter().flat_map(|word| word.to_le_bytes()));
        self.0.extend_from_slice(bytes);
        self
    }

    /// A frame of flow `n`, whole.
    pub fn frame(self, seconds: u64, nanos: u32, n: u16) -> Pcap {
        let frame = udp(n, 60);
        self.record(seconds, nanos, &frame, frame.len() as u32)
    }

    pub fn bytes(self) -> Vec<u8> {
        self.0
    }

    /// The file, in a folder of this test alone.
    pub fn file(self, folder: &Folder, name: &str) -> String {
        folder.file(name, &self.0)
    }
}

/// An Ethernet frame of `length` bytes: IPv4, UDP from port `n` to 53.
pub fn udp(n: u16, length: u16) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend_from_slice(&ip(n, length - 14));
    frame
}

/// The same without a link header.
pub fn ip(n: u16, length: u16) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend_from_slice(&length.to_be_bytes());
    packet.extend_from_slice(&[0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    packet.extend_from_slice(&n.to_be_bytes());
    packet.extend_from_slice(&[0, 53]);
    packet.extend_from_slice(&(length - 20).to_be_bytes());
    packet.resize(usize::from(length), 0);
    packet
}

/// A folder that goes with its owner.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("windrow-replay-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        Folder(folder)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").to_owned()
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
