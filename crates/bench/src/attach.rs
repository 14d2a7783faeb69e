//! Attaching a program of another design where windrow attaches its own, in the same way.

use std::os::fd::{BorrowedFd, OwnedFd};

use anyhow::{Context, Result};
use windrow_datapath::kernel::Hook;
use windrow_lab::End;

use crate::sys;

/// Attaches a program to what comes in at an interface, until what is returned goes.
///
/// # Errors
/// When the kernel has no such hook, or the program is not one for it.
pub fn attach(program: BorrowedFd<'_>, hook: Hook, end: &End) -> Result<OwnedFd> {
    let (kind, flags) = match hook {
        Hook::Xdp => (libbpf_sys::BPF_XDP, libbpf_sys::XDP_FLAGS_DRV_MODE),
        Hook::Tcx | Hook::Clsact => (libbpf_sys::BPF_TCX_INGRESS, libbpf_sys::BPF_F_BEFORE),
    };
    let link = end
        .namespace
        .run(|| sys::link(program, end.index, kind, flags))?;
    link.with_context(|| format!("attaching to {} at {}", end.name, hook.name()))
}
