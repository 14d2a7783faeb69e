//! The programs for system calls, tried: loaded with small tables and attached, and never opened, so
//! that they count nothing.

use windrow_core::calls::by::By;
use windrow_core::calls::selection::Selection;
use windrow_datapath::Error;
use windrow_datapath::calls::{Calls, Measure, Settings};
use windrow_datapath::timed::{Attached, Tracepoints};

use super::{Check, State, system};

/// Whether `windrow syscalls` would work; nothing else needs it.
pub fn check() -> Check {
    judged(tried(), system::is_confidential())
}

fn judged(tried: Result<Attached, Error>, confidential: bool) -> Check {
    let name = "system calls";
    let Err(error) = tried else {
        return Check::new(name, State::Ok, "programs attach where they begin and end");
    };
    let unexplained = matches!(error, Error::Refused { .. } | Error::System { .. });
    if unexplained && confidential {
        let found = format!("lockdown is {}", system::CONFIDENTIAL);
        return Check::new(name, State::Degraded, found).remedy(system::AGAINST_CONFIDENTIALITY);
    }
    let found = format!("{:#}", anyhow::Error::new(error));
    let check = Check::new(name, State::Degraded, found);
    if !unexplained {
        // The sentence says what to do.
        return check;
    }
    check.remedy(
        "boot a kernel with CONFIG_BPF_EVENTS=y, as distributions have them; \
         windrow monitor does without",
    )
}

fn tried() -> Result<Attached, Error> {
    let calls = Calls::load(&Settings {
        by: By::default(),
        selection: Selection::default(),
        tracked: false,
        own: false,
        measure: Measure::Histograms,
        tracepoints: Tracepoints::of_kernel(),
        // As few as there can be.
        rows: 1,
        buffers: 2,
    })?;
    calls.processes()?;
    calls.attach()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_missing_monitor_works_without() {
        let refused = || Error::Refused {
            reason: "no such tracepoint".to_owned(),
        };
        for (error, confidential, found, remedy) in [
            (refused(), false, "no such tracepoint", Some("BPF_EVENTS")),
            (refused(), true, "lockdown is conf", Some("lockdown=integ")),
            (Error::TooManyFiles, true, "ulimit -n", None),
        ] {
            let check = judged(Err(error), confidential);
            assert_eq!(check.state, State::Degraded);
            assert!(check.found.contains(found), "{}", check.found);
            let said = check.remedy.as_deref();
            assert_eq!(said.is_some(), remedy.is_some());
            assert!(said.unwrap_or("").contains(remedy.unwrap_or("")));
        }
    }
}
