//! Where a replay is: the open epoch, and its clock.

use windrow_core::slice::{MonoNanos, Slice};

use crate::clock::{CaptureClock, Clock};
use crate::drained::{Drained, Rows};
use crate::epoch::Epoch;
use crate::tables::Tables;

/// The open epoch of tables with one slice, into which frames are counted one by one.
#[derive(Debug)]
pub(crate) struct Timeline {
    epoch: Epoch,
    /// Set by the first event of the epoch.
    clock: Option<CaptureClock>,
    /// Events since the log was read.
    unread: u32,
}

impl Timeline {
    /// Epoch 0 is open.
    pub(crate) fn new() -> Timeline {
        Timeline {
            epoch: Epoch(0),
            clock: None,
            unread: 0,
        }
    }

    /// Whether the log has to be read before the next event, lest it be full: an event spills one row
    /// at most.
    pub(crate) fn is_log_due(&mut self, tables: &Tables) -> bool {
        self.unread += 1;
        let due = self.unread >= tables.geometry.spill_room();
        if due {
            self.unread = 0;
        }
        due
    }

    /// The open epoch.
    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// `at` in ticks of the open epoch; `None` where they have to [reach](Self::reach) for it first.
    pub(crate) fn ticks(&mut self, at: MonoNanos) -> Option<u32> {
        let clock = self.clock.get_or_insert(CaptureClock::around(at));
        clock.ticks(at)
    }

    /// Makes ticks long enough for `at`, in all rows of the open epoch too; `at` in such ticks.
    pub(crate) fn reach(&mut self, tables: &Tables, at: MonoNanos, drained: &mut Drained) -> u32 {
        let clock = self.clock.get_or_insert(CaptureClock::around(at));
        let bits = clock.reach(at);
        tables.lengthen_ticks(self.epoch, bits, drained);
        clock.ticks(at).unwrap_or_default()
    }

    /// Copies what the open epoch counted, and goes on to the next.
    pub(crate) fn drain<'a>(
        &mut self,
        tables: &Tables,
        drained: &'a mut Drained,
    ) -> Slice<Rows<'a>> {
        // An epoch without an event has no rows whose times would matter.
        let clock = self.clock.take();
        let clock = clock.unwrap_or(CaptureClock::around(MonoNanos(0)));
        tables.drain(self.epoch, Clock::Capture(clock), drained);
        self.epoch = self.epoch.next();
        // The tables of a replay are one slice's.
        drained.slices().swap_remove(0)
    }
}
