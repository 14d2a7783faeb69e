//! The calls that libbpf-rs does not wrap, or wraps with new memory for each value, which would be
//! measured as well. All `unsafe` of this crate that is not generated is here; nothing here decides
//! anything.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
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

/// Attaches a program to an interface of the calling thread's namespace, as long as the link lives.
pub fn link(program: BorrowedFd<'_>, index: u32, kind: u32, flags: u32) -> io::Result<OwnedFd> {
    let options = libbpf_sys::bpf_link_create_opts {
        sz: size_of::<libbpf_sys::bpf_link_create_opts>() as _,
        flags,
        ..Default::default()
    };
    // SAFETY: the options outlive the call and carry their own size.
    let fd = unsafe {
        libbpf_sys::bpf_link_create(program.as_raw_fd(), index as i32, kind, &raw const options)
    };
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(-fd));
    }
    // SAFETY: a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The key behind another one, or the first; `None` behind the last.
pub fn next_key(map: BorrowedFd<'_>, after: Option<&Key>) -> io::Result<Option<Key>> {
    let mut next: Key = [0; 40];
    let after = after.map_or(ptr::null(), |key| key.as_ptr());
    // SAFETY: both are null or as long as the map's keys.
    let rc = unsafe {
        let next = next.as_mut_ptr().cast();
        libbpf_sys::bpf_map_get_next_key(map.as_raw_fd(), after.cast(), next)
    };
    found(rc).map(|found| found.then_some(next))
}

/// What a flow counted; `None` where it is gone.
pub fn lookup(map: BorrowedFd<'_>, key: &Key) -> io::Result<Option<Count>> {
    let mut count = Count::default();
    // SAFETY: key and value are as long as the map's.
    let rc = unsafe {
        let value = (&raw mut count).cast();
        libbpf_sys::bpf_map_lookup_elem(map.as_raw_fd(), key.as_ptr().cast(), value)
    };
    found(rc).map(|found| found.then_some(count))
}

/// Deletes a flow; false where it is gone.
pub fn delete(map: BorrowedFd<'_>, key: &Key) -> io::Result<bool> {
    // SAFETY: the key is as long as the map's.
    found(unsafe { libbpf_sys::bpf_map_delete_elem(map.as_raw_fd(), key.as_ptr().cast()) })
}

/// Takes up to so many flows out of the map, and appends them to keys and counts, which are as many.
/// `place` is where to begin, `None` at the start, and then where to go on; false when it was the last.
pub fn take_batch(
    map: BorrowedFd<'_>,
    place: &mut Option<u32>,
    rows: usize,
    keys: &mut Vec<Key>,
    counts: &mut Vec<Count>,
) -> io::Result<bool> {
    let length = keys.len();
    keys.reserve(rows);
    counts.reserve(rows);
    let mut taken = rows as u32;
    let mut next = place.unwrap_or(0);
    let from = place.as_mut().map_or(ptr::null_mut(), |place| place);
    // SAFETY: there is room for that many keys and values behind the last ones; a place in a hash map
    // is four bytes, and what the kernel reads of it is written only after.
    let rc = unsafe {
        libbpf_sys::bpf_map_lookup_and_delete_batch(
            map.as_raw_fd(),
            from.cast(),
            (&raw mut next).cast(),
            keys.as_mut_ptr().add(length).cast(),
            counts.as_mut_ptr().add(length).cast(),
            &raw mut taken,
            ptr::null(),
        )
    };
    let more = found(rc)?;
    *place = Some(next);
    let length = length + (taken as usize).min(rows);
    // SAFETY: the kernel wrote so many of each; any bytes are a key or a count.
    unsafe {
        keys.set_len(length);
        counts.set_len(length);
    }
    Ok(more)
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
