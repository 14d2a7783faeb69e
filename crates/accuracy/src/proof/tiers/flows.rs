//! The flows of a window of any length beside what came.

use hashbrown::HashMap;
use windrow_core::bounds::Bounds;
use windrow_core::tally::Tally;
use windrow_core::window::{Flow, Window};

use super::came::Came;
use crate::hash::Hash;
use crate::key::Key;
use crate::proof::Checks;
use crate::table::key_of;

/// A tick is no longer than this part of a window, and times were put into ticks once a level.
const TICKS: u64 = 1 << 29;

/// Compares what a window says of each flow that came; of no other it may say anything.
pub fn check(window: &Window, came: &Came, hash: &Hash, checks: &mut Checks) {
    // A second row of a flow would hide the first, and then one is left over.
    let rows: HashMap<Key, &Flow> = window
        .flows
        .iter()
        .filter_map(|flow| Some((key_of(&flow.key)?, flow)))
        .collect();
    let all_is_exact = window.ledger.folded_sum().is_zero();
    let tick = window.span.length().as_nanos() as u64 / TICKS;
    let mut found = 0;
    for (place, key) in came.keys.iter().enumerate() {
        let truth = came.truth.flows[place];
        let Some(flow) = rows.get(key) else {
            let Bounds { lo, hi } = window.absent_bounds(hash.of(key));
            checks.contains(Bounds { lo, hi }, truth);
            checks.at_most(window.absent_hi, hi);
            continue;
        };
        found += 1;
        checks.contains(flow.bounds, truth);
        let [first, last] = came.times[place];
        checks.expect(first <= flow.first && flow.first <= flow.last && flow.last <= last);
        if all_is_exact {
            checks.expect(flow.bounds.is_exact());
            checks.expect(flow.first == first && last.0 - flow.last.0 <= tick);
        }
    }
    checks.expect(found == window.flows.len());
    let sum: Tally = window.flows.iter().map(|flow| flow.bounds.lo).sum();
    checks.expect(sum == window.ledger.rows);
}
