//! Program test runs: the loaded programs, on frames that are handed in.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use crate::kernel::Datapath;

/// Which program a frame is given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameHook {
    /// The one at tcx and clsact ingress, for devices with an Ethernet header.
    Tc,
    /// The one at XDP.
    Xdp,
}

impl Datapath {
    /// The loaded program itself, for whoever calls it in another way, as benchmarks do.
    pub fn program(&self, hook: FrameHook) -> Option<BorrowedFd<'_>> {
        self.programs.for_test(hook)
    }

    /// What the kernel numbers its programs at the hooks by.
    pub fn program_ids(&self) -> impl Iterator<Item = u32> {
        self.programs.ids()
    }

    /// Counts `frame` `repeat` times in the open epoch, and says how long one run took in the mean.
    ///
    /// The kernel refuses frames of fewer than 14 bytes, and at tc those above a page.
    pub fn run_frame(&self, hook: FrameHook, frame: &[u8], repeat: u32) -> io::Result<Duration> {
        let program = self
            .programs
            .for_test(hook)
            .ok_or(io::ErrorKind::NotFound)?;
        run(program, frame, repeat)
    }
}

/// Runs a program on `frame` so often; how long one run took in the mean.
pub(super) fn run(program: BorrowedFd<'_>, frame: &[u8], repeat: u32) -> io::Result<Duration> {
    let mut options = libbpf_sys::bpf_test_run_opts {
        sz: size_of::<libbpf_sys::bpf_test_run_opts>() as _,
        data_in: frame.as_ptr().cast(),
        data_size_in: frame.len() as u32,
        repeat: repeat as i32,
        ..Default::default()
    };
    // SAFETY: the options name memory that outlives the call, with its length.
    let rc = unsafe { libbpf_sys::bpf_prog_test_run_opts(program.as_raw_fd(), &raw mut options) };
    if rc < 0 {
        return Err(io::Error::from_raw_os_error(-rc));
    }
    Ok(Duration::from_nanos(u64::from(options.duration)))
}
