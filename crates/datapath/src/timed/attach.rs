//! Attaching programs to tracepoints: to typed ones, or the classic way, by the number that tracefs has for
//! one.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::thread;

use libbpf_rs::btf::Btf;
use libbpf_rs::btf::types::Func;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use crate::kernel::programs::owned;

/// How programs come to tracepoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracepoints {
    /// By the tracepoint's type, which is the fastest.
    Typed,
    /// By its number, in the classic way: with preemption off, whatever the kernel.
    Classic,
}

impl Tracepoints {
    /// What this kernel runs as a whole. From 7.2 on programs at typed tracepoints of calls may sleep, and
    /// so all of them may be preempted: of 64 tasks on two CPUs 95 % of the calls were left out.
    pub fn of_kernel() -> Tracepoints {
        let types = Btf::from_vmlinux().ok();
        let runs_as_may_sleep = types.and_then(|types| {
            types
                .type_by_name::<Func<'_>>("trace_call_bpf_faultable")
                .map(|_| ())
        });
        match runs_as_may_sleep {
            Some(()) => Tracepoints::Classic,
            None => Tracepoints::Typed,
        }
    }
}

/// Whether tasks may be preempted in programs at typed tracepoints, whichever these are. Up to Linux 6.19 the
/// kernel runs them with preemption off; what it has instead since then has no name to ask for.
pub(crate) fn is_preemptible() -> bool {
    const FIRST: u32 = 7;
    let name = nix::sys::utsname::uname().ok();
    let release = name.map(|name| name.release().to_string_lossy().into_owned());
    let major = release.and_then(|it| it.split('.').next()?.parse::<u32>().ok());
    major.is_none_or(|major| major >= FIRST)
}

/// What becomes of an event that the kernel leaves a program out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// Nobody else sees to it.
    Lost,
    /// Copies of the program may, which are behind it.
    ToCopies,
    /// Others have, or it is nothing to the program.
    SeenTo,
}

/// A program, and where it belongs.
#[derive(Debug)]
pub(crate) struct Program {
    /// The loaded program.
    pub(crate) fd: OwnedFd,
    /// Group and name of a classic tracepoint; `None`: the program itself knows.
    pub(crate) classic: Option<&'static str>,
    /// Every event runs it.
    pub(crate) at_events: bool,
    /// What becomes of what the kernel leaves it out of.
    pub(crate) left_out: LeftOut,
}

impl Program {
    /// Attaches it for as long as what is returned is there.
    pub(crate) fn attach(&self) -> io::Result<Vec<OwnedFd>> {
        let program = self.fd.as_raw_fd();
        let Some(tracepoint) = self.classic else {
            // SAFETY: takes no name, as programs that know their tracepoint by its type have none; a
            // descriptor of ours or an error comes back.
            let link = unsafe { libbpf_sys::bpf_raw_tracepoint_open(std::ptr::null(), program) };
            return Ok(vec![owned(link)?]);
        };
        let event = perf_event(number_of(tracepoint)?)?;
        // SAFETY: takes no options; a descriptor of ours or an error comes back.
        let link = owned(unsafe {
            libbpf_sys::bpf_link_create(
                program,
                event.as_fd().as_raw_fd(),
                libbpf_sys::BPF_PERF_EVENT,
                std::ptr::null(),
            )
        })?;
        Ok(vec![link, event])
    }
}

/// An event of the kernel's performance counters at a tracepoint: programs hang at such. They run for
/// every CPU and task, whatever the event is of.
fn perf_event(number: u64) -> io::Result<OwnedFd> {
    const PERF_TYPE_TRACEPOINT: u32 = 2;
    const PERF_FLAG_FD_CLOEXEC: libc::c_ulong = 8;
    /// The first published size of the structure; all else is 0.
    const SIZE: u32 = 64;
    let attributes: [u64; SIZE as usize / 8] = [
        u64::from(PERF_TYPE_TRACEPOINT) | u64::from(SIZE) << 32,
        number,
        0,
        0,
        0,
        0,
        0,
        0,
    ];
    let (every_task, cpu, no_group) = (-1, 0, -1);
    // SAFETY: the attributes outlive the call and are as long as they say.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            attributes.as_ptr(),
            every_task,
            cpu,
            no_group,
            PERF_FLAG_FD_CLOEXEC,
        )
    };
    match fd {
        0.. => owned(fd as i32),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The number of a tracepoint, `group/name`. Where tracefs is not mounted, it is for a moment, where nobody
/// else sees it.
fn number_of(tracepoint: &str) -> io::Result<u64> {
    const FOLDERS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
    let read = |folder: &str| {
        let path = Path::new(folder).join("events").join(tracepoint).join("id");
        let text = fs::read_to_string(path)?;
        text.trim().parse().map_err(io::Error::other)
    };
    let mounted = FOLDERS.iter().find_map(|folder| read(folder).ok());
    if let Some(number) = mounted {
        return Ok(number);
    }
    thread::scope(|scope| {
        let apart = scope.spawn(|| {
            unshare(CloneFlags::CLONE_NEWNS)?;
            let (none, private) = (None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE);
            mount(none, "/", none, private, none)?;
            let kind = Some("tracefs");
            mount(kind, FOLDERS[0], kind, MsFlags::empty(), none)?;
            read(FOLDERS[0])
        });
        let ended = |_| io::Error::other("the thread that reads tracefs ended");
        apart.join().map_err(ended)?
    })
}
