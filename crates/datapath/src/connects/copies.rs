//! How many copies of the programs where sockets change are attached, one behind the other: what the kernel
//! leaves one of them out of, the next sees to.

use crate::timed::load::Planned;
use crate::timed::{self, LeftOut};

/// Where a socket changes its state. All of them where tasks may be preempted in the middle of one.
const STATES: [&str; 6] = [
    "windrow_state",
    "windrow_state_2",
    "windrow_state_3",
    "windrow_state_4",
    "windrow_state_5",
    "windrow_state_6",
];
/// Up to Linux 6.19 only interrupts come in the middle of one, and none in the middle of theirs.
const STATES_UNPREEMPTED: usize = 2;
/// Where an error is told of. All of them where tasks may be preempted; otherwise nothing that comes in the middle of
/// one is of the same task's call.
const REPORTS: [&str; 4] = [
    "windrow_report",
    "windrow_report_2",
    "windrow_report_3",
    "windrow_report_4",
];

/// Which copies this kernel needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copies {
    is_preemptible: bool,
}

impl Copies {
    /// Those that the kernel of this machine needs.
    pub(crate) fn of_kernel() -> Copies {
        Copies {
            is_preemptible: timed::is_preemptible(),
        }
    }

    /// Whether other tasks may run in the middle of a program.
    pub(crate) fn is_preemptible(self) -> bool {
        self.is_preemptible
    }

    /// The programs, in the order in which they are to run.
    pub(crate) fn planned(self) -> Vec<Planned> {
        let reports = self.reports().iter().enumerate();
        // What the only one is left out of is nothing to it.
        let reports = reports.map(|(copy, name)| Planned {
            left_out: match copy {
                0 if self.is_preemptible => LeftOut::ToCopies,
                _ => LeftOut::SeenTo,
            },
            ..Planned::typed(name)
        });
        let states = self.states().iter().enumerate();
        let states = states.map(|(copy, name)| Planned {
            at_events: true,
            left_out: match copy {
                0 => LeftOut::ToCopies,
                _ => LeftOut::SeenTo,
            },
            ..Planned::typed(name)
        });
        reports.chain(states).collect()
    }

    /// How many programs may each be in the middle of counting on a CPU: so many have tables of their own.
    pub(crate) fn writers(self) -> u32 {
        self.calls_writer() + 1
    }

    /// The writer that the program where calls end is: the last copy, or one of its own.
    pub(crate) fn calls_writer(self) -> u32 {
        self.states().len() as u32 - u32::from(!self.is_preemptible)
    }

    fn states(self) -> &'static [&'static str] {
        match self.is_preemptible {
            true => &STATES,
            false => &STATES[..STATES_UNPREEMPTED],
        }
    }

    fn reports(self) -> &'static [&'static str] {
        match self.is_preemptible {
            true => &REPORTS,
            false => &REPORTS[..1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_that_may_be_interrupted_by_another_has_tables_of_its_own() {
        let named = |copies: Copies| {
            let planned = copies.planned();
            let first = planned.iter().filter(|it| it.left_out == LeftOut::ToCopies);
            (planned.len(), first.map(|it| it.name).collect::<Vec<_>>())
        };
        let unpreempted = Copies {
            is_preemptible: false,
        };
        assert_eq!((unpreempted.writers(), unpreempted.calls_writer()), (2, 1));
        assert_eq!(named(unpreempted), (3, vec!["windrow_state"]));
        let preempted = Copies {
            is_preemptible: true,
        };
        assert_eq!((preempted.writers(), preempted.calls_writer()), (7, 6));
        assert_eq!(
            named(preempted),
            (10, vec!["windrow_report", "windrow_state"])
        );
    }
}
