use windrow_core::bounds::Bounds;
use windrow_core::flow::FlowKey;

use super::*;

fn flow(port: u16, count: Tally) -> Flow {
    Flow {
        key: FlowKey {
            src: [10, 0, 0, 1].into(),
            dst: [10, 0, 0, 2].into(),
            sport: port,
            proto: 17,
            ..FlowKey::NOTHING
        },
        bounds: Bounds::exactly(count),
        first: MonoNanos(1_000 + u64::from(port)),
        last: MonoNanos(5_000_000_000 + u64::from(port)),
        tcp_flags: port as u8,
    }
}

fn table(memory_bytes: u64) -> Added {
    Added::new(memory_bytes, Secret::from_seed(1), &Selection::default()).expect("a table")
}

fn one(packets: u64) -> Tally {
    Tally::new(packets, 100 * packets)
}

#[test]
fn rows_add_up_with_their_times_and_credits() {
    let mut table = table(1 << 20);
    for window in 1..=3 {
        table.events(100);
        for port in 0..1_000 {
            table.add(&flow(port, one(u64::from(port) + 1)), one(window));
        }
    }
    let (slice, credits) = table.drain();
    let rows = slice.collect().rows;
    assert_eq!((rows.len(), credits.len()), (1_000, 1_000));
    for (row, credit) in rows.iter().zip(credits) {
        let port = row.key.sport;
        let flow = flow(port, Tally::ZERO);
        assert_eq!(row.count, one(3 * (u64::from(port) + 1)));
        assert_eq!(*credit, one(6));
        assert_eq!((row.key, row.first), (flow.key, flow.first));
        // Of five seconds a step of time is a few nanoseconds.
        assert!(row.last.0.abs_diff(flow.last.0) < 16);
        assert_eq!(row.tcp_flags, port as u8);
    }
    // The next window begins with nothing.
    table.add(&flow(7, one(1)), one(1));
    let (slice, credits) = table.drain();
    assert_eq!((slice.rows.count(), credits), (1, &[one(1)][..]));
}

#[test]
fn more_than_a_row_can_hold_is_carried() {
    let mut table = table(1 << 20);
    let much = Tally::new(5 << 31, 9 << 47);
    table.add(&flow(1, much), Tally::ZERO);
    table.add(&flow(1, much), Tally::ZERO);
    let (slice, _) = table.drain();
    assert_eq!(slice.collect().rows[0].count, much + much);
}

#[test]
fn a_row_that_leaves_takes_its_credit_along() {
    let mut table = table(64 << 10);
    let rows = table.geometry().rows_per_cpu();
    for port in 0..4 * rows as u16 {
        // What comes later has more of it: credits that were mixed up would be too large.
        table.add(&flow(port, one(1)), one(u64::from(port)));
    }
    let (slice, credits) = table.drain();
    let slice = slice.collect();
    assert_eq!(slice.rows.len(), credits.len());
    for (row, credit) in slice.rows.iter().zip(credits) {
        assert_eq!(*credit, one(u64::from(row.key.sport)));
    }
    let counted: Tally = slice.parts().map(|row| row.count).sum();
    assert_eq!(counted + slice.folded_sum(), one(4 * rows));
}

#[test]
fn memory_is_what_was_asked_for() {
    for memory in [1 << 20, 32 << 20] {
        let bytes = table(memory).memory_bytes();
        assert!(
            bytes <= memory && bytes * 10 > memory * 9,
            "{bytes} of {memory}"
        );
    }
}

#[test]
fn what_is_named_as_enough_is_enough() {
    let new = |memory| Added::new(memory, Secret::from_seed(1), &Selection::default());
    let Err(Error::Geometry(geometry::Error::TooLittle { given, least, .. })) = new(1_000) else {
        panic!("1,000 bytes cannot be enough");
    };
    assert_eq!(given, 1_000);
    assert!(new(least).is_ok_and(|table| table.memory_bytes() <= least));
    assert!(new(least - 8).is_err());
}

/// An hour of a flood spilled a share of its events, which filled any memory.
#[test]
fn what_is_spilled_is_bounded_by_the_table() {
    for memory in [64 << 10, 1 << 20] {
        let mut table = table(memory);
        let rows = table.geometry().rows_per_cpu();
        for place in 0..20 * rows {
            table.events(1_000_000_000);
            let mut flow = flow(place as u16, one(1 + place % 7));
            flow.key.dst = (place as u32).to_be_bytes().into();
            table.add(&flow, Tally::ZERO);
        }
        let (slice, _) = table.drain();
        let (stay, left) = (slice.rows.len() as u64, slice.spills.len() as u64);
        assert!(left > rows / 4, "{left} spilled, {rows} rows");
        assert!(2 * (stay + left) <= 3 * rows, "{left} spilled, {rows} rows");
    }
}

/// A minute of three thousand flows folded a packet, half of its table being empty.
#[test]
fn what_would_fit_is_not_folded() {
    let mut table = table(1 << 20);
    let flows = table.geometry().rows_per_cpu() * 8 / 10;
    table.events(flows);
    for place in 0..flows {
        let mut flow = flow(place as u16, one(1));
        flow.key.dst = (place as u32).to_be_bytes().into();
        table.add(&flow, Tally::ZERO);
    }
    let (slice, _) = table.drain();
    assert!(!slice.spills.is_empty());
    assert!(slice.folded_sum().is_zero());
    let kept: Tally = slice.collect().parts().map(|row| row.count).sum();
    assert_eq!(kept, one(flows));
}
