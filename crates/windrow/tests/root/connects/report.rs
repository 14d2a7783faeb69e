//! What `windrow connects --json` wrote, and the promises that hold for every run.

use std::collections::HashMap;

use super::{
    lines::{Failures, Line, Other, Residues, Row, Start, Summary, Warning, Window},
    told::{Told, told},
};
use crate::harness::counting::{self, Written};

/// A run that came to its end.
#[derive(Debug)]
pub struct Report {
    pub code: Option<i32>,
    /// What was printed beside the lines.
    pub stdout: String,
    pub stderr: String,
    pub start: Start,
    pub windows: Vec<Window>,
    pub rows: Vec<Row>,
    pub others: Vec<Other>,
    pub warnings: Vec<Warning>,
    pub summary: Summary,
}

/// Rows, added up.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    pub attempts: u64,
    pub established: u64,
    pub failed_by: Failures,
}

impl counting::Report for Report {
    const COMMAND: &'static str = "connects";

    fn read(written: Written) -> Report {
        let (lines, stderr, code) = (written.lines, written.stderr, written.code);
        assert!(!stderr.contains("panicked"), "{stderr}");
        let (mut start, mut summary) = (None, None);
        let (mut windows, mut rows, mut others, mut warnings) = (vec![], vec![], vec![], vec![]);
        for line in lines.lines() {
            assert!(summary.is_none(), "a line behind the summary: {line}");
            match serde_json::from_str(line) {
                Ok(Line::Start(it)) => start = Some(it),
                Ok(Line::Window(it)) => windows.push(it),
                Ok(Line::Connect(it)) => rows.push(it),
                Ok(Line::Other(it)) => others.push(it),
                Ok(Line::Warning(it)) => warnings.push(it),
                Ok(Line::Summary(it)) => summary = Some(it),
                Err(error) => panic!("{error}: {line}"),
            }
        }
        let report = Report {
            code,
            start: start.unwrap_or_else(|| panic!("no start line; {code:?}: {stderr}")),
            summary: summary.unwrap_or_else(|| panic!("no summary; {code:?}: {stderr}")),
            stdout: written.stdout,
            stderr,
            windows,
            rows,
            others,
            warnings,
        };
        report.check();
        report
    }
}

impl Report {
    /// Rows of the windows that were counted, not of longer ones.
    pub fn counted(&self) -> impl Iterator<Item = &Row> {
        let length = self.start.window_ns;
        self.rows.iter().filter(move |row| row.window_ns == length)
    }

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

    fn check(&self) {
        let mut rows: HashMap<(u64, u64), Vec<&Row>> = HashMap::new();
        for row in &self.rows {
            row.check();
            rows.entry((row.window_ns, row.seq)).or_default().push(row);
        }
        let mut in_flight = 0;
        for window in &self.windows {
            let of_it = rows.remove(&(window.window_ns, window.seq));
            let of_it = of_it.unwrap_or_default();
            assert_eq!(window.rows, of_it.len() as u64, "{window:?}");
            window.sums.check(&of_it);
            let beside = |it: &&Other| (it.window_ns, it.seq) == (window.window_ns, window.seq);
            let beside = self.others.iter().filter(beside).map(|it| it.events);
            assert_eq!(window.sums.other_events, beside.sum::<u64>(), "{window:?}");
            for row in of_it {
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
        assert!(rows.is_empty(), "rows without a window: {rows:?}");
        let it = &self.summary;
        it.sums.check(&self.counted().collect::<Vec<_>>());
        assert_eq!(it.sums.in_flight, in_flight, "{it:?}");
        assert_eq!(it.residues, Residues::default(), "{it:?}");
        // What is kept of sockets has been gone through, and attempts that are nowhere were left out: in a storm of
        // interrupts the kernel does not say so of all.
        let nowhere = it.residue_in_flight.expect("all were looked at");
        let unsaid = it.sums.attempts / 200;
        assert!(nowhere.unsigned_abs() <= it.lost + unsaid, "{it:?}");
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
