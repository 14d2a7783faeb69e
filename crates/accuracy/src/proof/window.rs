//! A window's flows, with rows and without, beside the truth.

use hashbrown::HashMap;
use windrow_core::bounds::Bounds;
use windrow_core::slice::Slice;
use windrow_core::tally::Tally;
use windrow_core::window::Window;

use super::Checks;
use crate::hash::Hash;
use crate::key::Key;
use crate::table::key_of;
use crate::trace::Truth;

/// Compares the window of slices, each with the hash of its secret, and adds to what is known of each
/// flow. `truth` is the window's own.
pub fn check(
    window: &Window,
    slices: &[(&Slice, &Hash)],
    keys: &[Key],
    truth: &Truth,
    added: &mut [Bounds],
    checks: &mut Checks,
) {
    // A second row of a flow would hide the first, and then one is left over.
    let rows: HashMap<Key, Bounds> = window
        .flows
        .iter()
        .filter_map(|flow| Some((key_of(&flow.key)?, flow.bounds)))
        .collect();
    let mut found = 0;
    for ((place, key), added) in keys.iter().enumerate().zip(added) {
        let truth = truth.flows.get(place).copied().unwrap_or(Tally::ZERO);
        let bounds = match rows.get(key) {
            Some(bounds) => {
                found += 1;
                checks.contains(*bounds, truth);
                *bounds
            }
            None => {
                // Of a flow that is not there, only that nothing is known.
                if !truth.is_zero() {
                    checks.at_most(bound(slices, key), truth);
                    checks.at_most(window.absent_hi, truth);
                }
                Bounds {
                    lo: Tally::ZERO,
                    hi: window.absent_hi,
                }
            }
        };
        added.lo += bounds.lo;
        added.hi += bounds.hi;
    }
    checks.expect(found == window.flows.len());
}

/// At most so much of a flow without a row.
fn bound(slices: &[(&Slice, &Hash)], key: &Key) -> Tally {
    let bounds = slices.iter().map(|(slice, hash)| slice.bound(hash.of(key)));
    bounds.sum()
}
