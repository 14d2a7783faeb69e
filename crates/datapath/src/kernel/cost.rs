//! What runs of our programs cost, by the kernel's run-time statistics, and what an empty program
//! costs by the same. The statistics read a clock twice a run and count a part of that as the
//! program's time, so only the difference says something of a program.

use std::io;
use std::ops::{AddAssign, Sub};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr;

use crate::kernel::Datapath;
use crate::kernel::programs::{self, owned};
use crate::kernel::test_run;

/// What the empty program is run on; it does not look at it.
const FRAME: [u8; 64] = [0; 64];

/// Runs of programs, and how long the kernel says they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// How often they ran.
    pub count: u64,
    /// Nanoseconds of all runs.
    pub nanos: u64,
}

impl Runs {
    /// Since statistics were switched on for the first time.
    fn of(program: BorrowedFd<'_>) -> io::Result<Runs> {
        let info = programs::info(program)?;
        Ok(Runs {
            count: info.run_cnt,
            nanos: info.run_time_ns,
        })
    }

    /// Nanoseconds of one run in the mean; `None` without a run.
    pub fn mean_nanos(&self) -> Option<f64> {
        (self.count > 0).then(|| self.nanos as f64 / self.count as f64)
    }
}

impl AddAssign for Runs {
    fn add_assign(&mut self, other: Runs) {
        self.count += other.count;
        self.nanos += other.nanos;
    }
}

impl Sub for Runs {
    type Output = Runs;

    fn sub(self, before: Runs) -> Runs {
        Runs {
            count: self.count.saturating_sub(before.count),
            nanos: self.nanos.saturating_sub(before.nanos),
        }
    }
}

/// What ran while statistics were on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metered {
    /// Our programs, by steps: every event goes through all of these, and in each through one program.
    pub steps: Vec<Runs>,
    /// A program that returns at once.
    pub empty: Runs,
}

impl Metered {
    /// Events that have gone through all steps.
    pub fn events(&self) -> u64 {
        let counts = self.steps.iter().map(|step| step.count);
        counts.min().unwrap_or(0)
    }

    /// Nanoseconds of one event in the mean: a run of every step, each less one of the empty program;
    /// `None` where one of them did not run.
    pub fn event_nanos(&self) -> Option<f64> {
        let empty = self.empty.mean_nanos()?;
        let steps = self.steps.iter().map(Runs::mean_nanos);
        let sum: f64 = steps.sum::<Option<f64>>()?;
        Some((sum - empty * self.steps.len() as f64).max(0.0))
    }
}

impl AddAssign for Metered {
    fn add_assign(&mut self, other: Metered) {
        self.empty += other.empty;
        self.steps.resize(other.steps.len(), Runs::default());
        for (step, other) in self.steps.iter_mut().zip(other.steps) {
            *step += other;
        }
    }
}

impl Sub for Metered {
    type Output = Metered;

    fn sub(self, before: Metered) -> Metered {
        let steps = self.steps.into_iter().zip(before.steps);
        Metered {
            steps: steps.map(|(now, before)| now - before).collect(),
            empty: self.empty - before.empty,
        }
    }
}

/// Measures what runs of our programs cost. May be sent to a thread of its own, and does not keep the
/// programs attached.
#[derive(Debug)]
pub struct Meter {
    /// As in [`Metered`].
    steps: Vec<Vec<OwnedFd>>,
    empty: OwnedFd,
}

impl Datapath {
    /// A meter of the loaded programs; loads an empty one beside them. A packet is one step.
    pub fn meter(&self) -> io::Result<Meter> {
        Meter::of_steps([self.programs.all()])
    }

    /// Bytes of the loaded programs' instructions: those that the kernel keeps and those that the
    /// CPU runs.
    pub fn program_bytes(&self) -> u64 {
        programs::instruction_bytes(self.programs.all())
    }
}

impl Meter {
    /// Of programs by steps.
    pub(crate) fn of_steps<'a, P>(steps: impl IntoIterator<Item = P>) -> io::Result<Meter>
    where
        P: Iterator<Item = BorrowedFd<'a>>,
    {
        let own = |step: P| step.map(|fd| fd.try_clone_to_owned()).collect();
        Ok(Meter {
            steps: steps.into_iter().map(own).collect::<io::Result<_>>()?,
            empty: load_empty()?,
        })
    }

    /// Switches the kernel's run-time statistics on, for all programs of the host, until what is
    /// returned goes. Others may have them on at the same time.
    ///
    /// # Errors
    /// `PermissionDenied` without `CAP_SYS_ADMIN`.
    pub fn begin(&self) -> io::Result<Metering<'_>> {
        let statistics = enable_statistics()?;
        Ok(Metering {
            meter: self,
            before: self.read()?,
            _statistics: statistics,
        })
    }

    fn read(&self) -> io::Result<Metered> {
        let step = |programs: &Vec<OwnedFd>| {
            let mut runs = Runs::default();
            for program in programs {
                runs += Runs::of(program.as_fd())?;
            }
            Ok(runs)
        };
        Ok(Metered {
            steps: self.steps.iter().map(step).collect::<io::Result<_>>()?,
            empty: Runs::of(self.empty.as_fd())?,
        })
    }
}

/// Statistics are on.
#[derive(Debug)]
pub struct Metering<'a> {
    meter: &'a Meter,
    before: Metered,
    /// The kernel switches them off when the last descriptor of this kind is closed.
    _statistics: OwnedFd,
}

impl Metering<'_> {
    /// Runs the empty program so often, by a program test run.
    pub fn run_empty(&self, times: u32) -> io::Result<()> {
        test_run::run(self.meter.empty.as_fd(), &FRAME, times)?;
        Ok(())
    }

    /// What has run since the beginning.
    pub fn end(self) -> io::Result<Metered> {
        Ok(self.meter.read()? - self.before)
    }
}

fn enable_statistics() -> io::Result<OwnedFd> {
    // SAFETY: takes no pointers; a descriptor of ours or an error comes back.
    let fd = unsafe { libbpf_sys::bpf_enable_stats(libbpf_sys::BPF_STATS_RUN_TIME) };
    owned(fd)
}

/// `return 0;`. Two instructions need neither a compiler nor a skeleton with maps behind it.
fn load_empty() -> io::Result<OwnedFd> {
    const MOVE_TO_R0: u8 = 0xb7;
    const EXIT: u8 = 0x95;
    let mut code = [libbpf_sys::bpf_insn::default(); 2];
    code[0].code = MOVE_TO_R0;
    code[1].code = EXIT;
    // SAFETY: strings and instructions outlive the call, the number of instructions is right, and
    // options may be absent.
    let fd = unsafe {
        libbpf_sys::bpf_prog_load(
            libbpf_sys::BPF_PROG_TYPE_SCHED_CLS,
            c"windrow_empty".as_ptr(),
            c"Dual BSD/GPL".as_ptr(),
            code.as_ptr(),
            code.len() as libbpf_sys::size_t,
            ptr::null_mut(),
        )
    };
    owned(fd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_run_of_every_step_less_as_many_empty_ones() {
        let runs = |count, nanos| Runs { count, nanos };
        let turn = Metered {
            steps: vec![runs(5, 500), runs(10, 2000)],
            empty: runs(100, 4000),
        };
        let mut metered = Metered::default();
        assert_eq!((metered.events(), metered.event_nanos()), (0, None));
        metered += turn.clone();
        metered += turn.clone();
        assert_eq!(metered.clone() - turn.clone(), turn);
        // 100 + 200 - 2 * 40
        assert_eq!((metered.events(), metered.event_nanos()), (10, Some(220.0)));
        metered.steps[0] = Runs::default();
        assert_eq!(metered.event_nanos(), None);
    }
}
