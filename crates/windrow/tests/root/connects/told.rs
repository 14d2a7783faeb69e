//! What processes say they did, by their own count.

use super::{
    lines::{Failures, Row},
    report::{Report, Sum},
};

/// A line of `tell` in programs/own.c.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub dir: String,
    pub comm: String,
    pub pid: u32,
    pub sum: Sum,
}

/// All who said what they did.
pub fn told(said: &str) -> Vec<Told> {
    said.lines().filter_map(line).collect()
}

/// A number that a program said behind a name.
#[track_caller]
pub fn number(said: &str, name: &str) -> u64 {
    let mut lines = said.lines().filter_map(|line| line.split_once(' '));
    let found = lines.find(|(found, _)| *found == name);
    let (_, number) = found.unwrap_or_else(|| panic!("no {name}: {said}"));
    number.parse().expect("a number")
}

fn line(line: &str) -> Option<Told> {
    let words: Vec<&str> = line.split(' ').collect();
    let [dir @ ("in" | "out"), comm, pid, numbers @ ..] = &words[..] else {
        return None;
    };
    let number = |word: &&str| word.parse().expect("a number");
    let numbers: Vec<u64> = numbers.iter().map(number).collect();
    let [
        attempts,
        established,
        refused,
        timed_out,
        reset,
        unreachable,
        abandoned,
        other,
    ] = numbers[..]
    else {
        panic!("not what programs say: {line}");
    };
    Some(Told {
        dir: (*dir).to_owned(),
        comm: (*comm).to_owned(),
        pid: pid.parse().expect("a number"),
        sum: Sum {
            attempts,
            established,
            failed_by: Failures {
                refused,
                timed_out,
                reset,
                unreachable,
                abandoned,
                other,
            },
        },
    })
}

impl Told {
    fn is(&self, row: &Row) -> bool {
        row.dir == self.dir && row.pid == Some(self.pid)
    }

    /// The rows of that process say the same.
    #[track_caller]
    pub fn assert(&self, report: &Report) {
        assert_eq!(
            report.sum(|row| self.is(row)),
            self.sum,
            "{self:?}: {report:#?}"
        );
        for row in report.counted().filter(|row| self.is(row)) {
            assert_eq!(row.comm.as_deref(), Some(&*self.comm), "{row:?}");
        }
    }

    /// How many events are in none of its rows; rows never say more than there was.
    #[track_caller]
    pub fn missing(&self, report: &Report) -> u64 {
        let seen = report.sum(|row| self.is(row));
        let it = &self.sum;
        let missing = [
            it.attempts.checked_sub(seen.attempts),
            it.established.checked_sub(seen.established),
            it.failed_by.sum().checked_sub(seen.failed_by.sum()),
        ];
        let missing: Option<Vec<u64>> = missing.into_iter().collect();
        let missing = missing.unwrap_or_else(|| panic!("{self:?}: {seen:?}"));
        missing.iter().sum()
    }
}
