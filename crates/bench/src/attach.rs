//! Attaching a program of another design where windrow attaches its own, in the same way.
#![allow(unsafe_code)] // libbpf-rs does not wrap tcx links

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use anyhow::{Context, Result};
use windrow_datapath::kernel::Hook;
use windrow_lab::End;

/// Attaches a program to what comes in at an interface, until what is returned goes.
///
/// # Errors
/// When the kernel has no such hook, or the program is not one for it.
pub fn attach(program: BorrowedFd<'_>, hook: Hook, end: &End) -> Result<OwnedFd> {
    let (kind, flags) = match hook {
        Hook::Xdp => (libbpf_sys::BPF_XDP, libbpf_sys::XDP_FLAGS_DRV_MODE),
        Hook::Tcx | Hook::Clsact => (libbpf_sys::BPF_TCX_INGRESS, libbpf_sys::BPF_F_BEFORE),
    };
    let (program, index) = (program.as_raw_fd(), end.index as i32);
    let link = end.namespace.run(|| {
        let options = libbpf_sys::bpf_link_create_opts {
            sz: size_of::<libbpf_sys::bpf_link_create_opts>() as _,
            flags,
            ..Default::default()
        };
        // SAFETY: the options outlive the call and carry their own size.
        let fd = unsafe { libbpf_sys::bpf_link_create(program, index, kind, &options) };
        if fd < 0 {
            return Err(io::Error::from_raw_os_error(-fd));
        }
        // SAFETY: a new descriptor that nobody else owns.
        Ok(unsafe { OwnedFd::from_raw_fd(fd) })
    })?;
    link.with_context(|| format!("attaching to {} at {}", end.name, hook.name()))
}
