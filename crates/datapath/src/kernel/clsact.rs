//! Traffic control on kernels before 6.6, where there are no links: a filter that is removed by
//! hand. A killed process leaves it behind.

use std::io;
use std::os::fd::BorrowedFd;

use libbpf_rs::{ErrorKind, TC_EGRESS, TC_INGRESS, TcHook, TcHookBuilder};

/// A filter of ours at a clsact qdisc. The qdisc stays: it may have become another's home.
#[derive(Debug)]
pub struct Filter {
    hook: TcHook,
}

impl Filter {
    /// Adds the program in front of all other filters of that direction.
    pub fn attach(program: BorrowedFd<'_>, index: u32, inwards: bool) -> io::Result<Filter> {
        let mut hook = TcHookBuilder::new(program)
            .ifindex(index as i32)
            .replace(false)
            // The lowest preference runs first; the kernel picks a handle, so that several windrows
            // may be there, and one that was killed is not in the way.
            .priority(1)
            .handle(0)
            .hook(if inwards { TC_INGRESS } else { TC_EGRESS });
        if let Err(error) = hook.create()
            && error.kind() != ErrorKind::AlreadyExists
        {
            return Err(io::Error::other(error));
        }
        hook.attach().map_err(io::Error::other)?;
        Ok(Filter { hook })
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        // The interface may be gone, and the filter with it.
        let _ = self.hook.detach();
    }
}
