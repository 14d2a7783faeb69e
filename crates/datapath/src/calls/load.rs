//! Opening, sizing and loading the programs for system calls, and mapping their tables.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use libbpf_rs::OpenObject;
use libbpf_rs::skel::{OpenSkel, Skel, SkelBuilder};
use windrow_core::calls::selection::Selection;

use crate::abi::{self, BUCKET_WAYS};
use crate::calls::attach::{Program, Tracepoints};
use crate::calls::drained::Drained;
use crate::calls::geometry::Shape;
use crate::calls::grouping::grouping;
use crate::calls::tables::Tables;
use crate::calls::{Calls, Measure, Settings};
use crate::export::Export;
use crate::geometry::{Geometry, page_bytes};
use crate::kernel::cpus::Cpus;
use crate::kernel::skeleton::sys::{SysSkelBuilder, types};
use crate::kernel::{Error, load, programs};
use crate::memory::Mapped;
use crate::pressure::Pressure;
use crate::tables::{self, Maps};

/// The loaded programs, by descriptor.
#[derive(Debug)]
pub(super) struct Programs {
    /// Those that are attached to tracepoints.
    attached: Vec<Program>,
    pub(super) walk: OwnedFd,
}

impl Programs {
    /// Attaches all of them.
    pub(super) fn attach(&self) -> io::Result<Vec<OwnedFd>> {
        let mut links = Vec::new();
        for program in &self.attached {
            links.extend(program.attach()?);
        }
        Ok(links)
    }

    /// All that are attached.
    pub(super) fn all(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.attached.iter().map(|program| program.fd.as_fd())
    }

    /// Those that every call runs.
    pub(super) fn at_calls(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let programs = self.attached.iter().filter(|program| program.at_calls);
        programs.map(|program| program.fd.as_fd())
    }

    /// Times that the kernel skipped a program because it was already running on the CPU.
    pub(super) fn recursion_misses(&self) -> u64 {
        let infos = self.all().filter_map(|fd| programs::info(fd).ok());
        infos.map(|info| info.recursion_misses).sum()
    }
}

impl Calls {
    /// Loads the programs, with tables for the CPUs that are online now, counting in epoch 0.
    ///
    /// # Errors
    /// As for packets.
    pub fn load(settings: &Settings) -> Result<Calls, Error> {
        load::prepare()?;
        let cpus = Cpus::now()?;
        let shape = Shape::of_rows(
            settings.rows,
            settings.measure == Measure::Histograms,
            |bytes| {
                Geometry::fit(
                    bytes,
                    cpus.possible,
                    cpus.online.clone(),
                    settings.buffers,
                    0,
                    Export::Map,
                    page_bytes(),
                )
            },
        )?;
        let refused = |error| load::explain(error, shape.memory_bytes());
        let secret = load::draw_secret()?;
        let mut storage = MaybeUninit::<OpenObject>::uninit();
        let mut open = SysSkelBuilder::default()
            .open(&mut storage)
            .map_err(refused)?;
        let Some(rodata) = open.maps.rodata_data.as_deref_mut() else {
            let reason = "its read-only data cannot be set".to_owned();
            return Err(Error::Refused { reason });
        };
        let grouping = grouping(&settings.by);
        rodata.secret = secret.0;
        rodata.grouping.on = grouping.on;
        rodata.grouping.ipv4 = grouping.ipv4;
        rodata.grouping.ipv6 = grouping.ipv6;
        rodata.call_filter = filter_data(&settings.selection, settings.tracked);
        rodata.execve_number = libc::SYS_execve as i32;
        rodata.execveat_number = libc::SYS_execveat as i32;
        rodata.counts_own = u32::from(settings.own);

        for role in Role::ALL {
            let wanted = role.is_wanted(settings);
            for (tracepoints, name, _) in role.programs() {
                let mut programs = open.open_object_mut().progs_mut();
                if let Some(mut program) = programs.find(|program| program.name() == name) {
                    program.set_autoload(wanted && tracepoints == settings.tracepoints);
                }
            }
        }
        let geometry = &shape.geometry;
        let buckets = geometry.buckets_in_all();
        let ledgers = geometry.ledgers_in_all() as u32;
        let maps = &mut open.maps;
        for (map, elements) in [
            (&mut maps.rows, buckets),
            (&mut maps.cold_rows, buckets),
            (&mut maps.call_rows, buckets),
            (&mut maps.lists, geometry.chunks_in_all()),
            (&mut maps.lines, geometry.lines_in_all()),
            (&mut maps.spills, geometry.spills_in_all()),
            (&mut maps.ledgers, ledgers),
            (&mut maps.call_epochs, ledgers),
            (&mut maps.histograms, shape.histograms_in_all().max(1)),
        ] {
            map.set_max_entries(elements).map_err(refused)?;
        }
        let skel = open.load().map_err(refused)?;

        let own = |fd: BorrowedFd<'_>| fd.try_clone_to_owned().map_err(|_| Error::TooManyFiles);
        let progs = &skel.progs;
        let mut attached = Vec::new();
        for role in Role::ALL
            .into_iter()
            .filter(|role| role.is_wanted(settings))
        {
            for (tracepoints, name, classic) in role.programs() {
                let mut programs = skel.object().progs();
                if tracepoints == settings.tracepoints
                    && let Some(program) = programs.find(|program| program.name() == name)
                {
                    let fd = own(program.as_fd())?;
                    let at_calls = role.is_at_calls();
                    attached.push(Program {
                        fd,
                        classic,
                        at_calls,
                    });
                }
            }
        }
        let programs = Programs {
            attached,
            walk: own(progs.windrow_walk.as_fd())?,
        };
        let mapping = |source| Error::System {
            what: "mapping the tables",
            source,
        };
        let rows = Tables::rows_in_all(&shape);
        let maps = Maps {
            rows: skel.maps.rows.as_fd(),
            cold_rows: skel.maps.cold_rows.as_fd(),
            lists: skel.maps.lists.as_fd(),
            lines: skel.maps.lines.as_fd(),
            spills: skel.maps.spills.as_fd(),
            ledgers: skel.maps.ledgers.as_fd(),
        };
        let pressure = Pressure::of_calls(secret);
        let shared = tables::Tables::of_maps(maps, geometry.clone(), pressure).map_err(mapping)?;
        let tables = Tables {
            shared,
            rows: Mapped::of_map(&skel.maps.call_rows, rows).map_err(mapping)?,
            histograms: Mapped::of_map(
                &skel.maps.histograms,
                shape.histograms_in_all().max(1) as usize,
            )
            .map_err(mapping)?,
            epochs: Mapped::of_map(&skel.maps.call_epochs, geometry.ledgers_in_all())
                .map_err(mapping)?,
            shape,
        };
        let calls = Calls {
            programs,
            tables,
            globals: Arc::new(Mapped::of_map(&skel.maps.bss, 1).map_err(mapping)?),
            run: Mapped::of_map(&skel.maps.data_run, 1).map_err(mapping)?,
            drained: Drained::new(settings.measure == Measure::Counts),
            tick: load::tick()?,
        };
        calls.tables.place();
        Ok(calls)
    }
}

/// What a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Marks children before they run.
    Fork,
    /// Sees calls that end with their task.
    Gone,
    /// Counts where calls end.
    Exit,
    /// Keeps when they began.
    Enter,
    /// Counts where they begin, in place of both.
    Count,
}

impl Role {
    const ALL: [Role; 5] = [Role::Fork, Role::Gone, Role::Exit, Role::Enter, Role::Count];

    fn is_wanted(self, settings: &Settings) -> bool {
        let timed = settings.measure != Measure::Counts;
        match self {
            Role::Fork => timed || settings.tracked,
            Role::Gone | Role::Exit | Role::Enter => timed,
            Role::Count => !timed,
        }
    }

    /// Whether every call runs it.
    fn is_at_calls(self) -> bool {
        matches!(self, Role::Exit | Role::Enter | Role::Count)
    }

    /// Its programs: for which kernels, what they are called, and, of the classic ones, where they belong.
    fn programs(self) -> [(Tracepoints, &'static str, Option<&'static str>); 2] {
        const ENTER: &str = "raw_syscalls/sys_enter";
        let (typed, classic, tracepoint) = match self {
            // Of a child that is woken for the first time there is no classic one that tells it; and with
            // preemption off it runs anyway.
            Role::Fork => ("windrow_fork", "windrow_woken", None),
            Role::Gone => (
                "windrow_exit",
                "windrow_tp_gone",
                Some("sched/sched_process_exit"),
            ),
            Role::Exit => (
                "windrow_sys_exit",
                "windrow_tp_exit",
                Some("raw_syscalls/sys_exit"),
            ),
            Role::Enter => ("windrow_sys_enter", "windrow_tp_enter", Some(ENTER)),
            Role::Count => ("windrow_sys_count", "windrow_tp_count", Some(ENTER)),
        };
        [
            (Tracepoints::Typed, typed, None),
            (Tracepoints::Classic, classic, tracepoint),
        ]
    }
}

/// The selection in the skeleton's own type.
fn filter_data(selection: &Selection, tracked: bool) -> types::call_filter {
    let numbers = !selection.native.is_empty() || !selection.compat.is_empty();
    let mut filter = types::call_filter {
        tracked: u32::from(tracked),
        pids: selection.pids.len() as u32,
        uids: selection.uids.len() as u32,
        comms: selection.comms.len() as u32,
        cgroups: selection.cgroups.len() as u32,
        numbers: u32::from(numbers),
        ..types::call_filter::default()
    };
    for (to, pid) in filter.pid.iter_mut().zip(&selection.pids) {
        *to = *pid;
    }
    for (to, uid) in filter.uid.iter_mut().zip(&selection.uids) {
        *to = *uid;
    }
    for (to, comm) in filter.comm.iter_mut().zip(&selection.comms) {
        to.name = comm.0.map(|byte| byte as i8);
    }
    for (to, cgroup) in filter.cgroup.iter_mut().zip(&selection.cgroups) {
        (to.id, to.level) = (cgroup.id, cgroup.level);
    }
    for (bits, numbers) in [
        (&mut filter.native, &selection.native),
        (&mut filter.compat, &selection.compat),
    ] {
        for number in numbers {
            if let Some(word) = bits.get_mut(*number as usize / 64) {
                *word |= 1 << (number % 64);
            }
        }
    }
    filter
}

const _: () = assert!(size_of::<abi::CallRow>() * BUCKET_WAYS == 512);
