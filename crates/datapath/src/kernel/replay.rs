//! The loaded programs as an engine for captures: every frame by a program test run, with the time
//! and the length that the capture gives it.

use std::io;
use std::mem::offset_of;

use windrow_core::flow::FlowKey;
use windrow_core::selection::Selection;
use windrow_core::slice::{MonoNanos, Slice};

use crate::abi::Globals;
use crate::drained::Rows;
use crate::geometry::Geometry;
use crate::kernel::Datapath;
use crate::kernel::load::{Error, Hooks, Plan};
use crate::kernel::test_run::FrameHook;
use crate::origin::Origin;
use crate::secret::Secret;
use crate::timeline::Timeline;

/// Frames below this are refused by test runs.
pub const LEAST_FRAME: usize = 14;
/// So much of a frame is handed in: no header lies farther in, and more is refused.
const MOST_FRAME: usize = 1 << 15;

/// One slice and one epoch of tables in the kernel, counted into by test runs of the XDP program.
#[derive(Debug)]
pub struct Replay {
    datapath: Datapath,
    timeline: Timeline,
}

impl Replay {
    /// Loads the program over the largest tables that fit into `memory_bytes`, for what is selected.
    pub fn load(memory_bytes: u64, secret: Secret, selection: &Selection) -> Result<Replay, Error> {
        let plan = Plan {
            hooks: Hooks::Xdp,
            geometry: Geometry::of_replay(memory_bytes)?,
            secret,
            selection: selection.clone(),
            replayed: true,
        };
        Ok(Replay {
            datapath: plan.load()?,
            timeline: Timeline::new(),
        })
    }

    /// The tables' shape.
    pub fn geometry(&self) -> &Geometry {
        self.datapath.geometry()
    }

    /// The hash by which what was folded of a flow is known: see
    /// [`Native::hash_of`](crate::Native::hash_of).
    pub fn hash_of(&self, key: &FlowKey) -> u64 {
        self.datapath.hash_of(key)
    }

    /// Counts an Ethernet frame of at least [`LEAST_FRAME`] bytes as one packet of `bytes` bytes.
    ///
    /// # Errors
    /// When the kernel refuses the run; nothing was counted then.
    pub fn count(&mut self, frame: &[u8], bytes: u32, at: MonoNanos) -> io::Result<()> {
        self.count_from(Origin::default(), frame, bytes, at)
    }

    /// The same of a frame of which it is known where it came by.
    ///
    /// # Errors
    /// As [`Replay::count`].
    pub fn count_from(
        &mut self,
        origin: Origin,
        frame: &[u8],
        bytes: u32,
        at: MonoNanos,
    ) -> io::Result<()> {
        let Datapath {
            tables, drained, ..
        } = &mut self.datapath;
        if self.timeline.is_log_due(tables) {
            drained.read_spills(tables, self.timeline.epoch());
        }
        let ticks = match self.timeline.ticks(at) {
            Some(ticks) => ticks,
            None => self.timeline.reach(tables, at, drained),
        };
        let globals = &self.datapath.globals;
        globals.store_u64(offset_of!(Globals, control.now_ns), at.0);
        globals.store_u32(offset_of!(Globals, control.now_ticks), ticks);
        globals.store_u32(offset_of!(Globals, control.frame_bytes), bytes);
        globals.store_u32(offset_of!(Globals, control.iface), origin.iface());
        globals.store_u32(offset_of!(Globals, control.dir), origin.dir().into());
        let frame = &frame[..frame.len().min(MOST_FRAME)];
        self.datapath.run_frame(FrameHook::Xdp, frame, 1)?;
        Ok(())
    }

    /// Copies what the open epoch counted, and opens the next.
    pub fn drain(&mut self) -> Slice<Rows<'_>> {
        let flipper = self.datapath.flipper();
        // A test run has ended when it returns: there is no grace period to wait for.
        let Datapath {
            tables, drained, ..
        } = &mut self.datapath;
        let slice = self.timeline.drain(tables, drained);
        flipper.flip(self.timeline.epoch());
        slice
    }

    /// Events that the program could not count.
    pub fn lost_events(&self) -> u64 {
        self.datapath.lost_events()
    }
}
