use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::*;
use crate::edges::WallNanos;
use crate::net::{Family, Net, Side};
use crate::slice::{Folded, MonoNanos, Row};

mod merging;

pub(super) fn span() -> Span {
    Span::on_edges(0, WallNanos(1_000), WallNanos(2_000))
}

fn key(n: u32) -> FlowKey {
    FlowKey {
        src: IpAddr::V4(Ipv4Addr::from(n)),
        dst: IpAddr::V4(Ipv4Addr::LOCALHOST),
        sport: 1,
        dport: 2,
        proto: 17,
        ..FlowKey::NOTHING
    }
}

fn row(n: u32, packets: u64, base: u64) -> Row {
    Row {
        key: key(n),
        count: Tally::new(packets, packets * 100),
        base: Tally::new(base, base * 100),
        hash: 0,
        first: MonoNanos(1_500),
        last: MonoNanos(1_400),
        tcp_flags: 0,
    }
}

fn in_total(family: Family, packets: u64) -> Folded {
    Folded {
        side: Side::Dst,
        net: Net::all(family),
        count: Tally::new(packets, packets * 100),
    }
}

#[test]
fn a_last_packet_is_never_before_the_first() {
    let slice = Slice {
        rows: vec![row(1, 2, 0)],
        ..Slice::default()
    };
    let window = Window::merge(span(), vec![slice]);
    assert_eq!(window.flows[0].first, window.flows[0].last);
}

#[test]
fn upper_bound_adds_the_folds_of_slices_without_a_row() {
    let with = Slice {
        rows: vec![row(1, 10, 3)],
        folded: vec![in_total(Family::Ipv4, 7)],
        ..Slice::default()
    };
    let without = Slice {
        folded: vec![in_total(Family::Ipv6, 5)],
        ..Slice::default()
    };
    let window = Window::merge(span(), vec![with, without]);
    // 10 counted, 3 may have been folded before the row came in, 5 on the other CPU.
    assert_eq!(window.flows[0].bounds.hi, Tally::new(18, 1_800));
    assert!(!window.flows[0].bounds.is_exact());
    assert_eq!(window.absent_hi, Tally::new(12, 1_200));
}

#[test]
fn a_missing_count_shows_as_residue() {
    let slice = Slice {
        seen: Tally::new(11, 1_100),
        rows: vec![row(1, 10, 0)],
        ..Slice::default()
    };
    assert_eq!(
        Window::merge(span(), vec![slice]).ledger.residue(),
        (1, 100)
    );
}

/// A model of a CPU's table: the first `room` keys get rows, packets of the others are folded.
fn fill(packets: &[u32], room: usize) -> Slice {
    let mut slice: Slice = Slice {
        capacity_rows: room as u64,
        folded: vec![in_total(Family::Ipv4, 0)],
        ..Slice::default()
    };
    for &n in packets {
        let one = Tally::new(1, 100);
        slice.events += 1;
        slice.seen += one;
        if let Some(row) = slice.rows.iter_mut().find(|row| row.key == key(n)) {
            row.count += one;
        } else if slice.rows.len() < room && n % 3 != 0 {
            let base = slice.folded_sum();
            slice.rows.push(Row {
                base,
                ..row(n, 1, 0)
            });
        } else {
            slice.folded[0].count += one;
        }
    }
    slice
}

proptest! {
    /// For any packets on any CPUs and any room: nothing is missing, and every interval holds the
    /// truth, also for flows without a row.
    #[test]
    fn the_truth_is_inside_every_interval(
        cpus in prop::collection::vec(prop::collection::vec(0u32..40, 0..300), 1..4),
        room in 0usize..30,
    ) {
        let slices: Vec<Slice> = cpus.iter().map(|packets| fill(packets, room)).collect();
        let window = Window::merge(span(), slices);
        prop_assert_eq!(window.ledger.residue(), (0, 0));
        for n in 0..40 {
            let truth = cpus.iter().flatten().filter(|&&m| m == n).count() as u64;
            match window.flows.iter().find(|flow| flow.key == key(n)) {
                Some(flow) => {
                    prop_assert!(flow.bounds.lo.packets <= truth);
                    prop_assert!(truth <= flow.bounds.hi.packets);
                }
                None => prop_assert!(truth <= window.absent_hi.packets),
            }
        }
        let keys: std::collections::HashSet<_> = window.flows.iter().map(|flow| flow.key).collect();
        prop_assert_eq!(keys.len(), window.flows.len());
    }
}

#[test]
fn what_the_filter_left_out_is_accounted_for() {
    let slice = || Slice {
        seen: Tally::new(14, 1_400),
        filtered: Tally::new(4, 400),
        rows: vec![row(1, 10, 0)],
        ..Slice::default()
    };
    let mut ledger = Window::merge(span(), vec![slice(), slice()]).ledger;
    assert_eq!(ledger.filtered, Tally::new(8, 800));
    assert_eq!(ledger.residue(), (0, 0));
    ledger.add(&ledger.clone());
    assert_eq!(ledger.filtered, Tally::new(16, 1_600));
    assert_eq!(ledger.residue(), (0, 0));
}
