//! Reading a BPF ring buffer where it lies.
//!
//! libbpf's reader belongs to a poll loop and keeps its callback; here the data path itself asks, at
//! an instant that it chooses, and may be shared by threads.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::slice;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use memmap2::{MmapOptions, MmapRaw};

/// Length and flags of a record, before its data; the second half is the kernel's own.
const HEADER_BYTES: u64 = 8;
/// Records begin at multiples of this.
const RECORD_ALIGN: u64 = 8;

/// The reading side of a ring. There is one reader.
#[derive(Debug)]
pub struct Ring {
    /// A page whose first 8 bytes say how far the reader is.
    consumer: MmapRaw,
    /// A page whose first 8 bytes say how far the writer is; then all of the data, twice over, so
    /// that a record at the end lies in one piece.
    producer: MmapRaw,
    page_bytes: usize,
    data_bytes: usize,
}

impl Ring {
    /// Maps a ring of that many bytes, as it was created with.
    pub fn of_map(map: impl AsFd, data_bytes: usize, page_bytes: usize) -> io::Result<Ring> {
        let map = map.as_fd().as_raw_fd();
        Ok(Ring {
            consumer: MmapOptions::new().len(page_bytes).map_raw(map)?,
            producer: MmapOptions::new()
                .offset(page_bytes as u64)
                .len(page_bytes + 2 * data_bytes)
                .map_raw_read_only(map)?,
            page_bytes,
            data_bytes,
        })
    }

    /// Hands over every record that waits, in order, and gives its room back.
    ///
    /// # Errors
    /// The first error of `take`; that record and those behind it wait on.
    pub fn consume(&mut self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        // SAFETY: the first 8 bytes of the page, which only this reader writes.
        let position = unsafe { AtomicU64::from_ptr(self.consumer.as_mut_ptr().cast()) };
        // SAFETY: the first 8 bytes of the mapping, never written here; of memory that may only be
        // read, relaxed loads are certain to be nothing else.
        let end = unsafe { AtomicU64::from_ptr(self.producer.as_mut_ptr().cast()) };
        let end = end.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        let mut at = position.load(Ordering::Relaxed);
        while at < end {
            let Some(record) = self.record(at) else { break };
            if let Some(data) = record.data {
                take(data)?;
            }
            at += record.room;
            position.store(at, Ordering::Release);
        }
        Ok(())
    }

    /// The record that begins there; `None` while its writer is busy with it.
    fn record(&self, at: u64) -> Option<Record<'_>> {
        let offset = self.page_bytes + (at % self.data_bytes as u64) as usize;
        // SAFETY: between the reader's position and the writer's there are whole records, and what
        // is behind the end of the data is mapped once more. Loaded as above.
        let header = unsafe { AtomicU32::from_ptr(self.producer.as_mut_ptr().add(offset).cast()) };
        let header = header.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        if header & libbpf_sys::BPF_RINGBUF_BUSY_BIT != 0 {
            return None;
        }
        let length = header & !libbpf_sys::BPF_RINGBUF_DISCARD_BIT;
        assert!(
            length as usize <= self.data_bytes,
            "a record of {length} bytes"
        );
        let start = offset + HEADER_BYTES as usize;
        // SAFETY: inside the mapping, as above; the kernel writes there again only when the reader's
        // position has moved behind the record.
        let data = unsafe {
            slice::from_raw_parts(self.producer.as_mut_ptr().add(start), length as usize)
        };
        Some(Record {
            data: (header & libbpf_sys::BPF_RINGBUF_DISCARD_BIT == 0).then_some(data),
            room: (HEADER_BYTES + u64::from(length)).next_multiple_of(RECORD_ALIGN),
        })
    }
}

/// One record of a ring.
struct Record<'a> {
    /// `None` where the writer gave it up.
    data: Option<&'a [u8]>,
    /// Bytes that it takes in the ring.
    room: u64,
}
