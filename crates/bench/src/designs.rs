//! The designs that are measured: windrow as it is built, and the others of `bpf/designs.bpf.c`.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use anyhow::{Context, Result};
use libbpf_rs::{MapCore, Object, ObjectBuilder, OpenObject};
use windrow_core::selection::Selection;
use windrow_datapath::kernel::{Datapath, FrameHook, Grace, Hooks, Settings};
use windrow_datapath::{Epoch, Export};

use crate::dropping;
use crate::workload::Workload;

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/designs.bpf.o"));

/// Flows that a hash map has room for, for each that comes: more would not make it faster.
const ROOM: f64 = 1.5;
/// As `windrow monitor` has it.
pub const DEFAULT_MEMORY_BYTES: u64 = 128 << 20;
/// What a million flows of one CPU need, with room to spare: rows of two CPUs and two epochs.
const LARGE_MEMORY_BYTES: u64 = 1 << 30;
/// Up to here the default memory has a row for each flow, on one CPU.
const DEFAULT_FLOWS: u32 = 200_000;

/// How much a design may remember.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Entries of a hash map.
    pub entries: u32,
    /// As `--memory`, of windrow's tables.
    pub memory_bytes: u64,
}

impl Room {
    /// All flows of a workload.
    pub fn for_all(workload: &Workload) -> Self {
        Self {
            entries: (f64::from(workload.flows.max(1024)) * ROOM) as u32,
            memory_bytes: if workload.flows <= DEFAULT_FLOWS {
                DEFAULT_MEMORY_BYTES
            } else {
                LARGE_MEMORY_BYTES
            },
        }
    }
}

/// A program at XDP (where its name does not say otherwise) that counts packets, or does less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Design {
    /// As in results.
    pub name: &'static str,
    /// What the program is called.
    program: &'static str,
    /// The map that it counts into.
    map: Option<&'static str>,
}

/// windrow itself.
pub const WINDROW: Design = Design::new("windrow", None);
/// A hash map that all CPUs share.
pub const HASH: Design = Design::new("hash", Some("shared"));
/// Parses, counts nothing.
pub const FLOOR: Design = Design::new("floor", None);
/// Does nothing.
pub const EMPTY: Design = Design::new("empty", None);
/// Does nothing, at traffic control.
pub const EMPTY_TC: Design = Design::new("empty_tc", None);

/// An LRU hash map, which makes room by forgetting.
pub const LRU_HASH: Design = Design::new("lru_hash", Some("lru"));
/// [`HASH`] where flows outnumber its entries: what finds none is not counted.
pub const DROP_HASH: Design = Design {
    name: "drop_hash",
    ..HASH
};
/// windrow's tables, where what finds no row is counted in the total alone.
pub const DROP: Design = Design::new("drop", None);

/// windrow, but without registers of distinct counts.
pub const NO_REGISTERS: Design = Design::new("no_registers", None);

/// All that have room for every flow, those with the least to do first.
pub const DESIGNS: [Design; 8] = [
    EMPTY,
    FLOOR,
    WINDROW,
    Design::new("percpu_hash", Some("percpu")),
    HASH,
    LRU_HASH,
    Design::new("textbook", Some("timed")),
    Design::new("agent", Some("locked")),
];

impl Design {
    const fn new(name: &'static str, map: Option<&'static str>) -> Self {
        Self {
            name,
            program: name,
            map,
        }
    }

    /// Loads it with room for all flows of a workload.
    ///
    /// # Errors
    /// When the kernel refuses the program, or has not the memory.
    pub fn load(&self, workload: &Workload, selection: &Selection) -> Result<Loaded> {
        self.load_with(Room::for_all(workload), selection)
    }

    /// Loads it with less room, maybe, than flows need.
    ///
    /// # Errors
    /// As [`Design::load`].
    pub fn load_with(&self, room: Room, selection: &Selection) -> Result<Loaded> {
        let windrow = || load_with_memory(room.memory_bytes, selection, Export::Map);
        let loaded = match *self {
            WINDROW => windrow().and_then(Loaded::windrow),
            DROP => windrow().and_then(Loaded::dropping),
            NO_REGISTERS => windrow()
                .map(Datapath::without_registers)
                .and_then(Loaded::windrow),
            _ => self.load_reference(room.entries),
        };
        loaded.with_context(|| format!("loading the program `{}`", self.name))
    }

    fn load_reference(&self, entries: u32) -> Result<Loaded> {
        let mut open: OpenObject = ObjectBuilder::default().open_memory(OBJECT)?;
        for mut program in open.progs_mut() {
            let wanted = program.name() == self.program;
            program.set_autoload(wanted);
        }
        for mut map in open.maps_mut() {
            if Some(map.name().to_string_lossy().as_ref()) == self.map {
                map.set_max_entries(entries)?;
            } else {
                map.set_autocreate(false)?;
            }
        }
        let object = open.load()?;
        let program = object
            .progs()
            .find(|program| program.name() == self.program)
            .context("there is no such program")?;
        let map = object
            .maps()
            .find(|map| Some(map.name().to_string_lossy().as_ref()) == self.map);
        Ok(Loaded {
            program: program.as_fd().try_clone_to_owned()?,
            flows: match map {
                Some(map) => Some(map.as_fd().try_clone_to_owned()?),
                None => None,
            },
            held: Held::Reference { _object: object },
        })
    }
}

/// All of [`DESIGNS`], in that order, as they are by default.
///
/// # Errors
/// As [`Design::load`].
pub fn load_all(workload: &Workload) -> Result<Vec<Loaded>> {
    let default = Selection::default();
    DESIGNS
        .iter()
        .map(|design| design.load(workload, &default))
        .collect()
}

/// Loads windrow's program at XDP with room for all flows of a workload.
///
/// # Errors
/// As [`Design::load`].
pub fn load_windrow(
    workload: &Workload,
    selection: &Selection,
    export: Export,
) -> Result<Datapath> {
    load_with_memory(Room::for_all(workload).memory_bytes, selection, export)
}

/// Loads windrow's program at XDP with so much memory.
///
/// # Errors
/// As [`Design::load`].
pub fn load_with_memory(
    memory_bytes: u64,
    selection: &Selection,
    export: Export,
) -> Result<Datapath> {
    Ok(Datapath::load(Settings {
        hooks: Hooks::Xdp,
        memory_bytes,
        buffers: 2,
        selection: selection.clone(),
        interfaces: 0,
        export,
    })?)
}

/// A design in the kernel, with its maps.
#[derive(Debug)]
pub struct Loaded {
    program: OwnedFd,
    flows: Option<OwnedFd>,
    held: Held,
}

/// What owns the program and its maps.
#[derive(Debug)]
enum Held {
    /// Only to be kept.
    Reference { _object: Object },
    Windrow {
        datapath: Box<Datapath>,
        epoch: Epoch,
        grace: Grace,
    },
}

impl Loaded {
    fn windrow(datapath: Datapath) -> Result<Self> {
        let program = datapath
            .program(FrameHook::Xdp)
            .context("there is no such program")?;
        Ok(Self {
            program: program.try_clone_to_owned()?,
            flows: None,
            held: Held::Windrow {
                datapath: Box::new(datapath),
                epoch: Epoch(0),
                grace: Grace::new()?,
            },
        })
    }

    /// The program that drops, in the place of windrow's.
    fn dropping(datapath: Datapath) -> Result<Self> {
        Ok(Self {
            program: dropping::load(&datapath)?,
            ..Self::windrow(datapath)?
        })
    }

    /// The map that it counts into, where it is one of the kernel's.
    pub fn flows(&self) -> Option<BorrowedFd<'_>> {
        self.flows.as_ref().map(OwnedFd::as_fd)
    }

    /// Its program.
    pub fn program(&self) -> BorrowedFd<'_> {
        self.program.as_fd()
    }

    /// Ends a window, as the agent does every second; the design has counted what is to come in it. Where
    /// windows are unknown nothing happens.
    ///
    /// # Errors
    /// When the grace period or the drain fails.
    pub fn end_window(&mut self) -> Result<()> {
        if let Held::Windrow {
            datapath,
            epoch,
            grace,
        } = &mut self.held
        {
            let left = *epoch;
            *epoch = left.next();
            datapath.flipper().flip(*epoch);
            grace.wait()?;
            datapath.drain(left)?;
        }
        Ok(())
    }
}
