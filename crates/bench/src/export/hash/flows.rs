//! The calls into the kernel that take flows out of a hash map, each one system call. libbpf-rs has
//! them too, but makes new memory for each key and value: that would be measured as well.
#![allow(unsafe_code)] // libbpf's calls on buffers that are used again

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// `struct flow` of the designs.
pub type Key = [u8; 40];

/// `struct count` of the designs.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Count {
    /// Packets of a flow.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A hash map of [`Key`]s and [`Count`]s.
#[derive(Debug)]
pub struct Flows<'a> {
    map: BorrowedFd<'a>,
}

/// How far a drain in batches is.
#[derive(Debug)]
pub struct Batch {
    /// Where the next batch begins, as the kernel says; `None` at the start.
    place: Option<u32>,
    /// Rows that are asked for.
    rows: usize,
}

impl Batch {
    /// No flow was taken yet; so many at a time, at most.
    pub fn from_the_start(rows: usize) -> Self {
        Self { place: None, rows }
    }
}

impl<'a> Flows<'a> {
    /// The map must be the one of a design whose values are [`Count`]s.
    pub fn new(map: BorrowedFd<'a>) -> Self {
        Self { map }
    }

    /// The key behind another one, or the first; `None` behind the last.
    pub fn next_key(&self, after: Option<&Key>) -> io::Result<Option<Key>> {
        let mut next: Key = [0; 40];
        let after = after.map_or(ptr::null(), |key| key.as_ptr());
        // SAFETY: both are null or as long as the map's keys.
        let rc = unsafe {
            libbpf_sys::bpf_map_get_next_key(
                self.map.as_raw_fd(),
                after.cast(),
                next.as_mut_ptr().cast(),
            )
        };
        found(rc).map(|found| found.then_some(next))
    }

    /// What a flow counted; `None` where it is gone.
    pub fn lookup(&self, key: &Key) -> io::Result<Option<Count>> {
        let mut count = Count::default();
        // SAFETY: key and value are as long as the map's.
        let rc = unsafe {
            libbpf_sys::bpf_map_lookup_elem(
                self.map.as_raw_fd(),
                key.as_ptr().cast(),
                (&raw mut count).cast(),
            )
        };
        found(rc).map(|found| found.then_some(count))
    }

    /// Deletes a flow; false where it is gone.
    pub fn delete(&self, key: &Key) -> io::Result<bool> {
        // SAFETY: the key is as long as the map's.
        found(unsafe { libbpf_sys::bpf_map_delete_elem(self.map.as_raw_fd(), key.as_ptr().cast()) })
    }

    /// Appends the next batch to keys and counts, which are as many; false when it was the last one.
    pub fn take(
        &self,
        batch: &mut Batch,
        keys: &mut Vec<Key>,
        counts: &mut Vec<Count>,
    ) -> io::Result<bool> {
        let length = keys.len();
        keys.reserve(batch.rows);
        counts.reserve(batch.rows);
        let mut taken = batch.rows as u32;
        let mut place = batch.place.unwrap_or(0);
        let from = batch.place.as_mut().map_or(ptr::null_mut(), |place| place);
        // SAFETY: there is room for that many keys and values behind the last ones; a place in a hash
        // map is four bytes, and what the kernel reads of it is written only after.
        let rc = unsafe {
            libbpf_sys::bpf_map_lookup_and_delete_batch(
                self.map.as_raw_fd(),
                from.cast(),
                (&raw mut place).cast(),
                keys.as_mut_ptr().add(length).cast(),
                counts.as_mut_ptr().add(length).cast(),
                &raw mut taken,
                ptr::null(),
            )
        };
        let more = found(rc)?;
        batch.place = Some(place);
        let length = length + (taken as usize).min(batch.rows);
        // SAFETY: the kernel wrote so many of each; any bytes are a key or a count.
        unsafe {
            keys.set_len(length);
            counts.set_len(length);
        }
        Ok(more)
    }
}

/// What libbpf returns for a call that may find nothing.
fn found(rc: i32) -> io::Result<bool> {
    let error = io::Error::from_raw_os_error(-rc);
    match rc {
        0.. => Ok(true),
        _ if error.kind() == io::ErrorKind::NotFound => Ok(false),
        _ => Err(error),
    }
}
