//! Which of several interfaces a packet is of: index → life, and what was seen of each.

use std::sync::{Mutex, PoisonError};

use windrow_core::flow::Life;
use windrow_core::tally::Tally;
use zerocopy::FromZeros;

use crate::abi::{self, INTERFACE_PROBES, InterfaceSlot};
use crate::memory::Mapped;

/// The interfaces that the programs tell apart.
#[derive(Debug)]
pub struct Interfaces {
    slots: Mapped<InterfaceSlot>,
    /// All slots of the first CPU, then of the next.
    sights: Mapped<abi::Sight>,
    /// Held while places are taken and given back.
    taking: Mutex<()>,
}

/// An interface's place; its packets are counted there until it is [left](Interfaces::leave).
#[derive(Clone, Copy, Debug)]
pub struct Place {
    slot: usize,
    /// What others had counted at that place before.
    before: Seen,
}

/// What was seen of an interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// What came in.
    pub coming_in: Tally,
    /// What went out.
    pub going_out: Tally,
}

impl Interfaces {
    /// With no interface yet. There are as many slots for every CPU as there are slots.
    pub fn new(slots: Mapped<InterfaceSlot>, sights: Mapped<abi::Sight>) -> Interfaces {
        Interfaces {
            slots,
            sights,
            taking: Mutex::new(()),
        }
    }

    /// A place for the interface of that index, whose rows carry `life` from now on; `None` where
    /// all places are taken that it may have.
    ///
    /// No program may be attached to it yet.
    pub fn enter(&self, index: u32, life: Life) -> Option<Place> {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        // As the programs look for it; see `count_sight`.
        let slot = (0..INTERFACE_PROBES)
            .map(|probe| index.wrapping_add(probe) as usize % self.slots.len())
            .find(|slot| [0, index].contains(&self.slots.read(*slot).index))?;
        let before = self.total(slot);
        let life = life.0.get();
        self.slots.write(slot, InterfaceSlot { index, life });
        Some(Place { slot, before })
    }

    /// What was seen there since it was entered.
    pub fn seen(&self, place: Place) -> Seen {
        let now = self.total(place.slot);
        Seen {
            coming_in: now.coming_in - place.before.coming_in,
            going_out: now.going_out - place.before.going_out,
        }
    }

    /// Gives a place back. Nothing may be attached to the interface any more.
    pub fn leave(&self, place: Place) {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        self.slots.write(place.slot, InterfaceSlot::new_zeroed());
    }

    fn total(&self, slot: usize) -> Seen {
        let mut seen = Seen::default();
        for place in (slot..self.sights.len()).step_by(self.slots.len()) {
            let sight = self.sights.read(place);
            seen.coming_in += Tally::new(sight.coming_in.packets, sight.coming_in.bytes);
            seen.going_out += Tally::new(sight.going_out.packets, sight.going_out.bytes);
        }
        seen
    }
}
