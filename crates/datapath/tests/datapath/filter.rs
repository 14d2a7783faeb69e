//! Filters: what passes one is what it means, in each engine, and every packet is accounted for.

mod captures;
#[cfg(feature = "kernel")]
mod kernel;
#[cfg(feature = "kernel")]
mod live;
mod random;

use random::filter;
use windrow_core::by::By;
use windrow_core::filter::Filter;
use windrow_core::filter::reference::{Packet, matches};
use windrow_core::selection::Selection;
use windrow_core::slice::{MonoNanos, Slice};
use windrow_core::tally::Tally;
use windrow_datapath::native::Weight;
use windrow_datapath::{Native, Secret};

use crate::support::mutate::{Random, mutate, seeds};

/// Memory of the tables: full, and not full.
const MEMORIES: [u64; 2] = [40 << 10, 2 << 20];

/// A frame, the bytes that it counts as, and what filters know of it.
struct Event {
    frame: Vec<u8>,
    bytes: u32,
    packet: Packet,
}

/// Sound and broken frames of at least `least` bytes. What they hold is said by an engine without a
/// filter; their tags by the bytes.
fn events(random: &mut Random, count: usize, least: usize) -> Vec<Event> {
    let mut native = Native::new(MEMORIES[0], Secret::from_seed(1), &Selection::default()).unwrap();
    let seeds = seeds();
    (0..count)
        .map(|_| {
            let mut frame = Vec::new();
            if random.below(3) == 0 {
                frame.clone_from(&seeds[random.below(seeds.len())]);
            } else {
                mutate(random, &seeds, &mut frame, least);
            }
            native.count(&frame, Weight::packet(1), MonoNanos(1));
            let mut slice = native.drain();
            let packet = Packet {
                key: slice.rows.next().map(|row| row.key),
                vlan: outermost_tag(&frame),
            };
            let bytes = random.next() as u32 >> 8;
            Event {
                frame,
                bytes,
                packet,
            }
        })
        .collect()
}

fn outermost_tag(frame: &[u8]) -> Option<u16> {
    let kind = u16::from_be_bytes([*frame.get(12)?, *frame.get(13)?]);
    let id = u16::from_be_bytes([*frame.get(14)?, *frame.get(15)?]) & 0xfff;
    let whole = frame.len() >= 18;
    (whole && [0x8100, 0x88a8, 0x9100].contains(&kind)).then_some(id)
}

/// When an event comes: all within the time that a row's last packet is exact in.
fn at(place: usize) -> MonoNanos {
    MonoNanos(1_700_000_000_000_000_000 + place as u64)
}

/// Everything that passes, by its 5-tuple.
fn through(filter: &Filter) -> Selection {
    grouped(filter, 0)
}

/// Everything that passes, in one round by its 5-tuple, in the other by keys that leave out most of
/// what filters ask for.
fn grouped(filter: &Filter, round: usize) -> Selection {
    let by = ["src,dst,sport,dport,proto", "src/24,dport,tos"][round % 2];
    Selection {
        by: By::parse(by).unwrap(),
        filter: Some(filter.clone()),
        ..Selection::default()
    }
}

/// What an engine with this filter must count: what one without it counts of the packets that pass,
/// and the rest as filtered.
fn expected(events: &[Event], selection: &Selection, memory_bytes: u64, secret: Secret) -> Slice {
    let filter = selection.filter.as_ref().unwrap();
    let all = Selection {
        filter: None,
        ..selection.clone()
    };
    let mut native = Native::new(memory_bytes, secret, &all).unwrap();
    let mut filtered = Tally::ZERO;
    for (place, event) in events.iter().enumerate() {
        if matches(filter, &event.packet) {
            native.count(&event.frame, Weight::packet(event.bytes), at(place));
        } else {
            filtered += Tally::new(1, u64::from(event.bytes));
        }
    }
    let mut slice = native.drain().collect();
    slice.events += filtered.packets;
    slice.seen += filtered;
    slice.filtered = filtered;
    slice
}

fn by_native(events: &[Event], selection: &Selection, memory_bytes: u64, secret: Secret) -> Slice {
    let mut native = Native::new(memory_bytes, secret, selection).unwrap();
    for (place, event) in events.iter().enumerate() {
        native.count(&event.frame, Weight::packet(event.bytes), at(place));
    }
    native.drain().collect()
}

/// The ledger, without rows, which are many.
fn ledger(slice: &Slice) -> Slice {
    Slice {
        rows: Vec::new(),
        ..slice.clone()
    }
}

#[track_caller]
fn assert_same(filter: &Filter, got: &Slice, want: &Slice) {
    assert_eq!(ledger(got), ledger(want), "{filter}");
    assert!(got.rows == want.rows, "rows differ: {filter}");
    let rows: Tally = got.parts().map(|row| row.count).sum();
    let other: Tally = got.other.iter().map(|(_, seen)| *seen).sum();
    assert_eq!(
        got.filtered + rows + got.folded_sum() + other,
        got.seen,
        "{filter}"
    );
}

#[test]
fn the_native_engine_counts_what_passes_and_no_more() {
    let mut random = Random::new(5);
    let (mut passed, mut filtered) = (0, 0);
    for round in 0..20 {
        let events = events(&mut random, 1000, 0);
        for _ in 0..50 {
            let (filter, secret) = (filter(&mut random), Secret::from_seed(random.next()));
            let selection = grouped(&filter, round / 2);
            let memory = MEMORIES[round % 2];
            let got = by_native(&events, &selection, memory, secret);
            let want = expected(&events, &selection, memory, secret);
            assert_same(&filter, &got, &want);
            passed += got.seen.packets - got.filtered.packets;
            filtered += got.filtered.packets;
        }
    }
    println!("{passed} packets passed, {filtered} did not");
    // Neither is the exception.
    assert!(passed > 100_000 && filtered > 100_000);
}
