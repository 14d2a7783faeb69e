//! What holds for any frames whatever: nothing is lost, order does not matter, parts add up.

use std::collections::BTreeMap;

use proptest::prelude::*;
use windrow_core::bounds::Bounds;
use windrow_core::flow::FlowKey;
use windrow_core::reason::Reason;
use windrow_core::selection::Selection;
use windrow_core::slice::{MonoNanos, Slice};
use windrow_core::tally::Tally;
use windrow_core::window::Window;
use windrow_datapath::native::Weight;
use windrow_datapath::{Native, Secret};

use crate::support::mutate::{Random, mutate, seeds};
use crate::support::window::window;

/// Room for every key of a test.
const ROOMY: u64 = 4 << 20;
/// Room for some sixty rows.
const TIGHT: u64 = 40 << 10;

/// A frame, what it weighs, and when it comes.
type Event = (Vec<u8>, Tally, u64);

/// Broken and sound frames, some of them of a few flows only.
fn events() -> impl Strategy<Value = Vec<Event>> {
    (any::<u64>(), 1usize..400, any::<bool>()).prop_map(|(seed, length, heavy)| {
        let mut random = Random::new(seed);
        let mut seeds = seeds();
        // As many ports as there may be flows.
        seeds.truncate(1 + random.below(seeds.len()));
        (0..length)
            .map(|_| {
                let mut frame = Vec::new();
                if random.below(3) == 0 {
                    frame.clone_from(&seeds[random.below(seeds.len())]);
                } else {
                    mutate(&mut random, &seeds, &mut frame, 0);
                }
                let weight = match heavy {
                    true => Tally::new(random.next() >> 33, random.next() >> 17),
                    false => Tally::new(1, frame.len() as u64),
                };
                (frame, weight, random.next() >> 1)
            })
            .collect()
    })
}

fn count(events: &[Event], memory_bytes: u64, seed: u64) -> Slice {
    let mut native =
        Native::new(memory_bytes, Secret::from_seed(seed), &Selection::default()).unwrap();
    for (frame, weight, at) in events {
        // A slice that ends where the frame does, so that reading on would be seen.
        let frame = frame.clone().into_boxed_slice();
        let weight = Weight::new(weight.packets, weight.bytes).unwrap();
        native.count(&frame, weight, MonoNanos(*at));
    }
    native.drain().collect()
}

/// Flows by key, with their flags: what does not depend on the order of frames.
fn flows(window: &Window) -> BTreeMap<FlowKey, (Bounds, u8)> {
    let flow = |flow: &windrow_core::window::Flow| (flow.key, (flow.bounds, flow.tcp_flags));
    window.flows.iter().map(flow).collect()
}

/// Reasons, all ethertypes as one: of more than sixteen the first have a line of their own.
fn reasons(window: &Window) -> BTreeMap<Reason, Tally> {
    let mut reasons = BTreeMap::<_, Tally>::new();
    for (reason, seen) in &window.ledger.other {
        let reason = match reason {
            Reason::Ethertype(_) => Reason::EthertypeOther,
            reason => *reason,
        };
        *reasons.entry(reason).or_default() += *seen;
    }
    reasons
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    /// Rows, folds and reasons make up what came, packets and bytes alike, however full the table.
    #[test]
    fn nothing_is_lost(events in events(), seed: u64, tight: bool) {
        let slice = count(&events, if tight { TIGHT } else { ROOMY }, seed);
        let came: Tally = events.iter().map(|(_, weight, _)| *weight).sum();
        prop_assert_eq!(slice.events, events.len() as u64);
        prop_assert_eq!(slice.seen, came);
        let rows: Tally = slice.parts().map(|row| row.count).sum();
        let other: Tally = slice.other.iter().map(|(_, seen)| *seen).sum();
        prop_assert_eq!(rows + slice.folded_sum() + other, came);
        if !tight {
            prop_assert!(slice.folded_sum().is_zero());
        }
        let window = window(vec![slice]);
        for flow in &window.flows {
            prop_assert!(flow.first <= flow.last);
        }
    }

    /// The order of frames decides who gets a row in a full table, and nothing else.
    #[test]
    fn order_never_changes_totals(events in events(), seed: u64) {
        let mut shuffled = events.clone();
        let mut random = Random::new(seed);
        for place in (1..shuffled.len()).rev() {
            shuffled.swap(place, random.below(place + 1));
        }
        let (one, other) = (count(&events, ROOMY, seed), count(&shuffled, ROOMY, seed));
        let (one, other) = (window(vec![one]), window(vec![other]));
        prop_assert_eq!(flows(&one), flows(&other));
        prop_assert_eq!(reasons(&one), reasons(&other));
        prop_assert_eq!(one.ledger.deep_chains, other.ledger.deep_chains);

        let (one, other) = (count(&events, TIGHT, seed), count(&shuffled, TIGHT, seed));
        prop_assert_eq!(one.seen, other.seen);
        let (one, other) = (window(vec![one]), window(vec![other]));
        prop_assert_eq!(reasons(&one), reasons(&other));
        prop_assert_eq!(
            one.ledger.rows + one.ledger.folded_sum(),
            other.ledger.rows + other.ledger.folded_sum()
        );
    }

    /// Two tables that each saw a half come to the same window as one that saw everything; and
    /// where they are full, the bounds of every row hold the truth.
    #[test]
    fn halves_merged_are_the_whole(events in events(), cut in 0.0f64..1.0, seed: u64) {
        let (left, right) = events.split_at((events.len() as f64 * cut) as usize);
        let whole = window(vec![count(&events, ROOMY, seed)]);
        let halves = window(vec![count(left, ROOMY, seed), count(right, ROOMY, seed ^ 1)]);
        prop_assert_eq!(flows(&whole), flows(&halves));
        prop_assert_eq!(reasons(&whole), reasons(&halves));
        prop_assert_eq!(whole.ledger.seen, halves.ledger.seen);

        let full = window(vec![count(left, TIGHT, seed), count(right, TIGHT, seed ^ 1)]);
        let truth = flows(&whole);
        for flow in &full.flows {
            let (truth, _) = truth[&flow.key];
            let Bounds { lo, hi } = flow.bounds;
            prop_assert!(lo.packets <= truth.lo.packets && truth.lo.packets <= hi.packets);
            prop_assert!(lo.bytes <= truth.lo.bytes && truth.lo.bytes <= hi.bytes);
        }
        for (key, (truth, _)) in &truth {
            if !full.flows.iter().any(|flow| flow.key == *key) {
                prop_assert!(truth.lo.packets <= full.absent_hi.packets);
                prop_assert!(truth.lo.bytes <= full.absent_hi.bytes);
            }
        }
    }
}
