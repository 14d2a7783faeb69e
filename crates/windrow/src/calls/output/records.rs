//! What programs are told of calls alone.

use serde::Serialize;
use windrow_core::calls::Calls;
use windrow_core::calls::by::By;
use windrow_core::calls::slice::Counters;
use windrow_core::calls::window::{Call, Ledger, Window};
use windrow_datapath::calls::Measure;

use crate::calls::config::How;
use crate::calls::output::row::{self, RowFields};
use crate::timed::cgroups::Cgroups;
use crate::timed::output::{Records, Summary};

#[derive(Serialize)]
struct HowFields {
    counts: bool,
}

/// Where calls are, of a window or of a run.
#[derive(Serialize)]
struct Sums {
    events: u64,
    total_ns: u64,
    folded_events: u64,
    folded_ns: u64,
    other_events: u64,
    filtered_events: u64,
    #[serde(flatten)]
    beginnings: Option<Beginnings>,
}

/// What became of calls that began, where that is seen.
#[derive(Serialize)]
struct Beginnings {
    enters: u64,
    matched: u64,
    never_returned: u64,
    without_enter: WithoutEnter,
    unfollowed_enters: u64,
    in_flight: i64,
}

/// Ends of calls whose beginning was not seen.
#[derive(Serialize)]
struct WithoutEnter {
    child: u64,
    refused: u64,
    begun_before: u64,
    untracked: u64,
}

#[derive(Serialize)]
struct Residues {
    residue_exits: i64,
}

#[derive(Serialize)]
struct Ends {
    /// Tasks in a call at the end, by looking at each.
    in_calls: Option<u64>,
    /// Beginnings that are nowhere; what was lost may be among them.
    residue_enters: Option<i64>,
}

impl Records for Calls {
    const ROW: &'static str = "syscall";

    fn words(by: &By) -> Vec<String> {
        by.words()
    }

    fn start(how: &How) -> impl Serialize {
        HowFields {
            counts: how.measure == Measure::Counts,
        }
    }

    fn sums(ledger: &Ledger, _: &How, in_flight: i64) -> impl Serialize {
        let it: &Counters = &ledger.counters;
        let beginnings = Beginnings {
            enters: it.enters,
            matched: it.matched,
            never_returned: it.never_returned,
            without_enter: WithoutEnter {
                child: it.children,
                refused: it.unentered,
                begun_before: it.begun_before,
                untracked: it.untracked,
            },
            unfollowed_enters: it.untracked_enters + it.unkept + it.overtaken,
            in_flight,
        };
        Sums {
            events: it.events,
            total_ns: it.seen.ns,
            folded_events: ledger.folded.calls,
            folded_ns: ledger.folded.ns,
            other_events: ledger.other(),
            filtered_events: it.filtered,
            beginnings: (it.counted_at_beginnings == 0).then_some(beginnings),
        }
    }

    fn residues(ledger: &Ledger) -> impl Serialize {
        Residues {
            residue_exits: ledger.counters.residue_of_ends(),
        }
    }

    fn ends(summary: &Summary<'_, Calls>) -> impl Serialize {
        Ends {
            in_calls: summary.in_flight,
            residue_enters: summary.residue_of_beginnings(),
        }
    }

    fn others(ledger: &Ledger) -> Vec<(&'static str, u64)> {
        let it = &ledger.counters;
        vec![("child_return", it.children), ("own", it.own)]
    }

    fn without_quantiles(ledger: &Ledger) -> u64 {
        ledger.counters.without_histogram
    }

    fn columns(by: &By, _: &How) -> Vec<&'static str> {
        row::columns(by)
    }

    fn row(
        window: &Window,
        call: &Call,
        by: &By,
        _: &How,
        cgroups: &mut Cgroups,
    ) -> impl Serialize {
        RowFields::of(window, call, by, cgroups)
    }
}
