//! What counts the frames of a capture: the data path in this process, or in the kernel.

use std::collections::BTreeMap;

use windrow_capture::{Link, NoNetwork};
use windrow_core::filter::Filter;
use windrow_core::filter::reference::{self, Packet};
use windrow_core::flow::FlowKey;
use windrow_core::reason::Reason;
use windrow_core::selection::Selection;
use windrow_core::slice::{MonoNanos, Slice};
use windrow_core::tally::Tally;
#[cfg(feature = "kernel")]
use windrow_datapath::kernel::{self, LEAST_FRAME};
use windrow_datapath::native::{self, Weight};
use windrow_datapath::{Geometry, Native, Origin, Rows, Secret};

use crate::exit::Failure;

/// So much of what a link header announces is looked at: no header lies farther in.
const MOST_PAYLOAD: usize = 1 << 15;

/// Counts frames of any link type that captures are decoded of.
pub struct Engine {
    tables: Tables,
    aside: Aside,
    /// A frame as Ethernet would carry it.
    room: Vec<u8>,
    lost_before: u64,
}

enum Tables {
    User(Box<Native>),
    #[cfg(feature = "kernel")]
    Kernel(Box<kernel::Replay>),
}

/// Records that no engine gets to see: they have neither key nor tag.
struct Aside {
    /// The filter leaves them out.
    filters: bool,
    events: u64,
    seen: Tally,
    filtered: Tally,
    other: BTreeMap<Reason, Tally>,
}

impl Aside {
    fn new(filter: Option<&Filter>) -> Aside {
        let passes = |filter| reference::matches(filter, &Packet::default());
        Aside {
            filters: !filter.is_none_or(passes),
            events: 0,
            seen: Tally::ZERO,
            filtered: Tally::ZERO,
            other: BTreeMap::new(),
        }
    }

    fn count(&mut self, reason: Reason, bytes: u32) {
        let tally = Tally::new(1, u64::from(bytes));
        self.events += 1;
        self.seen += tally;
        let place = match self.filters {
            true => &mut self.filtered,
            false => self.other.entry(reason).or_default(),
        };
        *place += tally;
    }

    /// Moves everything into a slice, whose reasons are one a line.
    fn add_to<R>(&mut self, slice: &mut Slice<R>) {
        slice.events += std::mem::take(&mut self.events);
        slice.seen += std::mem::take(&mut self.seen);
        slice.filtered += std::mem::take(&mut self.filtered);
        slice.other.extend(std::mem::take(&mut self.other));
    }
}

impl Engine {
    /// Counts in this process, in tables that fit into `memory_bytes`. The same seed gives the same
    /// rows.
    pub fn user(memory_bytes: u64, seed: u64, selection: &Selection) -> Result<Engine, Failure> {
        let native = Native::new(memory_bytes, Secret::from_seed(seed), selection);
        let native = native.map_err(|error| match error {
            native::Error::Geometry(_) => Failure::usage(error),
            error => error.into(),
        })?;
        Ok(Engine::over(Tables::User(Box::new(native)), selection))
    }

    /// Counts in the kernel, by program test runs; otherwise as [`Engine::user`].
    #[cfg(feature = "kernel")]
    pub fn kernel(memory_bytes: u64, seed: u64, selection: &Selection) -> Result<Engine, Failure> {
        let replay = kernel::Replay::load(memory_bytes, Secret::from_seed(seed), selection);
        let replay = replay.map_err(|error| match error {
            kernel::Error::Geometry(_) => Failure::usage(error),
            error => error.into(),
        })?;
        Ok(Engine::over(Tables::Kernel(Box::new(replay)), selection))
    }

    fn over(tables: Tables, selection: &Selection) -> Engine {
        Engine {
            tables,
            aside: Aside::new(selection.filter.as_ref()),
            room: Vec::new(),
            lost_before: 0,
        }
    }

    /// As on the command line.
    pub fn name(&self) -> &'static str {
        match self.tables {
            Tables::User(_) => "user",
            #[cfg(feature = "kernel")]
            Tables::Kernel(_) => "kernel",
        }
    }

    /// The tables' shape.
    pub fn geometry(&self) -> &Geometry {
        match &self.tables {
            Tables::User(native) => native.geometry(),
            #[cfg(feature = "kernel")]
            Tables::Kernel(replay) => replay.geometry(),
        }
    }

    /// The hash by which what was folded of a flow is known.
    pub fn hash_of(&self, key: &FlowKey) -> u64 {
        match &self.tables {
            Tables::User(native) => native.hash_of(key),
            #[cfg(feature = "kernel")]
            Tables::Kernel(replay) => replay.hash_of(key),
        }
    }

    /// Counts one record, which came by there, as one packet of `bytes` bytes.
    pub fn count(
        &mut self,
        origin: Origin,
        link: Link,
        captured: &[u8],
        bytes: u32,
        at: MonoNanos,
    ) -> Result<(), Failure> {
        let frame = match link.as_ethernet(captured, &mut self.room, MOST_PAYLOAD) {
            Ok(frame) => frame,
            Err(NoNetwork::Cut) => {
                self.aside.count(Reason::L2Cut, bytes);
                return Ok(());
            }
            Err(NoNetwork::NotIp) => {
                self.aside.count(Reason::LinkPayload, bytes);
                return Ok(());
            }
        };
        match &mut self.tables {
            Tables::User(native) => native.count_from(origin, frame, Weight::packet(bytes), at),
            // A test run takes no frame without a whole Ethernet header.
            #[cfg(feature = "kernel")]
            Tables::Kernel(_) if frame.len() < LEAST_FRAME => {
                self.aside.count(Reason::Short, bytes);
            }
            #[cfg(feature = "kernel")]
            Tables::Kernel(replay) => {
                replay
                    .count_from(origin, frame, bytes, at)
                    .map_err(|error| {
                        anyhow::Error::new(error).context("running the kernel program on a frame")
                    })?
            }
        }
        Ok(())
    }

    /// What was counted since the last time.
    pub fn drain(&mut self) -> Slice<Rows<'_>> {
        let mut slice = match &mut self.tables {
            Tables::User(native) => native.drain(),
            #[cfg(feature = "kernel")]
            Tables::Kernel(replay) => replay.drain(),
        };
        self.aside.add_to(&mut slice);
        slice
    }

    /// Events that were lost since the last time: 0 in this process.
    pub fn lost_since(&mut self) -> u64 {
        let lost = match &self.tables {
            Tables::User(_) => 0,
            #[cfg(feature = "kernel")]
            Tables::Kernel(replay) => replay.lost_events(),
        };
        let since = lost - self.lost_before;
        self.lost_before = lost;
        since
    }
}
