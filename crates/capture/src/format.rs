//! The formats of captures, and what they have in common.

pub(crate) mod order;
pub(crate) mod pcap;
pub(crate) mod pcapng;

use std::io;

use windrow_core::edges::WallNanos;
use windrow_core::flow::Dir;

use crate::Link;

/// A whole record, found at the start of what is to be taken from the buffer.
pub(crate) struct Found {
    pub(crate) time: Option<WallNanos>,
    pub(crate) link: Link,
    pub(crate) original_bytes: u32,
    /// The number of its interface's name, where the file has one.
    pub(crate) interface: Option<u32>,
    /// What the record says beside the packet.
    pub(crate) dir: Option<Dir>,
    /// Bytes of the record before those that were captured.
    pub(crate) header: usize,
    /// Captured bytes.
    pub(crate) captured: usize,
    /// Bytes of the whole record, which the buffer holds.
    pub(crate) length: usize,
}

/// Why there is no next record; where, the caller knows.
pub(crate) enum Fault {
    /// What is wrong.
    Damage(String),
    /// The input could not be read.
    Read(io::Error),
    /// A packet of a LINKTYPE number that is not supported.
    LinkType(u16),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Read(error)
    }
}

impl Fault {
    /// The capture ends inside `what`.
    #[cold]
    pub(crate) fn cut(what: &str, have: usize, of: usize) -> Self {
        Fault::Damage(format!("cut inside {what}, after {have} of {of} bytes"))
    }
}

/// What the first bytes of a capture say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Magic {
    Pcap(pcap::Variant),
    Pcapng,
    /// Too few bytes to tell.
    Cut,
    /// Something else.
    Unknown,
}

impl Magic {
    /// Reads it from the first 4 bytes, or from fewer if there are no more.
    pub(crate) fn of(first: &[u8]) -> Self {
        let known = pcap::VARIANTS
            .iter()
            .map(|&(magic, variant)| (magic, Magic::Pcap(variant)));
        for (magic, format) in known.chain([(pcapng::SECTION, Magic::Pcapng)]) {
            if first.starts_with(&magic) {
                return format;
            }
            if magic.starts_with(first) {
                return Magic::Cut;
            }
        }
        Magic::Unknown
    }
}
