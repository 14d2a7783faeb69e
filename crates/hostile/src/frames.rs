//! Sequences of frames in small tables: whatever comes, every packet is somewhere, once.

use std::collections::{BTreeMap, BTreeSet};

use windrow_core::edges::{Span, WallNanos};
use windrow_core::flow::FlowKey;
use windrow_core::reason::Reason;
use windrow_core::slice::{MonoNanos, Row, Slice};
use windrow_core::tally::Tally;
use windrow_core::window::Window;
use windrow_datapath::geometry::{self, Geometry};
use windrow_datapath::{Native, abi};

use crate::alone::{Alone, Verdict, native};
use crate::script::{self, Event};

/// Of these a slice keeps apart as many as come first; `abi.h` says how many.
const ETHERTYPES: usize = abi::ETHERTYPE_SLOTS;

/// An event, and what its frame comes to by itself.
struct Judged {
    event: Event,
    verdict: Verdict,
}

/// Counts a sequence of frames in several tables and compares each with what its frames alone
/// come to.
///
/// # Panics
/// When a packet or byte is lost, counted twice, or under another key than alone.
pub fn frames(data: &[u8]) {
    let mut alone = Alone::new();
    let judged = |event: Event| {
        let verdict = alone.verdict(&event.frame);
        Judged { event, verdict }
    };
    let events: Vec<Judged> = script::decode(data).into_iter().map(judged).collect();
    let (all, back): (Vec<_>, Vec<_>) = (events.iter().collect(), events.iter().rev().collect());

    let mut small = native(least_memory(), 1);
    check(&count(&mut small, &all), &all);
    // The rows of the epoch before are still in memory: they must not show, whatever they held.
    check(&count(&mut small, &back), &back);

    let large = count(&mut native(256 << 10, 2), &all);
    check(&large, &all);
    check_window(vec![large], &all);

    // As two CPUs would share them, each with a table of its own.
    let share = |which| all.iter().copied().skip(which).step_by(2).collect();
    let shares: [Vec<&Judged>; 2] = [share(0), share(1)];
    let slices: Vec<Slice> = shares
        .iter()
        .zip(3..)
        .map(|(share, seed)| {
            let slice = count(&mut native(least_memory(), seed), share);
            check(&slice, share);
            slice
        })
        .collect();
    check_window(slices, &all);
}

/// What the smallest table takes: two buckets.
fn least_memory() -> u64 {
    match Geometry::of_replay(0) {
        Err(geometry::Error::TooLittle { least, .. }) => least,
        Ok(_) => 0,
    }
}

fn count(native: &mut Native, events: &[&Judged]) -> Slice {
    for Judged { event, .. } in events {
        native.count(&event.frame, event.weight, event.at);
    }
    native.drain().collect()
}

/// What a flow must hold.
struct Want {
    count: Tally,
    first: MonoNanos,
    last: MonoNanos,
    tcp_flags: u8,
}

/// One slice of one epoch, to the last packet.
///
/// Which keys have a row is the table's own choice, and rows may leave: what they counted is spilled or
/// folded then. A key that never had to leave is counted in its row to the last packet.
fn check(slice: &Slice, events: &[&Judged]) {
    // Trees: a hash that is seeded anew each time would look like new coverage.
    let rows: BTreeMap<FlowKey, &Row> = slice.rows.iter().map(|row| (row.key, row)).collect();
    assert_eq!(rows.len(), slice.rows.len(), "a key has two rows");

    let mut want: BTreeMap<FlowKey, Want> = BTreeMap::new();
    let mut other: BTreeMap<Reason, Tally> = BTreeMap::new();
    let (mut seen, mut deep_chains) = (Tally::ZERO, 0);
    for Judged { event, verdict } in events {
        seen += event.tally;
        match *verdict {
            Verdict::Flow {
                key,
                tcp_flags,
                deep_chain,
            } => {
                deep_chains += u64::from(deep_chain);
                let want = want.entry(key).or_insert(Want {
                    count: Tally::ZERO,
                    first: event.at,
                    last: event.at,
                    tcp_flags: 0,
                });
                want.count += event.tally;
                // Time may run backwards.
                want.first = want.first.min(event.at);
                want.last = want.last.max(event.at);
                want.tcp_flags |= tcp_flags;
            }
            Verdict::Other(reason) => {
                *other.entry(named(reason, &other)).or_default() += event.tally
            }
        }
    }

    assert_eq!(slice.events, events.len() as u64);
    assert_eq!(slice.seen, seen, "the independent total");
    assert_eq!(slice.deep_chains, deep_chains);
    let of_slice: BTreeMap<Reason, Tally> = slice.other.iter().copied().collect();
    assert_eq!(of_slice.len(), slice.other.len(), "a reason is there twice");
    assert_eq!(of_slice, other);
    check_rows(slice, &want, coarseness(events));
    assert!(slice.rows.len() as u64 <= slice.capacity_rows);
    let rows: Tally = slice.parts().map(|row| row.count).sum();
    let others: Tally = slice.other.iter().map(|(_, seen)| *seen).sum();
    let sum = rows + slice.folded_sum() + others;
    assert_eq!(slice.seen, sum, "conservation");
}

/// All rows, those that left too, beside what their keys came with.
fn check_rows(slice: &Slice, want: &BTreeMap<FlowKey, Want>, step: u64) {
    let mut parts: BTreeMap<FlowKey, Tally> = BTreeMap::new();
    for row in slice.parts() {
        let want = want.get(&row.key).expect("a row of no event");
        *parts.entry(row.key).or_default() += row.count;
        assert!(row.first >= want.first && row.last <= want.last, "{row:?}");
        assert_eq!(row.tcp_flags & !want.tcp_flags, 0, "{row:?}");
    }
    for (key, count) in &parts {
        let truth = want[key].count;
        assert!(within(*count, truth), "{key:?}");
    }
    let whole = |row: &&Row| row.base.is_zero() && slice.spills.iter().all(|it| it.key != row.key);
    for row in slice.rows.iter().filter(whole) {
        check_row(row, &want[&row.key], step);
    }
    let left = !slice.spills.is_empty() || !slice.folded_sum().is_zero();
    let roomy = slice.rows.len() < abi::BUCKET_WAYS;
    assert!(!left || !roomy, "rows left beside free ones");
    if !left {
        assert_eq!(slice.rows.len(), want.len(), "a key without a row");
    }
}

fn check_row(row: &Row, want: &Want, step: u64) {
    assert_eq!(row.count, want.count, "{row:?}");
    assert_eq!(row.tcp_flags, want.tcp_flags, "{row:?}");
    assert_eq!(row.first, want.first, "{row:?}");
    let late = want.last.0.checked_sub(row.last.0);
    assert!(late.is_some_and(|late| late < step), "{row:?}, {step}");
}

/// The ethertypes that come first have their own names, the others share one.
fn named(reason: Reason, other: &BTreeMap<Reason, Tally>) -> Reason {
    let is_named = |reason: &Reason| matches!(reason, Reason::Ethertype(_));
    let full = other.keys().filter(|reason| is_named(reason)).count() == ETHERTYPES;
    if is_named(&reason) && full && !other.contains_key(&reason) {
        Reason::EthertypeOther
    } else {
        reason
    }
}

/// Nanoseconds that `last` is kept in: one within two seconds of an epoch's first event, and more
/// as it lies farther away.
fn coarseness(events: &[&Judged]) -> u64 {
    let Some(origin) = events.first().map(|first| first.event.at.0) else {
        return 1;
    };
    let away = events
        .iter()
        .map(|each| each.event.at.0.abs_diff(origin))
        .max();
    (away.unwrap_or(0) >> 30).max(1)
}

/// The slices as one window: nothing is left over, and the truth is within all bounds.
fn check_window(slices: Vec<Slice>, events: &[&Judged]) {
    let span = Span::on_edges(0, WallNanos(0), WallNanos(i64::MAX));
    let window = Window::merge(span, slices);
    assert_eq!(window.ledger.residue(), (0, 0));

    let mut truth: BTreeMap<FlowKey, Tally> = BTreeMap::new();
    let mut other = Tally::ZERO;
    for Judged { event, verdict } in events {
        match verdict {
            Verdict::Flow { key, .. } => *truth.entry(*key).or_default() += event.tally,
            Verdict::Other(_) => other += event.tally,
        }
    }
    assert_eq!(window.ledger.events, events.len() as u64);
    assert_eq!(
        window.ledger.seen,
        events.iter().map(|each| each.event.tally).sum()
    );
    assert_eq!(window.ledger.other_sum(), other);
    let mut present = BTreeSet::new();
    for flow in &window.flows {
        assert!(present.insert(flow.key), "a flow is there twice: {flow:?}");
        assert!(flow.first <= flow.last, "{flow:?}");
        let truth = truth.get(&flow.key).copied().unwrap_or_default();
        assert!(within(flow.bounds.lo, truth), "{flow:?}, {truth:?}");
        assert!(within(truth, flow.bounds.hi), "{flow:?}, {truth:?}");
    }
    for (key, seen) in truth {
        let absent = !present.contains(&key);
        assert!(!absent || within(seen, window.absent_hi), "{key:?}");
    }
}

fn within(low: Tally, high: Tally) -> bool {
    low.packets <= high.packets && low.bytes <= high.bytes
}

#[cfg(test)]
mod tests;
