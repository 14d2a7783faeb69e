use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::connects::by::By;
use crate::connects::key::{ConnectKey, Dir};
use crate::connects::outcomes::{Failure, Health};
use crate::connects::rollup::Rollup;
use crate::connects::run::Run;
use crate::connects::slice::{Counters, Row, Slice};
use crate::edges::{Span, WallNanos};
use crate::process::{Comm, Process};
use crate::slice::MonoNanos;
use crate::timed::Counters as _;
use crate::timed::durations::Durations;
use crate::timed::spent::Spent;

const S: i64 = 1_000_000_000;

fn span(second: i64) -> Span {
    let edges = [second, second + 1].map(|at| WallNanos(at * S));
    Span::on_edges(second as u64, edges[0], edges[1])
}

fn row(dir: Dir, dport: u16, events: u64, handshakes: u64, ns: u64) -> Row {
    Row {
        key: ConnectKey {
            dir,
            process: Process { pid: 7, life: 1 },
            src: [10, 0, 0, 1].into(),
            dst: [10, 0, 1, dport as u8].into(),
            dport,
            ..ConnectKey::default()
        },
        spent: Spent::new(events, handshakes * ns),
        durations: (0..handshakes).fold(Durations::default(), |mut sum, _| {
            sum.add(&Durations::new(1, ns, ns, None));
            sum
        }),
        outcome: Outcomes::default(),
        comm: Comm::default(),
        inner_pid: 7,
        base: Spent::ZERO,
        hash: 0,
        first: MonoNanos(0),
        last: MonoNanos(0),
    }
}

/// A row of so many attempts and ends of attempts, the failed ones refused, with handshakes of so long.
pub(in crate::connects) fn attempts(
    dport: u16,
    attempts: u64,
    established: u64,
    refused: u64,
    ns: u64,
) -> Row {
    let events = attempts + established + refused;
    let mut row = row(Dir::Out, dport, events, established, ns);
    row.outcome.attempts = attempts;
    row.outcome.established = established;
    row.outcome.failures[Failure::Refused as usize] = refused;
    row
}

/// A row of so many accepted connections.
pub(in crate::connects) fn accepted(dport: u16, accepted: u64, ns: u64) -> Row {
    let mut row = row(Dir::In, dport, accepted, accepted, ns);
    row.outcome.established = accepted;
    row
}

/// One CPU's, which counted what is in the rows.
fn slice(rows: Vec<Row>) -> Slice {
    let mut slice = Slice {
        capacity_rows: 100,
        ..Slice::default()
    };
    for row in &rows {
        count(&mut slice.counters, row);
    }
    slice.rows = rows;
    slice
}

/// Counts what is in the row.
fn count(counters: &mut Counters, row: &Row) {
    let outcome = &row.outcome;
    counters.events += row.spent.calls;
    counters.seen += row.spent;
    counters.attempts += outcome.attempts;
    match row.key.dir {
        Dir::Out => counters.established += outcome.established,
        Dir::In => counters.accepted += outcome.established,
    }
    counters.failed += outcome.failed();
    counters.closed += outcome.health.closed;
}

/// The same, but for the row there was no room.
fn fold(slice: &mut Slice, row: &Row) {
    count(&mut slice.counters, row);
    slice.folded += row.spent;
    slice.folded_outcome += row.outcome;
    slice.folded_durations.add(&row.durations);
}

/// Of one CPU in the first second.
pub(in crate::connects) fn window(rows: Vec<Row>) -> Window {
    Window::merge(span(0), vec![slice(rows)])
}

#[test]
fn cpus_add_up_with_bounds_and_every_class_is_somewhere() {
    let one = slice(vec![attempts(80, 10, 8, 1, 100), accepted(80, 3, 50)]);
    let mut other = slice(vec![attempts(80, 5, 5, 0, 300)]);
    fold(&mut other, &attempts(443, 2, 1, 1, 40));
    other.rows[0].base = Spent::new(1, 0);
    let window = Window::merge(span(0), vec![one, other]);
    assert_eq!(window.ledger.residue(), (0, 0));
    assert_eq!(
        window.ledger.residue_of_outcomes(),
        OutcomesResidue::default()
    );
    assert_eq!(window.rows.len(), 2);
    let of = |dir: Dir| {
        let row = window.rows.iter().find(|it| it.key.dir == dir);
        row.expect("a row")
    };
    let out = of(Dir::Out);
    assert_eq!((out.outcome.attempts, out.outcome.established), (15, 13));
    assert_eq!(out.outcome.failed_by(Failure::Refused), 1);
    assert_eq!(
        (out.lo, out.hi),
        (Spent::new(29, 2_300), Spent::new(30, 2_300))
    );
    assert_eq!((out.durations.min_ns, out.durations.max_ns), (100, 300));
    assert!(!out.is_exact());
    // Without a row on the CPU that folded, all of that is possible.
    let accepted = of(Dir::In);
    assert_eq!(
        (accepted.lo, accepted.hi),
        (Spent::new(3, 150), Spent::new(7, 190))
    );
    assert_eq!(window.ledger.outcomes().attempts, 17);
    assert_eq!(window.ledger.counters.opened(), 17 - 14 - 2);
    // Two rows and what was folded.
    assert_eq!(window.summaries(), 3);
}

#[test]
fn what_is_nowhere_shows_in_its_class() {
    let mut slice = slice(vec![attempts(80, 10, 8, 1, 100), accepted(80, 3, 50)]);
    let counters = &mut slice.counters;
    counters.attempts += 1;
    counters.accepted += 2;
    counters.failed -= 1;
    counters.closed += 4;
    // None is in a row, and all are known.
    counters.filtered = 5;
    counters.begun_before = 2;
    counters.seen += Spent::new(5 + 2 + 1, 0);
    let window = Window::merge(span(0), vec![slice]);
    let residue = window.ledger.residue_of_outcomes();
    let want = OutcomesResidue {
        attempts: 1,
        established: 2,
        failed: -1,
        closed: 4,
    };
    assert_eq!((residue, residue.sum()), (want, 8));
    assert_eq!(window.ledger.residue(), (1, 0));
    assert_eq!((window.ledger.other(), window.summaries()), (2, 3));
}

/// An attempt in one window, its end in another.
#[test]
fn in_flight_is_what_was_asked_for_and_has_not_ended() {
    let mut run = Run::default();
    run.add(&window(vec![attempts(80, 3, 0, 0, 0)]), 0);
    assert_eq!(run.in_flight, 3);
    let mut ended = slice(vec![attempts(80, 1, 1, 1, 9)]);
    ended.counters.overtaken = 1;
    run.add(&Window::merge(span(1), vec![ended]), 2);
    assert_eq!((run.in_flight, run.lost), (1, 2));
    assert_eq!(run.residue, (0, 0));
    assert_eq!(run.ledger.residue_of_outcomes().sum(), 0);
}

#[test]
fn a_run_is_told_by_fewer_keys_and_directions_stay_apart() {
    let mut run = Run::default();
    for _ in 0..2 {
        let rows = vec![
            attempts(80, 10, 8, 1, 100),
            attempts(443, 2, 2, 0, 7),
            accepted(80, 3, 50),
        ];
        run.add(&window(rows), 0);
    }
    let by = By::parse("dst/24").expect("keys");
    let mut rows = run.rows_by(&by);
    rows.sort_by_key(|row| row.key);
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let (key, outcome) = (&row.key, &row.outcome);
            (
                key.dir,
                key.dst.to_string(),
                outcome.attempts,
                outcome.established,
            )
        })
        .collect();
    let network = || "10.0.1.0".to_owned();
    assert_eq!(
        told,
        [(Dir::Out, network(), 24, 20), (Dir::In, network(), 0, 6)]
    );
    assert!(run.is_whole() && rows.iter().all(Connect::is_exact));
}

/// What a connection has had when it was closed.
fn health() -> impl Strategy<Value = Health> {
    (0u64..3, 0u64..1_000, 0u64..9).prop_map(|(closed, each, retransmits)| Health {
        closed,
        rtt_ns: closed * each,
        retransmits,
        bytes_sent: each * 3,
        bytes_received: each * 2,
        lifetime_ns: closed * each * 7,
    })
}

fn any_row() -> impl Strategy<Value = Row> {
    let counts = (0u64..9, 0u64..9, prop::array::uniform6(0u64..4));
    (any::<bool>(), 1u16..12, counts, health(), 1u64..1_000_000).prop_map(
        |(outgoing, dport, (begun, made, failures), health, ns)| {
            let mut row = match outgoing {
                true => attempts(dport, begun, made, 0, ns),
                false => accepted(dport, made, ns),
            };
            if outgoing {
                row.outcome.failures = failures;
            }
            row.outcome.health = health;
            let ends = row.outcome.failed() + health.closed;
            row.spent.calls += ends;
            row
        },
    )
}

proptest! {
    /// Whatever windows and longer ones fold, every class is in rows or folded, and adds up to the same.
    #[test]
    fn every_class_is_the_same_at_every_level(
        seconds in prop::collection::vec(prop::collection::vec(any_row(), 0..8), 1..10),
        room in 0usize..6,
        rows in 1u64..6,
    ) {
        let mut rollup = Rollup::<()>::new(&[Duration::from_secs(60)], rows);
        let mut run = Run::default();
        let mut truth = Outcomes::default();
        for (second, all) in (0..).zip(seconds) {
            let mut cpu = Slice { capacity_rows: room as u64, ..Slice::default() };
            for row in all {
                truth += row.outcome;
                let known = cpu.rows.iter().any(|it| it.key == row.key);
                if known || cpu.rows.len() == room {
                    fold(&mut cpu, &row);
                } else {
                    count(&mut cpu.counters, &row);
                    cpu.rows.push(row);
                }
            }
            let window = Window::merge(span(second), vec![cpu]);
            run.add(&window, 0);
            prop_assert_eq!(window.ledger.residue_of_outcomes().sum(), 0);
            prop_assert!(rollup.add(&window, &()).is_empty());
        }
        let (minute, ()) = rollup.finish().pop().expect("a minute");
        prop_assert!(minute.rows.len() as u64 <= rows);
        for ledger in [&minute.ledger, &run.ledger] {
            prop_assert_eq!(ledger.residue(), (0, 0));
            prop_assert_eq!(ledger.residue_of_outcomes(), OutcomesResidue::default());
            prop_assert_eq!(ledger.outcomes(), truth);
        }
        let mut in_rows = Outcomes::default();
        for row in &minute.rows {
            in_rows += row.outcome;
        }
        prop_assert_eq!(in_rows, minute.ledger.row_outcomes);
    }
}

#[test]
fn what_is_accepted_does_not_lend_the_name_of_its_listen() {
    let named = |mut row: Row, name: u8, last: u64| {
        row.comm.0[0] = name;
        row.last = MonoNanos(last);
        row
    };
    let names = |rows: Vec<Row>| -> Vec<String> {
        let window = window(rows);
        window.rows.iter().map(|it| it.comm.text()).collect()
    };
    let old = || named(accepted(80, 5, 10), b'a', 900);
    let new = || named(attempts(443, 2, 2, 0, 10), b'b', 100);
    assert_eq!(names(vec![new(), old()]), ["b", "b"]);
    assert_eq!(names(vec![old(), new()]), ["b", "b"]);
    // It is all that is known.
    assert_eq!(names(vec![old()]), ["a"]);
}
