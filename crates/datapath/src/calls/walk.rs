//! Going through all tasks, by a program that the kernel runs for each.

use std::fs::File;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use libbpf_rs::OpenObject;
use libbpf_rs::skel::{OpenSkel, SkelBuilder};
use zerocopy::FromBytes;

use crate::abi::WalkedProcess;
use crate::calls::Calls;
use crate::calls::load::Programs;
use crate::kernel::programs::owned;
use crate::kernel::skeleton::sys::SysSkelBuilder;
use crate::kernel::{Error, load};

/// A process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// As the first pid namespace has it.
    pub pid: u32,
    /// As we have it, whose namespace may be another.
    pub seen_pid: u32,
}

impl Calls {
    /// All processes that can be seen from here, before anything is counted.
    ///
    /// # Errors
    /// As when programs are loaded.
    pub fn processes_now() -> Result<Vec<Process>, Error> {
        load::prepare()?;
        let refused = |error| load::explain(error, 0);
        let mut storage = MaybeUninit::<OpenObject>::uninit();
        let mut open = SysSkelBuilder::default()
            .open(&mut storage)
            .map_err(refused)?;
        for mut program in open.open_object_mut().progs_mut() {
            let walks = program.name() == "windrow_walk";
            program.set_autoload(walks);
        }
        let skel = open.load().map_err(refused)?;
        processes(skel.progs.windrow_walk.as_fd())
    }
}

impl Programs {
    /// All processes that can be seen from here.
    pub(super) fn walk(&self) -> Result<Vec<Process>, Error> {
        processes(self.walk.as_fd())
    }
}

fn processes(walk: BorrowedFd<'_>) -> Result<Vec<Process>, Error> {
    let bytes = read(walk).map_err(|source| Error::System {
        what: "going through all tasks",
        source,
    })?;
    let records = bytes.chunks_exact(size_of::<WalkedProcess>());
    let records = records.filter_map(|bytes| WalkedProcess::read_from_bytes(bytes).ok());
    Ok(records
        .map(|it| Process {
            pid: it.pid,
            seen_pid: it.seen_pid,
        })
        .collect())
}

fn read(walk: BorrowedFd<'_>) -> io::Result<Vec<u8>> {
    // SAFETY: takes no options; a descriptor of ours or an error comes back.
    let link = owned(unsafe {
        libbpf_sys::bpf_link_create(
            walk.as_raw_fd(),
            0,
            libbpf_sys::BPF_TRACE_ITER,
            std::ptr::null(),
        )
    })?;
    // SAFETY: likewise.
    let iterator = owned(unsafe { libbpf_sys::bpf_iter_create(link.as_raw_fd()) })?;
    let mut bytes = Vec::new();
    File::from(iterator).read_to_end(&mut bytes)?;
    Ok(bytes)
}
