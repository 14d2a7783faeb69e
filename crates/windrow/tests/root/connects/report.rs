//! What `windrow connects --json` wrote, and the promises that hold for every run.

use super::{
    lines::{Failures, Residues, Row, Start, Summary, Window},
    told::{Told, told},
};
use crate::harness::timed::{Kind, Run};

/// What `windrow connects` writes.
#[derive(Debug)]
pub struct Connects;

pub type Report = Run<Connects>;

/// Rows, added up.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    pub attempts: u64,
    pub established: u64,
    pub failed_by: Failures,
}

impl Kind for Connects {
    const COMMAND: &'static str = "connects";
    const ROW: &'static str = "connect";
    type Start = Start;
    type Window = Window;
    type Row = Row;
    type Summary = Summary;

    fn window_ns(start: &Start) -> u64 {
        start.window_ns
    }

    fn window(window: &Window) -> (u64, u64) {
        (window.window_ns, window.seq)
    }

    fn window_of(row: &Row) -> (u64, u64) {
        (row.window_ns, row.seq)
    }

    fn check(run: &Report) {
        let mut in_flight = 0;
        for filled in run.by_window() {
            let (window, rows) = (filled.window, filled.rows);
            assert_eq!(window.rows, rows.len() as u64, "{window:?}");
            window.sums.check(&rows);
            assert_eq!(window.sums.other_events, filled.others, "{window:?}");
            for row in rows {
                row.check();
                // All times are written alike, and so they are in order as text is.
                let times = [&window.start, &row.first, &row.last, &window.end];
                assert!(times.is_sorted(), "{window:?} {row:?}");
            }
            assert_eq!(window.residues, Residues::default(), "{window:?}");
            if window.windows.is_none() {
                in_flight += window.sums.opened();
                assert_eq!(window.sums.in_flight, in_flight, "{window:?}");
            }
        }
        let it = &run.summary;
        it.sums.check(&run.counted().collect::<Vec<_>>());
        assert_eq!(it.sums.in_flight, in_flight, "{it:?}");
        assert_eq!(it.residues, Residues::default(), "{it:?}");
        // What is kept of sockets has been gone through, and attempts that are nowhere were left out: in a storm of
        // interrupts the kernel does not say so of all.
        let nowhere = it.residue_in_flight.expect("all were looked at");
        let unsaid = it.sums.attempts / 200;
        assert!(nowhere.unsigned_abs() <= it.lost + unsaid, "{it:?}");
    }
}

impl Report {
    /// What the rows hold that are asked for.
    pub fn sum(&self, asked: impl Fn(&Row) -> bool) -> Sum {
        Sum::of(self.counted().filter(|row| asked(row)))
    }

    /// Processes are what they say they are, and have done what they say they did; nobody else is there.
    #[track_caller]
    pub fn assert_told(&self) {
        self.assert_told_by(&self.stdout);
        let told = told(&self.stdout);
        for row in self.counted() {
            let known = |it: &Told| row.dir == it.dir && row.pid == Some(it.pid);
            assert!(told.iter().any(known), "nobody told of it: {row:?}");
        }
    }

    /// The same without the last part, for what scenarios said that windrow did not start.
    #[track_caller]
    pub fn assert_told_by(&self, said: &str) {
        let told = told(said);
        assert!(!told.is_empty(), "{said}");
        for it in told {
            it.assert(self);
        }
    }

    /// The same of many connections at once: what is missing is no more than what the kernel says that it
    /// could not run a program for, and so many that it does not say.
    #[track_caller]
    pub fn assert_told_but_for_lost(&self, said: &str, left_out: u64) {
        let told = told(said);
        let missing: u64 = told.iter().map(|it| it.missing(self)).sum();
        let lost = self.summary.lost;
        println!("lost {lost}, missing {missing}");
        assert!(
            !told.is_empty() && missing <= lost + left_out,
            "{said}: {self:#?}"
        );
    }

    /// Nothing is open still: all attempts ended. Where more is asked for than a few of them, the kernel may
    /// say that it lost some: see [`Self::assert_told_but_for_lost`].
    #[track_caller]
    pub fn assert_ended(&self) {
        let it = &self.summary;
        assert_eq!(
            (it.sums.in_flight, it.in_flight_sockets),
            (0, Some(0)),
            "{it:?}"
        );
    }
}

impl Sum {
    pub fn of<'a>(rows: impl Iterator<Item = &'a Row>) -> Sum {
        let mut sum = Sum::default();
        for row in rows {
            sum.attempts += row.attempts;
            sum.established += row.established;
            sum.failed_by.add(&row.failed_by);
        }
        sum
    }
}
