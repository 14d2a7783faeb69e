//! The programs for system calls and for TCP connections, tried: loaded with small tables and attached, and
//! never opened, so that they count nothing.

use std::io;
use std::time::Duration;

use nix::libc;
use windrow_core::calls::selection::Selection;
use windrow_datapath::Error;
use windrow_datapath::calls::Calls;
use windrow_datapath::connects::Connects;

use super::{Check, State, system};
use crate::timed::counting::Counting;
use crate::timed::source::Load;

/// As few as there can be.
const ROWS: u64 = 1;
/// What becomes of them does not matter.
const WINDOW: Duration = Duration::from_secs(1);

/// Whether `windrow syscalls` and `windrow connects` would work; nothing else needs them.
pub fn checks() -> [Check; 2] {
    [
        check::<Calls>("system calls", "programs attach where they begin and end"),
        check::<Connects>("TCP connections", "programs attach where sockets change"),
    ]
}

fn check<C: Load>(name: &str, works: &str) -> Check {
    match tried::<C>() {
        Ok(()) => Check::new(name, State::Ok, works),
        Err(error) => judged(name, error, system::is_confidential()),
    }
}

fn judged(name: &str, error: Error, confidential: bool) -> Check {
    let error = match error {
        Error::System { ref source, .. } if is_out_of_files(source) => Error::TooManyFiles,
        error => error,
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

fn is_out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

fn tried<C: Load>() -> Result<(), Error> {
    let counting = Counting {
        rows: ROWS,
        ..Counting::of_the_host(WINDOW)
    };
    C::load(&counting, Selection::default())?.attach()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_missing_monitor_works_without() {
        let refused = || Error::Refused {
            reason: "no such tracepoint".to_owned(),
        };
        let no_file_left = || Error::System {
            what: "/sys/devices/system/cpu/possible",
            source: io::Error::from_raw_os_error(libc::EMFILE),
        };
        for (error, confidential, found, remedy) in [
            (refused(), false, "no such tracepoint", Some("BPF_EVENTS")),
            (refused(), true, "lockdown is conf", Some("lockdown=integ")),
            (Error::TooManyFiles, true, "ulimit -n", None),
            (no_file_left(), false, "ulimit -n", None),
        ] {
            let check = judged("system calls", error, confidential);
            assert_eq!(check.state, State::Degraded);
            assert!(check.found.contains(found), "{}", check.found);
            let said = check.remedy.as_deref();
            assert_eq!(said.is_some(), remedy.is_some());
            assert!(said.unwrap_or("").contains(remedy.unwrap_or("")));
        }
    }
}
