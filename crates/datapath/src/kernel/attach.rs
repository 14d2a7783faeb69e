//! Attaching to an interface: by bpf links, so that a process that dies leaves nothing behind.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::Arc;

use crate::kernel::claim::Claims;
use crate::kernel::clsact::{self, Filter};
use crate::kernel::interfaces::Interfaces;
use crate::kernel::leftovers::Ours;
use crate::kernel::load::Programs;
use crate::kernel::programs;

/// Where in the kernel packets are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// The traffic-control hook of Linux 6.6 and newer, at the head of its chain.
    Tcx,
    /// The traffic-control hook of older kernels.
    Clsact,
    /// The driver's hook, before the kernel makes a packet of the frame. Sees no egress.
    Xdp,
}

impl Hook {
    /// As in output.
    pub fn name(self) -> &'static str {
        match self {
            Hook::Tcx => "tcx",
            Hook::Clsact => "clsact",
            Hook::Xdp => "xdp",
        }
    }
}

/// Which way packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into the host.
    In,
    /// Out of the host.
    Out,
    /// Both.
    Both,
}

impl Direction {
    /// As in output.
    pub fn name(self) -> &'static str {
        match self {
            Direction::In => "in",
            Direction::Out => "out",
            Direction::Both => "both",
        }
    }
}

/// What a frame of a device begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkLayer {
    /// An Ethernet header.
    Ethernet,
    /// Nothing: the IP header comes first (tun, WireGuard, PPP, IP tunnels).
    None,
}

/// Why a program could not be attached.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another program holds the only place.
    #[error(
        "{interface} already has an XDP program: {holder}; windrow never replaces another's, use --hook tcx beside it"
    )]
    Taken {
        /// The interface.
        interface: String,
        /// Who it is.
        holder: String,
    },
    /// The driver cannot.
    #[error("{interface} has no native XDP ({reason}): use --hook tcx")]
    NoNativeXdp {
        /// The interface.
        interface: String,
        /// What the kernel says.
        reason: io::Error,
    },
    /// The interface is not there any more.
    #[error("{interface} is gone")]
    Gone {
        /// The interface.
        interface: String,
    },
    /// Anything else.
    #[error("attaching to {interface} at {hook} failed: {source}")]
    Other {
        /// The interface.
        interface: String,
        /// Where.
        hook: &'static str,
        /// How.
        source: io::Error,
    },
}

/// A program at an interface; dropping it detaches.
#[derive(Debug)]
pub struct Attached {
    hook: Hook,
    places: Vec<Hold>,
}

#[derive(Debug)]
enum Hold {
    Link(OwnedFd),
    Filter(Filter),
}

impl Hold {
    /// A link that was detached by force stays, without an interface.
    fn is_there(&self) -> io::Result<bool> {
        match self {
            Hold::Link(link) => programs::link_interface(link.as_fd()).map(|index| index != 0),
            Hold::Filter(filter) => filter.is_there(),
        }
    }
}

impl Attached {
    /// Where it is attached.
    pub fn hook(&self) -> Hook {
        self.hook
    }

    /// Whether the kernel still has all of it: an administrator may have taken it off, and an
    /// interface that goes takes it along.
    ///
    /// # Errors
    /// When the kernel cannot be asked. Asks in the network namespace of the calling thread.
    pub fn is_there(&self) -> io::Result<bool> {
        for place in &self.places {
            if !place.is_there()? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Attaches the loaded programs. May be sent to the thread that watches interfaces.
#[derive(Clone, Debug)]
pub struct Attacher {
    pub(super) programs: Arc<Programs>,
    pub(super) interfaces: Arc<Interfaces>,
    pub(super) claims: Arc<Claims>,
}

impl Attacher {
    /// The interfaces that the programs tell apart.
    pub fn interfaces(&self) -> &Interfaces {
        &self.interfaces
    }

    /// Attaches at traffic control: tcx, or clsact where the kernel has no tcx. In front of
    /// whatever else is there, and handing every packet on.
    pub fn attach_tc(
        &self,
        interface: &str,
        index: u32,
        layer: LinkLayer,
        direction: Direction,
    ) -> Result<Attached, Error> {
        let programs = match layer {
            LinkLayer::Ethernet => &self.programs.ethernet,
            LinkLayer::None => &self.programs.ip,
        };
        let Some((ingress, egress)) = programs else {
            return Err(other(interface, Hook::Tcx, io::ErrorKind::NotFound.into()));
        };
        let mut wanted = Vec::new();
        if direction != Direction::Out {
            wanted.push((ingress, true));
        }
        if direction != Direction::In {
            wanted.push((egress, false));
        }
        let tcx: io::Result<Vec<Hold>> = wanted
            .iter()
            .map(|(program, inwards)| tcx_link(program.as_fd(), index, *inwards))
            .collect();
        match tcx {
            Ok(places) => Ok(Attached {
                hook: Hook::Tcx,
                places,
            }),
            // Kernels before 6.6 do not know the attach type.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
                Ours::of(&self.programs).clear(index);
                let filters: io::Result<Vec<Hold>> = wanted
                    .iter()
                    .map(|(program, inwards)| {
                        let filter =
                            Filter::attach(program.as_fd(), index, *inwards, &self.claims)?;
                        Ok(Hold::Filter(filter))
                    })
                    .collect();
                let places = filters.map_err(|error| other(interface, Hook::Clsact, error))?;
                Ok(Attached {
                    hook: Hook::Clsact,
                    places,
                })
            }
            Err(error) => Err(other(interface, Hook::Tcx, error)),
        }
    }

    /// Attaches at the driver's own XDP hook. Generic XDP is not taken: it gets super-frames whole
    /// and without their segment size, so its counts would be wrong.
    pub fn attach_xdp(&self, interface: &str, index: u32) -> Result<Attached, Error> {
        let Some(program) = &self.programs.xdp else {
            return Err(other(interface, Hook::Xdp, io::ErrorKind::NotFound.into()));
        };
        let options = libbpf_sys::bpf_link_create_opts {
            sz: size_of::<libbpf_sys::bpf_link_create_opts>() as _,
            flags: libbpf_sys::XDP_FLAGS_DRV_MODE,
            ..Default::default()
        };
        match create_link(program.as_fd(), index, libbpf_sys::BPF_XDP, &options) {
            Ok(link) => Ok(Attached {
                hook: Hook::Xdp,
                places: vec![link],
            }),
            Err(error) => Err(match error.raw_os_error() {
                Some(libc::EBUSY | libc::EEXIST) => Error::Taken {
                    interface: interface.to_owned(),
                    holder: programs::xdp_holder(index)
                        .unwrap_or_else(|| "its name could not be read".to_owned()),
                },
                Some(libc::EOPNOTSUPP | libc::EINVAL | libc::ERANGE | libc::ENOSPC) => {
                    Error::NoNativeXdp {
                        interface: interface.to_owned(),
                        reason: error,
                    }
                }
                _ => other(interface, Hook::Xdp, error),
            }),
        }
    }
}

impl Attacher {
    /// Programs that see the packets of an interface before ours does at that hook, and may keep
    /// them from it: XDP's before traffic control, and those ahead in a chain of tcx or clsact.
    pub fn ahead(&self, index: u32, hook: Hook, direction: Direction) -> Vec<String> {
        if hook == Hook::Xdp {
            return Vec::new();
        }
        let ours: Vec<u32> = self.programs.ids().collect();
        let mut ahead = Vec::new();
        if direction != Direction::Out {
            ahead.extend(programs::xdp_holder(index));
        }
        for inwards in [true, false] {
            let other = if inwards {
                Direction::Out
            } else {
                Direction::In
            };
            if direction == other {
                continue;
            }
            if hook == Hook::Clsact {
                ahead.extend(clsact::ahead(index, inwards, &ours));
                continue;
            }
            let chain = programs::tcx_chain(index, inwards);
            // In a chain without ours nobody is ahead of it.
            let place = chain.iter().position(|id| ours.contains(id)).unwrap_or(0);
            let before = chain.iter().take(place);
            ahead.extend(before.map(|id| programs::describe(*id)));
        }
        ahead
    }
}

fn other(interface: &str, hook: Hook, source: io::Error) -> Error {
    if source.raw_os_error() == Some(libc::ENODEV) {
        return Error::Gone {
            interface: interface.to_owned(),
        };
    }
    Error::Other {
        interface: interface.to_owned(),
        hook: hook.name(),
        source,
    }
}

fn tcx_link(program: BorrowedFd<'_>, index: u32, inwards: bool) -> io::Result<Hold> {
    let kind = if inwards {
        libbpf_sys::BPF_TCX_INGRESS
    } else {
        libbpf_sys::BPF_TCX_EGRESS
    };
    // Before, and before nothing in particular: the head of the chain. A program ahead of ours
    // that ends the chain would hide packets.
    let options = libbpf_sys::bpf_link_create_opts {
        sz: size_of::<libbpf_sys::bpf_link_create_opts>() as _,
        flags: libbpf_sys::BPF_F_BEFORE,
        ..Default::default()
    };
    create_link(program, index, kind, &options)
}

fn create_link(
    program: BorrowedFd<'_>,
    index: u32,
    kind: libbpf_sys::bpf_attach_type,
    options: &libbpf_sys::bpf_link_create_opts,
) -> io::Result<Hold> {
    // SAFETY: the options outlive the call and carry their own size.
    let fd =
        unsafe { libbpf_sys::bpf_link_create(program.as_raw_fd(), index as i32, kind, options) };
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(-fd));
    }
    // SAFETY: a new descriptor that nobody else owns.
    Ok(Hold::Link(unsafe { OwnedFd::from_raw_fd(fd) }))
}
