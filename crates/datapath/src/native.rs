//! The data path in this process: the kernel's C compiled for the host, in as many instances as
//! wanted. It asks nothing of the kernel and needs no privilege.
#![allow(unsafe_code)] // one call into C, and the memory that it is handed

use std::io;

use windrow_core::flow::FlowKey;
use windrow_core::selection::Selection;
use windrow_core::slice::{MonoNanos, Slice};

use crate::abi::{self, SECRET_WORDS};
use crate::drained::{Drained, Rows};
use crate::geometry::{self, Geometry};
use crate::grouping::grouping;
use crate::origin::Origin;
use crate::pressure::Pressure;
use crate::secret::Secret;
use crate::tables::Tables;
use crate::timeline::Timeline;

/// One slice and one epoch of tables, with everything that counts into them.
#[derive(Debug)]
pub struct Native {
    tables: Tables,
    instance: Instance,
    timeline: Timeline,
    drained: Drained,
}

/// Why there is no instance.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The tables have no room.
    #[error(transparent)]
    Geometry(#[from] geometry::Error),
    /// The memory could not be had.
    #[error("no memory for the tables: ask for less with --memory")]
    NoMemory(#[from] io::Error),
}

/// What one event adds: mostly one packet of its own length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    packets: u32,
    bytes: u64,
}

impl Weight {
    /// One packet.
    pub fn packet(bytes: u32) -> Weight {
        Weight {
            packets: 1,
            bytes: u64::from(bytes),
        }
    }

    /// `packets` packets of `bytes` bytes in all; `None` from 2^31 packets or 2^47 bytes on, which
    /// a row's carry could not hold.
    pub fn new(packets: u64, bytes: u64) -> Option<Weight> {
        (packets < abi::CARRY_PACKETS && bytes < abi::CARRY_BYTES).then_some(Weight {
            packets: packets as u32,
            bytes,
        })
    }
}

/// Twin of `struct instance` in `native/engine.c`; a test compares the layouts.
#[derive(Debug)]
#[repr(C)]
struct Instance {
    buckets: *mut abi::Row,
    cold_buckets: *mut abi::ColdRow,
    chunks: *mut u32,
    lines: *mut abi::Line,
    spills: *mut abi::SpillRecord,
    ledgers: *mut abi::SliceEpoch,
    now_ns: u64,
    bucket_count: u32,
    chunk_count: u32,
    line_count: u32,
    spill_count: u32,
    now_ticks: u32,
    epoch: u32,
    secret: [u32; SECRET_WORDS],
    grouping: abi::Grouping,
    waiting: u32,
    pad: u32,
    /// Events that C has parsed and not counted yet: its own.
    queue: [Pending; QUEUE],
    filter: abi::Filter,
}

/// Events that wait in an instance at most.
const QUEUE: usize = 16;

/// As large as `struct pending` in `native/engine.c`.
type Pending = [u64; 14];

// SAFETY: the pointers are into the tables that the same `Native` owns, and C uses them only while
// it is called through `&mut Native`.
unsafe impl Send for Instance {}

unsafe extern "C" {
    /// Takes one frame; see `native/engine.c`.
    fn windrow_native_count(
        instance: *mut Instance,
        frame: *const u8,
        length: u64,
        packets: u32,
        bytes: u64,
        now_ns: u64,
        now_ticks: u32,
        iface: u32,
        dir: u8,
    );
    /// Counts the frames that wait.
    fn windrow_native_flush(instance: *mut Instance);
    /// Adds to a key what was counted of it elsewhere.
    fn windrow_native_add(
        instance: *mut Instance,
        key: *const abi::FlowKey,
        family: u8,
        packets: u32,
        bytes: u64,
        flags: u8,
        now_ns: u64,
        now_ticks: u32,
    );
    /// The slot of a key's row; all bits set: it has none.
    fn windrow_native_slot(instance: *const Instance, key: *const abi::FlowKey) -> u32;
    /// The hash of a key; `grouped` as in [`abi::Grouping`].
    fn windrow_native_hash(key: *const abi::FlowKey, secret: *const u32, grouped: u32) -> u64;
}

/// The hash by which tables and sketches know a key.
pub(crate) fn hash(key: &abi::FlowKey, secret: &Secret, grouped: bool) -> u64 {
    // SAFETY: C reads the key and as many words of the secret as there are, and keeps neither.
    unsafe { windrow_native_hash(key, secret.0.as_ptr(), u32::from(grouped)) }
}

impl Native {
    /// An instance with nothing counted, of the largest tables that fit into `memory_bytes`, for
    /// what is selected.
    pub fn new(memory_bytes: u64, secret: Secret, selection: &Selection) -> Result<Native, Error> {
        let geometry = Geometry::of_replay(memory_bytes)?;
        let tables = Tables::anonymous(geometry, Pressure::of(selection, secret))?;
        let timeline = Timeline::new();
        let instance = Instance {
            buckets: tables.rows.as_mut_ptr(),
            cold_buckets: tables.cold_rows.as_mut_ptr(),
            chunks: tables.lists.as_mut_ptr(),
            lines: tables.lines.as_mut_ptr(),
            spills: tables.spills.as_mut_ptr(),
            ledgers: tables.ledgers.as_mut_ptr(),
            now_ns: 0,
            bucket_count: tables.geometry.buckets_in_all(),
            chunk_count: tables.geometry.chunks_in_all(),
            line_count: tables.geometry.lines_in_all(),
            spill_count: tables.geometry.spills_in_all(),
            now_ticks: 0,
            epoch: timeline.epoch().word(tables.geometry.buffers),
            secret: secret.0,
            grouping: grouping(&selection.by),
            waiting: 0,
            pad: 0,
            queue: [Pending::default(); QUEUE],
            filter: abi::Filter::of(selection.filter.as_ref()),
        };
        Ok(Native {
            tables,
            instance,
            timeline,
            drained: Drained::default(),
        })
    }

    /// The tables' shape.
    pub fn geometry(&self) -> &Geometry {
        &self.tables.geometry
    }

    /// The hash by which what was folded of a flow is known, for
    /// [`Window::bounds_of`](windrow_core::window::Window::bounds_of). Of addresses that are longer than
    /// what packets are grouped by the rest takes no part.
    pub fn hash_of(&self, key: &FlowKey) -> u64 {
        self.tables.pressure.hash_of(key)
    }

    /// Counts an Ethernet frame, as much of it as was captured, in the open epoch.
    ///
    /// `at` may run backwards; all of an epoch's times must be below 2^63 ns.
    pub fn count(&mut self, frame: &[u8], weight: Weight, at: MonoNanos) {
        self.count_from(Origin::default(), frame, weight, at);
    }

    /// The same of a frame of which it is known where it came by.
    pub fn count_from(&mut self, origin: Origin, frame: &[u8], weight: Weight, at: MonoNanos) {
        let ticks = self.ticks(at);
        // SAFETY: the instance's pointers are into `self.tables`, as long as its counts say, and
        // nothing else refers to that memory during the call; the frame is as long as told.
        unsafe {
            windrow_native_count(
                &raw mut self.instance,
                frame.as_ptr(),
                frame.len() as u64,
                weight.packets,
                weight.bytes,
                at.0,
                ticks,
                origin.iface(),
                origin.dir(),
            );
        }
    }

    /// The time of the next event in ticks; there is room for what it may spill then.
    fn ticks(&mut self, at: MonoNanos) -> u32 {
        if self.timeline.is_log_due(&self.tables) {
            self.flush();
            self.drained
                .read_spills(&self.tables, self.timeline.epoch());
        }
        match self.timeline.ticks(at) {
            Some(ticks) => ticks,
            None => {
                // What waits has its time in ticks as they were.
                self.flush();
                self.timeline.reach(&self.tables, at, &mut self.drained)
            }
        }
    }

    fn flush(&mut self) {
        // SAFETY: as in `count`.
        unsafe { windrow_native_flush(&raw mut self.instance) }
    }

    /// Copies what the open epoch counted, and opens the next.
    pub fn drain(&mut self) -> Slice<Rows<'_>> {
        self.flush();
        let slice = self.timeline.drain(&self.tables, &mut self.drained);
        let buffers = self.tables.geometry.buffers;
        self.instance.epoch = self.timeline.epoch().word(buffers);
        slice
    }
}

mod added;
#[cfg(test)]
pub(crate) mod tests;

pub use added::Added;
