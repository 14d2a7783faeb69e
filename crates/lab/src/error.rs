//! Why the laboratory could not do something.

use std::io;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A system call failed.
    #[error("{what}: {source}{}", hint(source))]
    System {
        /// What was attempted.
        what: String,
        /// The system's answer.
        source: io::Error,
    },
    /// rtnetlink refused.
    #[error(transparent)]
    Netlink(#[from] windrow_netif::Error),
    /// A kernel program could not be loaded, attached or run.
    #[error(
        "{what}: {source}; the lab needs Linux 5.18 or later, and root (CAP_BPF, CAP_NET_ADMIN)"
    )]
    Program {
        /// What was attempted.
        what: String,
        /// libbpf's answer.
        source: libbpf_rs::Error,
    },
    /// There is no such interface in the namespace.
    #[error("no interface {name:?} in this namespace; create the veth pair first")]
    NoInterface {
        /// The name or number that was asked for.
        name: String,
    },
    /// The generator only sends into interfaces that this crate made.
    #[error(
        "interface number {index} is not an end of a lab veth pair; make one with VethPair::new"
    )]
    NotLab {
        /// The index that was asked for.
        index: u32,
    },
    /// The mix cannot be made into frames.
    #[error("the traffic mix is not possible: {why}")]
    Mix {
        /// What to change.
        why: String,
    },
    /// Too many namespaces at once.
    #[error("{limit} lab namespaces are open already; drop some first")]
    TooManyNamespaces {
        /// The most that one process may hold.
        limit: usize,
    },
    /// A line or number was missing in a file of the kernel's.
    #[error("{path} has no {what}; is /proc mounted?")]
    Missing {
        /// The file.
        path: &'static str,
        /// What was looked for.
        what: &'static str,
    },
    /// A thread of the lab panicked.
    #[error("a thread of the lab panicked; please report its message")]
    Panicked,
}

impl Error {
    pub(crate) fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Error::System { what, source }
    }

    /// For `nix`, whose errors are errno.
    pub(crate) fn errno(what: impl Into<String>) -> impl FnOnce(nix::Error) -> Self {
        let what = what.into();
        move |errno| Error::System {
            what,
            source: errno.into(),
        }
    }

    pub(crate) fn program(what: impl Into<String>) -> impl FnOnce(libbpf_rs::Error) -> Self {
        let what = what.into();
        move |source| Error::Program { what, source }
    }
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "; run as root",
        _ => "",
    }
}
