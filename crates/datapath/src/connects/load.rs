//! Opening, sizing and loading the programs for TCP connections, and mapping their tables.

use std::mem::MaybeUninit;
use std::os::fd::AsFd;

use libbpf_rs::OpenObject;
use libbpf_rs::skel::{OpenSkel, Skel, SkelBuilder};
use windrow_core::calls::selection::Selection;

use crate::connects::copies::Copies;
use crate::connects::grouping::connect_by;
use crate::connects::lost::Lost;
use crate::connects::rows::ConnectRows;
use crate::connects::{Connects, Settings};
use crate::kernel::cpus::Cpus;
use crate::kernel::skeleton::conn::ConnSkelBuilder;
use crate::kernel::{Error, load};
use crate::timed::filter::{call_filter, set_call_filter};
use crate::timed::load::Planned;
use crate::timed::{self, Tracepoints};

const LISTENERS: &str = "windrow_listeners";
const IN_FLIGHT: &str = "windrow_in_flight";

/// `connect` in the numbering of 32-bit programs.
#[cfg(target_arch = "x86_64")]
const CONNECT_COMPAT: i32 = 362;
#[cfg(not(target_arch = "x86_64"))]
const CONNECT_COMPAT: i32 = 283;

impl Connects {
    /// Loads the programs, with tables for the CPUs that are online now, counting in epoch 0.
    ///
    /// # Errors
    /// As for packets.
    pub fn load(settings: &Settings) -> Result<Connects, Error> {
        load::prepare()?;
        let copies = Copies::of_kernel();
        let shape = timed::load::shape(
            settings.rows,
            settings.histograms,
            settings.buffers,
            copies.writers(),
        )?;
        let refused = |error| load::explain(error, shape.memory_bytes::<ConnectRows>());
        let secret = load::draw_secret()?;
        let mut storage = MaybeUninit::<OpenObject>::uninit();
        let mut open = ConnSkelBuilder::default()
            .open(&mut storage)
            .map_err(refused)?;
        let Some(rodata) = open.maps.rodata_data.as_deref_mut() else {
            let reason = "its read-only data cannot be set".to_owned();
            return Err(Error::Refused { reason });
        };
        let by = connect_by(&settings.by);
        rodata.secret = secret.0;
        rodata.connect_by.who = by.who;
        rodata.connect_by.addresses = by.addresses;
        rodata.connect_by.masks.on = by.masks.on;
        rodata.connect_by.masks.ipv4 = by.masks.ipv4;
        rodata.connect_by.masks.ipv6 = by.masks.ipv6;
        let filter = call_filter(&settings.selection, settings.tracked);
        set_call_filter!(rodata.call_filter, filter);
        rodata.is_selective =
            u32::from(settings.tracked || settings.selection != Selection::default());
        rodata.with_health = u32::from(settings.health);
        rodata.connect_number = libc::SYS_connect as i32;
        rodata.connect_number_compat = CONNECT_COMPAT;
        rodata.possible_cpus = Cpus::now()?.possible;
        rodata.is_preemptible = u32::from(copies.is_preemptible());
        rodata.calls_writer = copies.calls_writer();

        let planned = planned(settings, copies);
        timed::load::choose(open.open_object_mut(), &planned, &[LISTENERS, IN_FLIGHT]);
        timed::load::resize::<ConnectRows>(open.open_object_mut(), &shape).map_err(refused)?;
        (open.maps.works.set_max_entries(copies.writers())).map_err(refused)?;
        let skel = open.load().map_err(refused)?;

        let object = skel.object();
        let rows = ConnectRows { by: settings.by };
        Ok(Connects {
            listeners: timed::load::program(object, LISTENERS)?,
            in_flight: timed::load::program(object, IN_FLIGHT)?,
            sockets: timed::load::own(skel.maps.sockets.as_fd())?,
            run: timed::load::mapped(&skel.maps.data_run)?,
            parts: timed::load::parts(object, &planned, &skel.maps.bss, secret, shape, rows)?,
            copies,
            lost: Lost::new(),
            is_closed: false,
        })
    }
}

/// The programs that those settings take, in the order in which they are to run.
fn planned(settings: &Settings, copies: Copies) -> Vec<Planned> {
    let mut planned = Vec::new();
    if settings.tracked {
        planned.push(Planned::typed("windrow_child"));
    }
    // What tells of a failed call comes before what counts it.
    planned.extend(copies.planned());
    planned.push(match settings.tracepoints {
        Tracepoints::Typed => Planned::typed("windrow_connect"),
        Tracepoints::Classic => Planned {
            classic: Some("raw_syscalls/sys_exit"),
            ..Planned::typed("windrow_tp_connect")
        },
    });
    planned
}
