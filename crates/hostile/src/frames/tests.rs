#![allow(clippy::unwrap_used)] // tests

use windrow_core::net::{Family, Net, Side};
use windrow_core::slice::Folded;

use super::*;
use crate::seeds;

fn judged(script: &[u8]) -> Vec<Judged> {
    let mut alone = Alone::new();
    let judge = |event: Event| {
        let verdict = alone.verdict(&event.frame);
        Judged { event, verdict }
    };
    script::decode(script).into_iter().map(judge).collect()
}

#[test]
fn seeds_fill_small_tables_and_the_names_of_ethertypes() {
    let (mut folded, mut full, mut carried) = (false, false, false);
    for script in seeds::scripts() {
        let events = judged(&script);
        let slice = count(
            &mut native(least_memory(), 1),
            &events.iter().collect::<Vec<_>>(),
        );
        folded |= slice.folded_sum() != Tally::ZERO;
        full |= slice
            .other
            .iter()
            .any(|(reason, _)| *reason == Reason::EthertypeOther);
        carried |= slice
            .rows
            .iter()
            .any(|row| row.count.packets >= abi::CARRY_PACKETS);
    }
    assert!(folded && full && carried, "{folded} {full} {carried}");
}

#[test]
fn whatever_is_wrong_with_a_slice_is_seen() {
    let script = seeds::scripts().pop().unwrap();
    let events = judged(&script);
    let events: Vec<&Judged> = events.iter().collect();
    let right = count(&mut native(1 << 20, 1), &events);
    check(&right, &events);
    let wrongs: [fn(&mut Slice); 9] = [
        |slice| slice.events += 1,
        |slice| slice.seen.bytes += 1,
        |slice| {
            slice.folded.push(Folded {
                side: Side::Dst,
                net: Net::all(Family::Ipv4),
                count: Tally::new(1, 0),
            })
        },
        |slice| slice.rows[3].count.bytes -= 1,
        |slice| slice.rows[3].key.sport ^= 1,
        |slice| slice.rows[3].tcp_flags ^= 1,
        |slice| slice.rows[3].last.0 -= 1,
        |slice| slice.other[0].1.packets += 1,
        |slice| slice.rows.extend_from_within(3..4),
    ];
    for (wrong, number) in wrongs.iter().zip(0..) {
        let mut slice = right.clone();
        wrong(&mut slice);
        let seen = std::panic::catch_unwind(|| check(&slice, &events));
        assert!(seen.is_err(), "wrong {number} passes");
    }
}
