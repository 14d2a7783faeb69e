//! Opening, sizing and loading the programs for system calls, and mapping their tables.

use std::mem::MaybeUninit;

use libbpf_rs::OpenObject;
use libbpf_rs::skel::{OpenSkel, Skel, SkelBuilder};

use crate::abi::{self, BUCKET_WAYS};
use crate::calls::grouping::grouping;
use crate::calls::rows::CallRows;
use crate::calls::{Calls, Measure, Settings};
use crate::kernel::skeleton::sys::SysSkelBuilder;
use crate::kernel::{Error, load};
use crate::timed::filter::{call_filter, set_call_filter};
use crate::timed::load::Planned;
use crate::timed::{self, LeftOut, Tracepoints};

const WALK: &str = "windrow_walk";

impl Calls {
    /// Loads the programs, with tables for the CPUs that are online now, counting in epoch 0.
    ///
    /// # Errors
    /// As for packets.
    pub fn load(settings: &Settings) -> Result<Calls, Error> {
        load::prepare()?;
        let histograms = settings.measure == Measure::Histograms;
        let shape = timed::load::shape(settings.rows, histograms, settings.buffers, 1)?;
        let refused = |error| load::explain(error, shape.memory_bytes::<CallRows>());
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
        let filter = call_filter(&settings.selection, settings.tracked);
        set_call_filter!(rodata.call_filter, filter);
        rodata.execve_number = libc::SYS_execve as i32;
        rodata.execveat_number = libc::SYS_execveat as i32;
        rodata.counts_own = u32::from(settings.own);

        let planned = planned(settings);
        timed::load::choose(open.open_object_mut(), &planned, &[WALK]);
        timed::load::resize::<CallRows>(open.open_object_mut(), &shape).map_err(refused)?;
        let skel = open.load().map_err(refused)?;

        let object = skel.object();
        let rows = CallRows {
            at_beginnings: settings.measure == Measure::Counts,
        };
        Ok(Calls {
            walk: timed::load::program(object, WALK)?,
            run: timed::load::mapped(&skel.maps.data_run)?,
            parts: timed::load::parts(object, &planned, &skel.maps.bss, secret, shape, rows)?,
        })
    }
}

/// The programs that those settings take.
fn planned(settings: &Settings) -> Vec<Planned> {
    let timed = settings.measure != Measure::Counts;
    let roles = Role::ALL.into_iter().filter(|role| match role {
        Role::Fork => timed || settings.tracked,
        Role::Gone | Role::Exit | Role::Enter => timed,
        Role::Count => !timed,
    });
    roles
        .map(|role| role.program(settings.tracepoints))
        .collect()
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

    /// Its program for kernels with those tracepoints.
    fn program(self, tracepoints: Tracepoints) -> Planned {
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
        let at_events = matches!(self, Role::Exit | Role::Enter | Role::Count);
        match tracepoints {
            Tracepoints::Typed => Planned {
                name: typed,
                classic: None,
                at_events,
                left_out: LeftOut::Lost,
            },
            Tracepoints::Classic => Planned {
                name: classic,
                classic: tracepoint,
                at_events,
                left_out: LeftOut::Lost,
            },
        }
    }
}

const _: () = assert!(size_of::<abi::CallRow>() * BUCKET_WAYS == 512);
