//! Waiting until no program can still be counting in an epoch that was left.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A way to wait for one RCU grace period. Packet programs run inside RCU read sections, so when
/// it is over, all that began before it have returned.
#[derive(Debug)]
pub struct Grace {
    fallback: Option<(OwnedFd, OwnedFd)>,
}

impl Grace {
    /// Finds the way that works here: `membarrier`, or where that is refused (nohz_full) the update
    /// of a map of maps, which waits as well.
    pub fn new() -> io::Result<Grace> {
        if membarrier().is_ok() {
            return Ok(Grace { fallback: None });
        }
        let inner = create_array(libbpf_sys::BPF_MAP_TYPE_ARRAY, None)?;
        let outer = create_array(libbpf_sys::BPF_MAP_TYPE_ARRAY_OF_MAPS, Some(&inner))?;
        let grace = Grace {
            fallback: Some((outer, inner)),
        };
        grace.wait()?;
        Ok(grace)
    }

    /// Returns when every program that was running at the call has ended. Takes 5 to 13 ms mostly.
    pub fn wait(&self) -> io::Result<()> {
        let Some((outer, inner)) = &self.fallback else {
            return membarrier();
        };
        let key = 0u32;
        let value = inner.as_raw_fd();
        // SAFETY: key and value are as large as the map's: 4 bytes each.
        let rc = unsafe {
            libbpf_sys::bpf_map_update_elem(
                outer.as_raw_fd(),
                (&raw const key).cast(),
                (&raw const value).cast(),
                0,
            )
        };
        if rc < 0 {
            Err(io::Error::from_raw_os_error(-rc))
        } else {
            Ok(())
        }
    }
}

fn membarrier() -> io::Result<()> {
    // SAFETY: takes no pointers.
    let rc = unsafe { libc::syscall(libc::SYS_membarrier, libc::MEMBARRIER_CMD_GLOBAL, 0, 0) };
    if rc == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

fn create_array(kind: libbpf_sys::bpf_map_type, inner: Option<&OwnedFd>) -> io::Result<OwnedFd> {
    let options = libbpf_sys::bpf_map_create_opts {
        sz: size_of::<libbpf_sys::bpf_map_create_opts>() as _,
        inner_map_fd: inner.map_or(0, |map| map.as_raw_fd() as u32),
        ..Default::default()
    };
    // SAFETY: the name is a C string, the options outlive the call.
    let fd = unsafe {
        libbpf_sys::bpf_map_create(kind, c"windrow_grace".as_ptr(), 4, 4, 1, &raw const options)
    };
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(-fd));
    }
    // SAFETY: a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
