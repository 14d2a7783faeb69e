//! Opening, sizing and loading the kernel programs, and mapping their tables.

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use libbpf_rs::skel::{OpenSkel, SkelBuilder};
use libbpf_rs::{ErrorKind, OpenObject};
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_getres};
use windrow_core::selection::Selection;

use crate::abi;
use crate::drained::Drained;
use crate::epoch::Epoch;
use crate::export::Export;
use crate::geometry::{self, Geometry, page_bytes};
use crate::grouping::grouping;
use crate::kernel::Datapath;
use crate::kernel::claim::Claims;
use crate::kernel::cpus::Cpus;
use crate::kernel::export::{self, Exporter};
use crate::kernel::interfaces::Interfaces;
use crate::kernel::privilege;
use crate::kernel::programs;
use crate::kernel::skeleton::{NetSkelBuilder, types};
use crate::kernel::test_run::FrameHook;
use crate::memory::Mapped;
use crate::pressure::Pressure;
use crate::secret::Secret;
use crate::tables::{Maps, Tables};

/// Which programs to load. Fewer programs start faster and ask less of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hooks {
    /// Those for tcx and clsact.
    Tc,
    /// The one for XDP.
    Xdp,
    /// All of them.
    All,
}

/// How a data path is to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which programs.
    pub hooks: Hooks,
    /// Everything that the kernel may hold for it, bytes.
    pub memory_bytes: u64,
    /// Table sets: 2, or 3 where windows are shorter than grace periods may be.
    pub buffers: u32,
    /// Which packets, grouped by what.
    pub selection: Selection,
    /// Interfaces that are told apart at most, rounded up to a power of two; 0 where there is one,
    /// which costs nothing.
    pub interfaces: u32,
    /// How rows leave the tables.
    pub export: Export,
}

/// Why there is no data path.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The tables have no room.
    #[error(transparent)]
    Geometry(#[from] geometry::Error),
    /// A privilege is missing.
    #[error("loading kernel programs is not permitted, {}", privilege::lacking())]
    NotPermitted,
    /// The kernel has no type information.
    #[error(
        "this kernel has no BTF (/sys/kernel/btf/vmlinux is missing): a kernel with CONFIG_DEBUG_INFO_BTF=y is needed"
    )]
    NoBtf,
    /// The kernel could not give the memory.
    #[error(
        "the kernel could not give {wanted} bytes for the tables: ask for less with --memory, or raise the limit of this control group"
    )]
    NoMemory {
        /// What was asked for.
        wanted: u64,
    },
    /// A limit of this process or of the system.
    #[error("too many open files: raise ulimit -n")]
    TooManyFiles,
    /// The kernel refused a program.
    #[error(
        "this kernel refused windrow's programs ({reason}): Linux 6.1 or newer with BPF and its JIT is needed"
    )]
    Refused {
        /// What libbpf says.
        reason: String,
    },
    /// A file, clock or call of the system failed.
    #[error("{what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// How it failed.
        source: io::Error,
    },
}

/// The loaded programs, by descriptor.
#[derive(Debug)]
pub struct Programs {
    /// tcx and clsact, with an Ethernet header: ingress, egress.
    pub ethernet: Option<(OwnedFd, OwnedFd)>,
    /// The same without any link header.
    pub ip: Option<(OwnedFd, OwnedFd)>,
    /// XDP.
    pub xdp: Option<OwnedFd>,
}

impl Programs {
    /// All that are loaded.
    pub fn all(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let pairs = [&self.ethernet, &self.ip];
        pairs
            .into_iter()
            .flatten()
            .flat_map(|(a, b)| [a.as_fd(), b.as_fd()])
            .chain(self.xdp.iter().map(|fd| fd.as_fd()))
    }

    /// Times that the kernel skipped a program because it was already running on the CPU.
    pub fn recursion_misses(&self) -> u64 {
        self.all()
            .filter_map(|fd| programs::info(fd).ok())
            .map(|info| info.recursion_misses)
            .sum()
    }

    /// Their numbers in the kernel.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        self.all()
            .filter_map(|fd| programs::info(fd).ok())
            .map(|info| info.id)
    }

    /// The program that a test run goes to.
    pub fn for_test(&self, hook: FrameHook) -> Option<BorrowedFd<'_>> {
        match hook {
            FrameHook::Tc => self.ethernet.as_ref().map(|(ingress, _)| ingress.as_fd()),
            FrameHook::Xdp => self.xdp.as_ref().map(|fd| fd.as_fd()),
        }
    }
}

impl Datapath {
    /// Loads the programs, with tables for the CPUs that are online now, counting in epoch 0.
    pub fn load(settings: Settings) -> Result<Datapath, Error> {
        Plan {
            hooks: settings.hooks,
            geometry: geometry(&settings)?,
            secret: draw_secret()?,
            selection: settings.selection,
            replayed: false,
        }
        .load()
    }
}

/// Everything that is fixed before programs are loaded.
#[derive(Debug)]
pub(super) struct Plan {
    /// Which programs.
    pub hooks: Hooks,
    /// The tables' shape.
    pub geometry: Geometry,
    /// What the hash is seeded with.
    pub secret: Secret,
    /// Which packets, grouped by what.
    pub selection: Selection,
    /// Frames come by program test runs, with their time and length.
    pub replayed: bool,
}

impl Plan {
    /// Loads the programs and maps their tables, counting in epoch 0.
    pub(super) fn load(self) -> Result<Datapath, Error> {
        let Plan {
            hooks,
            geometry,
            secret,
            selection,
            replayed,
        } = self;
        prepare()?;
        let refused = |error| explain(error, geometry.memory_bytes());

        let mut storage = MaybeUninit::<OpenObject>::uninit();
        let mut open = NetSkelBuilder::default()
            .open(&mut storage)
            .map_err(refused)?;
        match open.maps.rodata_data.as_deref_mut() {
            Some(rodata) => {
                rodata.secret = secret.0;
                let grouping = grouping(&selection.by);
                rodata.grouping.on = grouping.on;
                rodata.grouping.ipv4 = grouping.ipv4;
                rodata.grouping.ipv6 = grouping.ipv6;
                rodata.interface_mask = geometry.interface_slots.saturating_sub(1);
                rodata.filter = filter_data(&abi::Filter::of(selection.filter.as_ref()));
            }
            None => {
                let reason = "its read-only data cannot be set".to_owned();
                return Err(Error::Refused { reason });
            }
        }
        let (tc, xdp) = (hooks != Hooks::Xdp, hooks != Hooks::Tc);
        open.progs.windrow_in.set_autoload(tc);
        open.progs.windrow_out.set_autoload(tc);
        open.progs.windrow_in_ip.set_autoload(tc);
        open.progs.windrow_out_ip.set_autoload(tc);
        open.progs.windrow_xdp.set_autoload(xdp && !replayed);
        open.progs.windrow_replay.set_autoload(replayed);
        let buckets = geometry.buckets_in_all();
        let slots = geometry.interface_slots.max(1);
        let sights = slots * geometry.possible_cpus;
        let maps = &mut open.maps;
        for (map, elements) in [
            (&mut maps.rows, buckets),
            (&mut maps.cold_rows, buckets),
            (&mut maps.lists, geometry.chunks_in_all()),
            (&mut maps.lines, geometry.lines_in_all()),
            (&mut maps.spills, geometry.spills_in_all()),
            (&mut maps.ledgers, geometry.ledgers_in_all() as u32),
            (&mut maps.interfaces, slots),
            (&mut maps.sights, sights),
        ] {
            map.set_max_entries(elements).map_err(refused)?;
        }
        export::prepare(&mut open, &geometry).map_err(refused)?;
        let skel = open.load().map_err(refused)?;

        let own = |fd: BorrowedFd<'_>| fd.try_clone_to_owned().map_err(|_| Error::TooManyFiles);
        let progs = &skel.progs;
        let pair = |a: &libbpf_rs::ProgramMut<'_>, b: &libbpf_rs::ProgramMut<'_>| {
            Ok::<_, Error>((own(a.as_fd())?, own(b.as_fd())?))
        };
        let programs = Programs {
            ethernet: if tc {
                Some(pair(&progs.windrow_in, &progs.windrow_out)?)
            } else {
                None
            },
            ip: if tc {
                Some(pair(&progs.windrow_in_ip, &progs.windrow_out_ip)?)
            } else {
                None
            },
            xdp: if replayed {
                Some(own(progs.windrow_replay.as_fd())?)
            } else if xdp {
                Some(own(progs.windrow_xdp.as_fd())?)
            } else {
                None
            },
        };
        let mapping = |source| Error::System {
            what: "mapping the tables",
            source,
        };
        let globals = Mapped::of_map(&skel.maps.bss, 1).map_err(mapping)?;
        let exporter = Exporter::of(&skel, &geometry).map_err(mapping)?;
        let maps = Maps {
            rows: skel.maps.rows.as_fd(),
            cold_rows: skel.maps.cold_rows.as_fd(),
            lists: skel.maps.lists.as_fd(),
            lines: skel.maps.lines.as_fd(),
            spills: skel.maps.spills.as_fd(),
            ledgers: skel.maps.ledgers.as_fd(),
        };
        let pressure = Pressure::of(&selection, secret);
        let tables = Tables::of_maps(maps, geometry, pressure).map_err(mapping)?;
        let interfaces = Interfaces::new(
            Mapped::of_map(&skel.maps.interfaces, slots as usize).map_err(mapping)?,
            Mapped::of_map(&skel.maps.sights, sights as usize).map_err(mapping)?,
        );
        let datapath = Datapath {
            programs: Arc::new(programs),
            interfaces: Arc::new(interfaces),
            claims: Arc::new(Claims::default()),
            tables,
            globals: Arc::new(globals),
            exporter,
            drained: Drained::default(),
            tick: tick()?,
        };
        datapath.tables.place_ledgers();
        datapath.flipper().flip(Epoch(0));
        Ok(datapath)
    }
}

/// What comes before any program is opened.
pub(crate) fn prepare() -> Result<(), Error> {
    // libbpf explains failures at length on stderr; its errors say enough for a user.
    libbpf_rs::set_print(None);
    if std::path::Path::new("/sys/kernel/btf/vmlinux").exists() {
        Ok(())
    } else {
        Err(Error::NoBtf)
    }
}

/// The filter in the skeleton's own type.
fn filter_data(filter: &abi::Filter) -> types::filter {
    types::filter {
        terms: filter.terms,
        pad: filter.pad,
        term: filter.term.map(|term| types::filter_term {
            kind: term.kind,
            side: term.side,
            family: term.family,
            proto: term.proto,
            first: term.first,
            last: term.last,
            value: term.value,
            mask: term.mask,
        }),
    }
}

fn geometry(settings: &Settings) -> Result<Geometry, Error> {
    let cpus = Cpus::now()?;
    Ok(Geometry::fit(
        settings.memory_bytes,
        cpus.possible,
        cpus.online,
        settings.buffers,
        match settings.interfaces {
            0 => 0,
            // One place is what there is where none is asked for.
            most => most.next_power_of_two().max(2),
        },
        settings.export,
        page_bytes(),
    )?)
}

/// A secret of this start.
pub(crate) fn draw_secret() -> Result<Secret, Error> {
    Secret::draw().map_err(|source| Error::System {
        what: "/dev/urandom",
        source,
    })
}

/// The coarse clock moves once a jiffy, so its resolution is a jiffy's length.
pub(crate) fn tick() -> Result<Duration, Error> {
    let resolution =
        clock_getres(ClockId::CLOCK_MONOTONIC_COARSE).map_err(|errno| Error::System {
            what: "the coarse clock",
            source: errno.into(),
        })?;
    Ok(Duration::from_nanos(resolution.num_nanoseconds() as u64))
}

/// What a user can do about an error of libbpf; `wanted` bytes were asked for.
pub(crate) fn explain(error: libbpf_rs::Error, wanted: u64) -> Error {
    match error.kind() {
        // The verifier says the same of programs that it refuses.
        ErrorKind::PermissionDenied if privilege::is_lacking() => Error::NotPermitted,
        _ if is_out_of_files() => Error::TooManyFiles,
        ErrorKind::OutOfMemory => Error::NoMemory { wanted },
        _ => Error::Refused {
            reason: format!("{error:#}"),
        },
    }
}

/// Whether loading failed for want of descriptors: libbpf's errors do not tell, and some of its own
/// trials turn that into other errors.
fn is_out_of_files() -> bool {
    /// A few more than loading takes at a time.
    const WANTED: usize = 32;
    let tried: io::Result<Vec<File>> = (0..WANTED).map(|_| File::open("/dev/null")).collect();
    let errno = tried.err().and_then(|error| error.raw_os_error());
    matches!(errno, Some(libc::EMFILE | libc::ENFILE))
}
