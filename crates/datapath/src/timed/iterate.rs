//! Programs that go through what the kernel has many of.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, BorrowedFd};

use crate::kernel::programs::owned;

/// Runs a program for each of them, those in a map if it goes through one, and returns what it writes.
pub(crate) fn iterate(program: BorrowedFd<'_>, map: Option<BorrowedFd<'_>>) -> io::Result<Vec<u8>> {
    let mut of = libbpf_sys::bpf_iter_link_info::default();
    let mut options = libbpf_sys::bpf_link_create_opts {
        sz: size_of::<libbpf_sys::bpf_link_create_opts>() as _,
        ..Default::default()
    };
    if let Some(map) = map {
        of.map.map_fd = map.as_raw_fd() as u32;
        options.iter_info = &raw mut of;
        options.iter_info_len = size_of_val(&of) as u32;
    }
    // SAFETY: the options and what they point to outlive the call and carry their sizes; a descriptor of
    // ours or an error comes back.
    let link = owned(unsafe {
        libbpf_sys::bpf_link_create(
            program.as_raw_fd(),
            0,
            libbpf_sys::BPF_TRACE_ITER,
            &raw const options,
        )
    })?;
    // SAFETY: takes no memory; likewise.
    let iterator = owned(unsafe { libbpf_sys::bpf_iter_create(link.as_raw_fd()) })?;
    let (mut iterator, mut bytes) = (File::from(iterator), Vec::new());
    // After a million without a word the kernel takes a breath, and wants to be asked again.
    while let Err(error) = iterator.read_to_end(&mut bytes) {
        if error.kind() != io::ErrorKind::WouldBlock {
            return Err(error);
        }
    }
    Ok(bytes)
}
