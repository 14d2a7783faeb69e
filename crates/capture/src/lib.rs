//! Reads capture files, record by record: pcap and pcapng, plain or compressed by gzip or zstd.
//!
//! Knows nothing of counting. What a file is follows from its first bytes, never from its name.
//! Bytes flow one way: a reader → decompression → one buffer → [`Record`], which borrows from that
//! buffer; nothing is copied but what a buffer's end cuts in two.
//!
//! A damaged file gives every record before the damage, then one [`Error`] that says where the
//! damage is and what it is, and then nothing more.
//!
//! Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng; link types:
//! <https://www.tcpdump.org/linktypes.html>.
#![forbid(unsafe_code)]

mod capture;
mod error;
mod format;
mod input;
pub mod link;

pub use capture::{Capture, Interface, Record};
pub use error::{Error, Place};
pub use link::{Link, NoNetwork};
