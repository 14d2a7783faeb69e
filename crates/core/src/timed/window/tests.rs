use proptest::prelude::*;

use super::*;
use crate::calls::key::CallKey;
use crate::calls::slice::{Outcome, Row, Slice};
use crate::calls::window::Window;
use crate::edges::WallNanos;
use crate::process::Process;
use crate::tally::Tally;

pub(in crate::timed) fn span() -> Span {
    Span::on_edges(0, WallNanos(1_000), WallNanos(2_000))
}

/// A row of a process's calls, each of so long.
pub(in crate::timed) fn row(pid: u32, calls: u64, ns: u64) -> Row {
    Row {
        key: CallKey {
            process: Process { pid, life: 1 },
            number: 1,
            ..CallKey::default()
        },
        spent: Spent::new(calls, calls * ns),
        durations: (0..calls).fold(Durations::default(), |mut sum, _| {
            sum.add(&Durations::new(1, ns, ns, None));
            sum
        }),
        outcome: Outcome::default(),
        comm: Comm::default(),
        inner_pid: pid,
        base: Spent::ZERO,
        hash: 0,
        first: MonoNanos(1_500),
        last: MonoNanos(1_400),
    }
}

fn named(mut row: Row, name: &[u8], last: u64) -> Row {
    row.comm.0[..name.len()].copy_from_slice(name);
    row.last = MonoNanos(last);
    row
}

#[test]
fn all_rows_of_a_process_have_the_name_that_it_had_last() {
    let mut other = named(row(7, 2, 10), b"ls", 1_900);
    other.key.number = 59;
    let slices = vec![
        Slice {
            rows: vec![named(row(7, 1, 5), b"sh", 1_600)],
            ..Slice::default()
        },
        Slice {
            rows: vec![other],
            ..Slice::default()
        },
    ];
    let window = Window::merge(span(), slices);
    let names: Vec<String> = window.rows.iter().map(|call| call.comm.text()).collect();
    assert_eq!(names, ["ls", "ls"]);
    // A later process of the same number is another.
    let mut later = named(row(7, 1, 5), b"cat", 1_950);
    later.key.process.life = 2;
    let slices = vec![Slice {
        rows: vec![named(row(7, 1, 5), b"sh", 1_600), later],
        ..Slice::default()
    }];
    let window = Window::merge(span(), slices);
    let names: Vec<String> = window.rows.iter().map(|call| call.comm.text()).collect();
    assert_eq!(names, ["sh", "cat"]);
}

#[test]
fn ends_are_never_before_beginnings_and_inside_the_window() {
    let mut early = row(1, 1, 5);
    (early.first, early.last) = (MonoNanos(900), MonoNanos(2_100));
    let slices = vec![Slice {
        rows: vec![row(2, 1, 5), early],
        ..Slice::default()
    }];
    let window = Window::merge(span(), slices);
    for call in &window.rows {
        assert!(span().start.mono <= call.first && call.first <= call.last);
        assert!(call.last <= span().end.mono);
    }
}

#[test]
fn the_residue_is_what_is_nowhere() {
    let mut slice = Slice {
        rows: vec![row(1, 3, 10)],
        folded: Spent::new(2, 7),
        ..Slice::default()
    };
    slice.counters.seen = Spent::new(11, 40);
    (
        slice.counters.filtered,
        slice.counters.children,
        slice.counters.own,
    ) = (1, 2, 1);
    let window = Window::merge(span(), vec![slice]);
    assert_eq!(window.ledger.residue(), (2, 3));
    assert_eq!(window.absent_hi, Spent::new(2, 7));
}

proptest! {
    /// Whatever slices held and folded of a key: the truth is within its bounds, and a key that none
    /// folded is exact.
    #[test]
    fn bounds_hold_over_slices(slices in prop::collection::vec(
        // Of one key: whether it has a row, what is in it, what was folded before, what was folded of others.
        (any::<bool>(), 1u64..100, 0u64..50, 0u64..50), 1..5)
    ) {
        let mut truth = 0;
        let made = slices.iter().map(|(resident, calls, of_key, of_others)| {
            let mut rows = Vec::new();
            truth += of_key;
            if *resident {
                truth += calls;
                let mut row = row(1, *calls, 10);
                row.base = Tally::new(*of_key, of_key * 10).into();
                rows.push(row);
            }
            Slice {
                rows,
                folded: Spent::new(of_key + of_others, (of_key + of_others) * 10),
                ..Slice::default()
            }
        }).collect();
        let window = Window::merge(span(), made);
        match window.rows.first() {
            Some(call) => {
                prop_assert!(call.lo.calls <= truth && truth <= call.hi.calls);
                prop_assert!(call.lo.ns <= truth * 10 && truth * 10 <= call.hi.ns);
                let nothing = slices.iter().all(|(resident, _, of_key, of_others)| {
                    of_key + if *resident { 0 } else { *of_others } == 0
                });
                prop_assert_eq!(call.is_exact(), nothing);
            }
            None => prop_assert!(truth <= window.absent_hi.calls),
        }
    }
}
