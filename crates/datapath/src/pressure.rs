//! What is fixed at start about keys that find no room: where they are folded, how many are spilled, and
//! how sketches know them.

use windrow_core::by::{By, Key};
use windrow_core::flow::FlowKey;
use windrow_core::net::{Family, Side};
use windrow_core::selection::Selection;
use zerocopy::FromZeros;

use crate::abi::{self, SIDE_DESTINATION, SIDE_SOURCE};
use crate::key;
use crate::native;
use crate::secret::Secret;

/// What a ledger and the drain need to know of the selection.
#[derive(Clone, Debug)]
pub(crate) struct Pressure {
    /// Packets that must have come for a row or a spill; 0: nothing is spilled.
    pub(crate) spill_price: u32,
    /// What packets are grouped by.
    pub(crate) by: By,
    /// Whether tables have registers of distinct counts.
    pub(crate) registers: bool,
    secret: Secret,
}

impl Pressure {
    /// That of a data path which counts what is selected.
    pub(crate) fn of(selection: &Selection, secret: Secret) -> Pressure {
        Pressure {
            spill_price: selection.spill_budget.packets_a_row(),
            by: selection.by,
            registers: true,
            secret,
        }
    }

    /// That of a source whose folded rows have no network, and are not spilled.
    #[cfg(feature = "kernel")]
    pub(crate) fn without_networks(secret: Secret) -> Pressure {
        Pressure {
            spill_price: 0,
            by: By::of_no_address(),
            registers: false,
            secret,
        }
    }

    /// The hash by which a table and its sketch know a key.
    pub(crate) fn hash(&self, key: &abi::FlowKey) -> u64 {
        native::hash(key, &self.secret, self.by != By::default())
    }

    /// That of a key as everybody else has it; what packets are not grouped by takes no part.
    pub(crate) fn hash_of(&self, key: &FlowKey) -> u64 {
        self.hash(&key::encode(key, &self.by))
    }

    /// What tells this hash function from others.
    pub(crate) fn hashed_by(&self) -> u64 {
        self.hash(&abi::FlowKey::new_zeroed())
    }

    /// The side that is folded along while nothing is known of the traffic: who is called, if that is
    /// asked for.
    pub(crate) fn first_side(&self) -> u32 {
        if self.by.has(Key::Dst) || !self.by.has(Key::Src) {
            SIDE_DESTINATION
        } else {
            SIDE_SOURCE
        }
    }

    /// Whether there is a choice of sides.
    pub(crate) fn has_both_sides(&self) -> bool {
        self.by.has(Key::Src) && self.by.has(Key::Dst)
    }

    /// The first level, the finest being 0, whose networks keys are fine enough for.
    pub(crate) fn finest(&self, side: u32, family: Family) -> u32 {
        let side = match side {
            SIDE_SOURCE => Side::Src,
            _ => Side::Dst,
        };
        self.by.finest(side, family).index() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(text: &str) -> Pressure {
        let selection = Selection {
            by: By::parse(text).expect("keys"),
            ..Selection::default()
        };
        Pressure::of(&selection, Secret::from_seed(1))
    }

    #[test]
    fn levels_are_no_finer_than_keys() {
        for (keys, side, want) in [
            ("src,dst", SIDE_SOURCE, [0, 0]),
            ("src/24,dst", SIDE_SOURCE, [0, 0]),
            ("src/23,dst", SIDE_SOURCE, [1, 0]),
            ("src/16/48", SIDE_SOURCE, [1, 1]),
            ("src/8/32", SIDE_SOURCE, [2, 2]),
            ("src/7/31", SIDE_SOURCE, [3, 3]),
            ("src", SIDE_DESTINATION, [3, 3]),
            ("proto", SIDE_DESTINATION, [3, 3]),
        ] {
            let pressure = by(keys);
            let got = [Family::Ipv4, Family::Ipv6].map(|family| pressure.finest(side, family));
            assert_eq!(got, want, "{keys}");
        }
    }

    #[test]
    fn the_side_is_one_that_is_asked_for() {
        for (keys, side, both) in [
            ("src,dst", SIDE_DESTINATION, true),
            ("src", SIDE_SOURCE, false),
            ("dst,proto", SIDE_DESTINATION, false),
            ("proto", SIDE_DESTINATION, false),
        ] {
            let pressure = by(keys);
            assert_eq!(
                (pressure.first_side(), pressure.has_both_sides()),
                (side, both)
            );
        }
    }
}
