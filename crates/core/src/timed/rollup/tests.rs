use proptest::prelude::*;

use super::*;
use crate::calls::key::CallKey;
use crate::calls::rollup::Rollup;
use crate::calls::slice::{Outcome, Row as SliceRow, Slice};
use crate::calls::window::{Call, Window};
use crate::edges::WallNanos;
use crate::process::{Comm, Process};
use crate::slice::MonoNanos;

const S: i64 = 1_000_000_000;

/// A call that ended.
#[derive(Clone, Debug)]
struct Ended {
    pid: u32,
    /// How long it took, if its beginning was seen.
    ns: Option<u64>,
    failed: bool,
    cpu: usize,
    /// Its table folds it, if its key has no row there.
    unlucky: bool,
}

impl Ended {
    fn of(pid: u32) -> Ended {
        Ended {
            pid,
            ns: Some(10),
            failed: false,
            cpu: 0,
            unlucky: false,
        }
    }

    fn key(&self) -> CallKey {
        CallKey {
            process: Process {
                pid: self.pid,
                life: 1,
            },
            number: 1,
            ..CallKey::default()
        }
    }

    fn spent(&self) -> Spent {
        Spent::new(1, self.ns.unwrap_or(0))
    }

    fn durations(&self) -> Durations {
        self.ns
            .map_or_else(Durations::default, |ns| Durations::new(1, ns, ns, None))
    }
}

fn ended() -> impl Strategy<Value = Ended> {
    // Some keys are much more frequent than others.
    let pid = prop_oneof![0u32..4, 0u32..16, 0u32..64];
    let ns = prop::option::weighted(0.9, prop_oneof![1u64..100, 1u64..10_000_000_000]);
    (pid, ns, any::<bool>(), 0usize..2, any::<bool>()).prop_map(
        |(pid, ns, failed, cpu, unlucky)| Ended {
            pid,
            ns,
            failed,
            cpu,
            unlucky,
        },
    )
}

/// What tables of so many rows hold of a second.
fn window(second: i64, all: &[Ended], room: usize) -> Window {
    let table = Slice {
        capacity_rows: room as u64,
        ..Slice::default()
    };
    let mut slices = vec![table; 2];
    for call in all {
        let slice = &mut slices[call.cpu];
        slice.counters.events += 1;
        slice.counters.seen += call.spent();
        let there = slice.rows.iter().position(|row| row.key == call.key());
        if there.is_none() && (call.unlucky || slice.rows.len() == room) {
            slice.folded += call.spent();
            slice.folded_durations.add(&call.durations());
            slice.folded_outcome.errors += u64::from(call.failed);
            continue;
        }
        let place = there.unwrap_or_else(|| {
            slice.rows.push(SliceRow {
                key: call.key(),
                spent: Spent::ZERO,
                durations: Durations::default(),
                outcome: Outcome::default(),
                comm: Comm::default(),
                inner_pid: 0,
                base: slice.folded,
                hash: 0,
                first: MonoNanos((second * S) as u64),
                last: MonoNanos((second * S) as u64),
            });
            slice.rows.len() - 1
        });
        let row = &mut slice.rows[place];
        row.spent += call.spent();
        row.durations.add(&call.durations());
        row.outcome.errors += u64::from(call.failed);
    }
    let edges = [second, second + 1].map(|at| WallNanos(at * S));
    Window::merge(Span::on_edges(second as u64, edges[0], edges[1]), slices)
}

/// All calls of an open window.
#[derive(Default)]
struct Truth {
    all: Vec<Ended>,
    windows: u64,
}

fn sum<'a>(all: impl Iterator<Item = &'a Durations>) -> Durations {
    all.fold(Durations::default(), |mut sum, more| {
        sum.add(more);
        sum
    })
}

/// Durations that were added in another order.
fn assert_same(one: &Durations, other: &Durations) {
    let range = |it: &Durations| (it.timed, it.min_ns, it.max_ns);
    assert_eq!(range(one), range(other));
    for q in [0.0, 0.1, 0.5, 0.9, 0.99, 1.0] {
        assert_eq!(one.quantile(q), other.quantile(q), "{q}");
    }
}

/// All that a window says is so.
fn check(window: &Window, truth: &Truth) {
    assert_eq!(window.ledger.residue(), (0, 0));
    let seen: Spent = truth.all.iter().map(Ended::spent).sum();
    assert_eq!(window.ledger.counters.seen, seen);
    assert_eq!(window.ledger.counters.events, seen.calls);
    assert!(window.rows.len() as u64 <= window.capacity_rows);
    let rows: HashMap<_, _> = window.rows.iter().map(|call| (call.key, call)).collect();
    assert_eq!(rows.len(), window.rows.len());
    let lo: Spent = window.rows.iter().map(|call| call.lo).sum();
    assert_eq!(window.ledger.rows, lo);

    let mut keys: HashMap<CallKey, Vec<&Ended>> = HashMap::new();
    for call in &truth.all {
        keys.entry(call.key()).or_default().push(call);
    }
    for (key, calls) in &keys {
        let spent: Spent = calls.iter().map(|call| call.spent()).sum();
        let within = |lo: Spent, hi: Spent| lo.max_each(spent) == spent && hi.max_each(spent) == hi;
        let Some(row) = rows.get(key) else {
            assert!(within(Spent::ZERO, window.absent_hi));
            continue;
        };
        assert!(within(row.lo, row.hi), "{row:?}: {spent:?}");
        let over = row.hi - row.lo;
        assert_eq!(over.max_each(window.absent_hi), window.absent_hi);
        if row.lo.calls == spent.calls {
            let durations: Vec<_> = calls.iter().map(|call| call.durations()).collect();
            assert_same(&row.durations, &sum(durations.iter()));
        }
    }
    let errors: u64 = (window.rows.iter()).map(|call| call.outcome.errors).sum();
    assert_eq!(window.ledger.row_outcomes.errors, errors);
    let failed = truth.all.iter().filter(|call| call.failed).count();
    assert_eq!(errors + window.ledger.folded_outcome.errors, failed as u64);
    let all: Vec<_> = truth.all.iter().map(Ended::durations).collect();
    let rows = window.rows.iter().map(|call| &call.durations);
    assert_same(
        &sum(rows.chain([&window.folded_durations])),
        &sum(all.iter()),
    );
}

proptest! {
    /// Whatever windows and longer ones fold: every sum is the same at every level, and all bounds hold.
    #[test]
    fn every_sum_and_bound_is_right_whoever_folds(
        mut seconds in prop::collection::vec(
            prop::option::weighted(0.9, prop::collection::vec(ended(), 0..40)), 1..40),
        lucky in any::<bool>(),
        room in prop_oneof![1usize..6, Just(100)],
        rows in prop_oneof![0u64..8, Just(100)],
    ) {
        for call in seconds.iter_mut().flatten().flatten() {
            call.unlucky &= !lucky;
        }
        let lengths = [4, 16].map(Duration::from_secs);
        let mut rollup = Rollup::<()>::new(&lengths, rows);
        let mut truths: [Truth; 2] = Default::default();
        let mut checked = 0;
        let mut take = |window: &Window, truths: &mut [Truth; 2]| {
            let (four, sixteen) = truths.split_at_mut(1);
            let truth = match window.span.window == Some(lengths[0]) {
                true => {
                    sixteen[0].windows += 1;
                    &mut four[0]
                }
                false => &mut sixteen[0],
            };
            let truth = std::mem::take(truth);
            check(window, &truth);
            checked += truth.all.len();
            assert_eq!(window.rolled.map(|it| it.windows), Some(truth.windows));
        };
        for (second, all) in (0..).zip(&seconds) {
            let Some(all) = all else {
                continue;
            };
            let window = window(second, all, room);
            check(&window, &Truth { all: all.clone(), windows: 0 });
            for (over, ()) in rollup.before(&window.span) {
                take(&over, &mut truths);
            }
            truths[0].windows += 1;
            for truth in &mut truths {
                truth.all.extend_from_slice(all);
            }
            for (over, ()) in rollup.add(&window, &()) {
                take(&over, &mut truths);
            }
        }
        for (over, ()) in rollup.finish() {
            take(&over, &mut truths);
        }
        // Each call is in a window of each length.
        prop_assert_eq!(checked, 2 * seconds.iter().flatten().flatten().count());
    }
}

/// The longer window of seconds in which those had calls.
fn minute(seconds: &[Vec<Ended>], rows: u64) -> Window {
    let mut rollup = Rollup::<()>::new(&[Duration::from_secs(60)], rows);
    for (second, all) in (0..).zip(seconds) {
        assert!(rollup.add(&window(second, all, 1_000), &()).is_empty());
    }
    let (window, ()) = rollup.finish().pop().expect("a minute");
    window
}

/// Keys that come and go are folded, and neither hide each other for long nor those that stay.
#[test]
fn those_that_stay_are_exact_and_little_is_possible_of_others() {
    let of = |second: u32| {
        let once = (0..100).map(move |n| Ended::of(1_000 + second * 100 + n));
        once.chain((0..20).map(|n| Ended::of(n % 2))).collect()
    };
    let seconds: Vec<Vec<Ended>> = (0..59).map(of).collect();
    let window = minute(&seconds, 20);
    assert_eq!((window.rows.len(), window.occupancy), (20, 1.0));
    for pid in 0..2 {
        let call = window.rows.iter().find(|it| it.key.process.pid == pid);
        let call = call.expect("the largest stay");
        assert_eq!((call.lo, call.is_exact()), (Spent::new(590, 5_900), true));
    }
    assert!(window.ledger.folded.calls > 5_000);
    assert!(window.absent_hi.calls * window.capacity_rows <= window.ledger.counters.seen.calls);
    assert!(window.absent_hi.calls > 0);
}

#[test]
fn what_was_folded_of_a_key_is_possible_when_it_comes_back() {
    let calls = |pid: u32, count: usize| vec![Ended::of(pid); count];
    let seconds = [
        calls(1, 3),
        [calls(2, 20), calls(3, 20)].concat(),
        calls(1, 30),
    ];
    let window = minute(&seconds, 2);
    let call = window.rows.iter().find(|it| it.key.process.pid == 1);
    let call = call.expect("it is the largest");
    assert_eq!(
        (call.lo, call.hi),
        (Spent::new(30, 300), Spent::new(33, 330))
    );
    // Of the others one had to go.
    assert_eq!(window.absent_hi, Spent::new(20, 200));
}

#[test]
fn where_all_has_room_all_is_exact() {
    let seconds: Vec<Vec<Ended>> = (0..50)
        .map(|n| (n..n + 5).map(Ended::of).collect())
        .collect();
    let window = minute(&seconds, LEAST_ROWS);
    assert_eq!((window.rows.len(), window.absent_hi), (54, Spent::ZERO));
    assert!(window.rows.iter().all(Call::is_exact));
    assert!(window.occupancy < 0.01);
}

/// A process is called the same in all its rows, also if the one that it had last is folded.
#[test]
fn rows_have_the_name_that_their_process_had_last() {
    let named = |name: u8, second: i64, numbers: &[i32]| {
        let mut window = window(second, &[Ended::of(7)], 1);
        let first = window.rows.remove(0);
        window.rows = (numbers.iter())
            .map(|number| {
                let mut call = first.clone();
                (call.comm.0[0], call.inner_pid) = (name, 3);
                call.key.number = *number;
                call
            })
            .collect();
        window
    };
    let mut rollup = Rollup::<()>::new(&[Duration::from_secs(60)], 2);
    // The row that comes last is as small as any, and is last by its key.
    for window in [named(b'a', 0, &[1, 2]), named(b'b', 1, &[3])] {
        rollup.add(&window, &());
    }
    let (window, ()) = rollup.finish().pop().expect("a minute");
    let numbers: Vec<_> = window.rows.iter().map(|it| it.key.number).collect();
    assert!(numbers.len() == 2 && !numbers.contains(&3), "{numbers:?}");
    for call in &window.rows {
        assert_eq!((call.comm.text().as_str(), call.inner_pid), ("b", 3));
    }
}
