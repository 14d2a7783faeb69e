//! Going through all tasks, by a program that the kernel runs for each.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};

use libbpf_rs::OpenObject;
use libbpf_rs::skel::{OpenSkel, SkelBuilder};
use zerocopy::FromBytes;

use crate::abi::WalkedProcess;
use crate::calls::Calls;
use crate::kernel::skeleton::sys::SysSkelBuilder;
use crate::kernel::{Error, load};
use crate::timed::iterate;

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

/// All that can be seen from here.
pub(super) fn processes(walk: BorrowedFd<'_>) -> Result<Vec<Process>, Error> {
    let bytes = iterate(walk, None).map_err(|source| Error::System {
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
