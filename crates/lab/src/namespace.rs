//! Anonymous network namespaces. Not `ip netns`: nothing lies in /run/netns, a namespace lives as
//! long as a file descriptor, a thread or a process in it.

use std::{
    fs,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    panic,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use nix::sched::{CloneFlags, setns, unshare};

use crate::{error::Error, veth};

/// The most namespaces that one process holds at a time: a loop that forgets to drop them ends.
const LIMIT: usize = 64;
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// What keeps an idle IPv6 interface silent: no link-local address, no duplicate detection, no
/// router solicitation. Addresses added by hand work. Best effort: without IPv6 there is no file.
const SILENCE: [(&str, &str); 5] = [
    ("addr_gen_mode", "1"),
    ("accept_dad", "0"),
    ("dad_transmits", "0"),
    ("accept_ra", "0"),
    ("router_solicitations", "0"),
];

/// A network namespace of our own, with its loopback up. Clones are the same namespace; it is gone
/// with the last of them (and with the last thread or process inside).
#[derive(Debug, Clone)]
pub struct Namespace {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: OwnedFd,
    _slot: Slot,
}

/// One of [`LIMIT`].
#[derive(Debug)]
struct Slot;

impl Slot {
    fn take() -> Result<Self, Error> {
        OPEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| {
            (open < LIMIT).then_some(open + 1)
        })
        .map(|_| Slot)
        .map_err(|_| Error::TooManyNamespaces { limit: LIMIT })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Namespace {
    /// A new, empty namespace. Needs CAP_SYS_ADMIN.
    ///
    /// # Errors
    /// When namespaces are not allowed, or when 64 are open.
    pub fn new() -> Result<Self, Error> {
        let slot = Slot::take()?;
        let file = on_thread(|| {
            unshare(CloneFlags::CLONE_NEWNET)
                .map_err(Error::errno("making a network namespace"))?;
            silence();
            veth::up("lo")?;
            fs::File::open("/proc/thread-self/ns/net")
                .map(OwnedFd::from)
                .map_err(Error::system("opening /proc/thread-self/ns/net"))
        })?;
        Ok(Self {
            inner: Arc::new(Inner { file, _slot: slot }),
        })
    }

    /// Runs `body` on a thread of its own inside this namespace and returns what it returned. A
    /// process that `body` starts is inside, too; mounts stay as they were, so /sys/class/net is
    /// not of this namespace, while /proc/thread-self/net and /proc/sys/net are. A panic goes on
    /// in the caller.
    ///
    /// # Errors
    /// When the namespace cannot be entered.
    pub fn run<T: Send>(&self, body: impl FnOnce() -> T + Send) -> Result<T, Error> {
        on_thread(|| {
            self.enter()?;
            Ok(body())
        })
    }

    /// Moves the calling thread into this namespace for good.
    pub(crate) fn enter(&self) -> Result<(), Error> {
        setns(&self.inner.file, CloneFlags::CLONE_NEWNET)
            .map_err(Error::errno("entering a network namespace"))
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.file.as_fd()
    }
}

/// The caller's thread keeps its namespace: only a thread that ends here ever changes it.
fn on_thread<T: Send>(body: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, Error> {
    thread::scope(|scope| match scope.spawn(body).join() {
        Ok(result) => result,
        Err(payload) => panic::resume_unwind(payload),
    })
}

fn silence() {
    for scope in ["all", "default", "lo"] {
        for (name, value) in SILENCE {
            // Without IPv6 there is nothing to silence, and "all" lacks some of the files.
            let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{scope}/{name}"), value);
        }
    }
}
