use std::collections::HashMap;

use windrow_core::bounds::Bounds;
use windrow_core::distinct::Distinct;
use windrow_core::edges::{Span, WallNanos};
use windrow_core::flow::FlowKey;
use windrow_core::net::Net;
use windrow_core::rollup::Rolled;
use windrow_core::slice::MonoNanos;
use windrow_core::spill_budget::SpillBudget;
use windrow_core::tally::Tally;

use super::*;
use crate::native::tests::pressed::Random;
use crate::native::{Native, Weight};

const S: i64 = 1_000_000_000;

/// A UDP packet of one of many flows, few of which have most packets.
fn packet(random: &mut Random) -> (FlowKey, Vec<u8>) {
    let share = (random.next() >> 11) as f64 / (1u64 << 53) as f64;
    packet_of((3_000.0 * share.powi(3)) as u16)
}

/// A packet of a flow by its number.
fn packet_of(flow: u16) -> (FlowKey, Vec<u8>) {
    let [high, low] = flow.to_be_bytes();
    let key = FlowKey {
        src: [10, high, low, 1].into(),
        dst: [192, 168, high, 2].into(),
        sport: flow,
        dport: 53,
        proto: 17,
        ..FlowKey::NOTHING
    };
    let mut frame = vec![0; 12];
    frame.extend([8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0]);
    frame.extend([10, high, low, 1, 192, 168, high, 2]);
    frame.extend([high, low, 0, 53, 0, 8, 0, 0]);
    (key, frame)
}

#[derive(Default)]
struct Truth {
    flows: HashMap<FlowKey, Tally>,
    all: Tally,
}

impl Truth {
    fn add(&mut self, key: FlowKey, count: Tally) {
        *self.flows.entry(key).or_default() += count;
        self.all += count;
    }
}

fn inside(bounds: Bounds, truth: Tally) -> bool {
    let Bounds { lo, hi } = bounds;
    lo.packets <= truth.packets
        && truth.packets <= hi.packets
        && lo.bytes <= truth.bytes
        && truth.bytes <= hi.bytes
}

/// All that a window says is so.
fn check(window: &Window, truth: &Truth, hash_of: impl Fn(&FlowKey) -> u64) {
    assert_eq!(window.ledger.seen, truth.all);
    assert_eq!(window.ledger.residue(), (0, 0));
    let rows: HashMap<_, _> = (window.flows.iter())
        .map(|flow| (flow.key, flow.bounds))
        .collect();
    assert_eq!(rows.len(), window.flows.len());
    for (key, truth) in &truth.flows {
        let absent = window.absent_bounds(hash_of(key));
        let bounds = rows.get(key).copied().unwrap_or(absent);
        assert!(inside(bounds, *truth), "{key:?}: {bounds:?}, {truth:?}");
        assert!(absent.hi.max_each(window.absent_hi) == window.absent_hi);
    }
    assert_eq!(
        window.flows.iter().map(|it| it.bounds.lo).sum::<Tally>(),
        window.ledger.rows
    );
    for prefix in &window.prefixes {
        let within =
            |key: &&FlowKey| Net::of(prefix.side.of(key), prefix.net.level()) == prefix.net;
        let keys = truth.flows.keys().filter(within);
        let sum = keys.map(|key| truth.flows[key]).sum();
        assert!(inside(prefix.bounds, sum), "{prefix:?}: {sum:?}");
    }
}

/// Seconds of packets through windows, minutes and hours: every sum and every bound of each is right.
/// Returns how many windows of each length there were, and how many folded anything.
fn roll_up(seed: u64, memory: u64, levels: u64, budget: SpillBudget) -> [(usize, usize); 3] {
    let secret = Secret::from_seed(seed);
    let selection = Selection {
        spill_budget: budget,
        ..Selection::default()
    };
    let mut native = Native::new(memory, secret, &selection).expect("a table");
    let lengths = [60, 3_600].map(Duration::from_secs);
    let mut rollup = Rollup::new(&lengths, levels, secret, &selection).expect("tables");
    let mut random = Random(seed);
    // Of the open second, minute and hour.
    let mut truths: [Truth; 3] = Default::default();
    let mut count = [(0, 0); 3];
    let mut checked = |level: usize, window: &Window, truth: &mut Truth, native: &Native| {
        check(window, &std::mem::take(truth), |key| native.hash_of(key));
        count[level].0 += 1;
        count[level].1 += usize::from(!window.ledger.folded_sum().is_zero());
    };
    // The hour ends when a quarter of an hour is over.
    for second in (0..600).chain(3_500..3_650) {
        // A minute of which only some seconds are there.
        if (120..140).contains(&second) {
            continue;
        }
        for _ in 0..random.next() % 300 {
            let (key, frame) = packet(&mut random);
            let bytes = 60 + (random.next() % 1_000) as u32;
            let at = second * S + (random.next() % S as u64) as i64;
            native.count(&frame, Weight::packet(bytes), MonoNanos(at as u64));
            for truth in &mut truths {
                truth.add(key, Tally::new(1, u64::from(bytes)));
            }
        }
        let edges = [second, second + 1].map(|at| WallNanos(at * S));
        let span = Span::on_edges(second as u64, edges[0], edges[1]);
        let window = Window::merge(span, vec![native.drain()]);
        let [one, two, three] = &mut truths;
        checked(0, &window, one, &native);
        for (window, ()) in rollup.add(&window, &()) {
            let minute = window.span.window == Some(lengths[0]);
            match minute {
                true => checked(1, &window, two, &native),
                false => checked(2, &window, three, &native),
            }
            let rolled = window.rolled.expect("what it was made of");
            let gap = match (minute, window.span.slot.start.0 / S) {
                (true, 120) => 20,
                (true, 3_480) => 20,
                (false, 0) => 2_920,
                _ => 0,
            };
            assert_eq!(rolled.gap, Duration::from_secs(gap), "{:?}", window.span);
        }
    }
    let rest = rollup.finish();
    let last = rest.iter().map(|(window, ())| window.rolled);
    let last: Vec<Option<Rolled>> = last.collect();
    assert_eq!(last.len(), 2);
    for (level, (window, ())) in (1..).zip(&rest) {
        checked(level, window, &mut truths[level], &native);
    }
    count
}

#[test]
fn where_all_has_room_all_is_exact() {
    let count = roll_up(1, 1 << 20, 4 << 20, SpillBudget::default());
    assert_eq!(count, [(730, 0), (13, 0), (2, 0)]);
}

/// What had an exact row in every window has one in the minute, whatever became of others.
#[test]
fn what_is_exact_stays_so() {
    let secret = Secret::from_seed(9);
    let selection = Selection::default();
    let mut native = Native::new(40 << 10, secret, &selection).expect("a table");
    let minute = [Duration::from_secs(60)];
    let mut rollup = Rollup::new(&minute, 4 << 20, secret, &selection).expect("tables");
    let mut random = Random(9);
    let mut exact: HashMap<FlowKey, u64> = HashMap::new();
    let mut seconds = Vec::new();
    for second in 0..60 {
        // Some flows are there first, and go on.
        let steady = (0..1_000).map(|place| 4_000 + place % 5).map(packet_of);
        let others: Vec<_> = (0..1_000).map(|_| packet(&mut random)).collect();
        for (key, frame) in steady.chain(others) {
            exact.entry(key).or_default();
            native.count(&frame, Weight::packet(60), MonoNanos((second * S) as u64));
        }
        let edges = [second, second + 1].map(|at| WallNanos(at * S));
        let span = Span::on_edges(second as u64, edges[0], edges[1]);
        let window = Window::merge(span, vec![native.drain()]);
        assert!(!window.absent_hi.is_zero());
        seconds.extend(window.distinct.clone());
        for flow in window.flows.iter().filter(|flow| flow.bounds.is_exact()) {
            *exact.entry(flow.key).or_default() += 1;
        }
        for (window, ()) in rollup.add(&window, &()) {
            // What is in several seconds is counted once, and what has no row in any is, too.
            assert!(window.distinct.is_some());
            assert_eq!(window.distinct, Distinct::union(&seconds));
            let always = window.flows.iter().filter(|flow| exact[&flow.key] == 60);
            assert!(always.clone().count() >= 5);
            assert!(always.clone().all(|flow| flow.bounds.is_exact()));
        }
    }
}

#[test]
fn every_sum_and_bound_is_right_whoever_folds() {
    for seed in 2..5 {
        for budget in [SpillBudget::default(), SpillBudget::NONE] {
            // Windows fold, or longer ones do, or all of them.
            for (memory, levels) in [
                (40 << 10, 4 << 20),
                (1 << 20, 64 << 10),
                (40 << 10, 64 << 10),
            ] {
                let [seconds, minutes, hours] = roll_up(seed, memory, levels, budget);
                assert_eq!((seconds.0, minutes.0, hours.0), (730, 13, 2));
                assert_eq!(seconds.1 > 0, memory < 1 << 20);
                assert!(minutes.1 > 0 && hours.1 > 0);
            }
        }
    }
}
