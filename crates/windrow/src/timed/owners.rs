//! Whose of all that happens is counted.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use nix::unistd::User;
use windrow_core::calls::selection::{MOST_VALUES, Selection};
use windrow_core::process::Comm;
use windrow_datapath::calls::{Calls, Process};

use crate::args::Owners;
use crate::exit::Failure;
use crate::timed::cgroups::Cgroups;
use crate::timed::live::as_failure;

/// Resolves names, and checks what has limits. Processes are still as they are numbered here.
///
/// # Errors
/// What is wrong with the command line.
pub fn selection(owners: &Owners) -> Result<Selection, Failure> {
    let cgroups = Cgroups::new();
    let selection = Selection {
        pids: owners.pid.clone(),
        uids: of_all(&owners.uid, |text| user(text))?,
        comms: of_all(&owners.comm, comm)?,
        cgroups: of_all(&owners.cgroup, |path| cgroups.find(path))?,
        ..Selection::default()
    };
    for (flag, values) in [
        ("--pid", selection.pids.len()),
        ("--uid", selection.uids.len()),
        ("--comm", selection.comms.len()),
        ("--cgroup", selection.cgroups.len()),
    ] {
        if values > MOST_VALUES {
            return Err(Failure::usage(format!(
                "{flag} may be given {MOST_VALUES} times at most"
            )));
        }
    }
    Ok(selection)
}

fn of_all<T, U>(all: &[T], one: impl Fn(&T) -> Result<U, Failure>) -> Result<Vec<U>, Failure> {
    all.iter().map(one).collect()
}

/// A user's number, by name or number.
fn user(text: &str) -> Result<u32, Failure> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    match User::from_name(text) {
        Ok(Some(user)) => Ok(user.uid.as_raw()),
        _ => Err(Failure::usage(format!("--uid: there is no user {text:?}"))),
    }
}

/// A name as the kernel has it: cut after 15 bytes.
fn comm(name: &OsString) -> Result<Comm, Failure> {
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        return Err(Failure::usage("--comm: a name is missing"));
    }
    let mut comm = Comm::default();
    let kept = bytes.len().min(comm.0.len() - 1);
    comm.0[..kept].copy_from_slice(&bytes[..kept]);
    Ok(comm)
}

/// The same with processes as everybody sees them, who are there now.
///
/// # Errors
/// When one is not there, or the kernel does not tell.
pub fn as_everybody_sees(selection: &Selection) -> Result<Selection, Failure> {
    let mut selection = selection.clone();
    if !selection.pids.is_empty() {
        let processes = Calls::processes_now().map_err(as_failure)?;
        selection.pids = numbered(&selection.pids, &processes)?;
    }
    Ok(selection)
}

/// Processes that are numbered so here, as everybody sees them.
fn numbered(wanted: &[u32], processes: &[Process]) -> Result<Vec<u32>, Failure> {
    let number = |pid: &u32| {
        let mut processes = processes.iter();
        let found = processes.find(|process| process.seen_pid == *pid);
        found
            .map(|process| process.pid)
            .ok_or_else(|| Failure::usage(format!("--pid: there is no process {pid}")))
    };
    wanted.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_known_by_the_number_that_they_have_here() {
        let process = |pid, seen_pid| Process { pid, seen_pid };
        let processes = [process(20, 1), process(1, 0), process(25, 7)];
        assert_eq!(numbered(&[7, 1], &processes).ok(), Some(vec![25, 20]));
        let error = numbered(&[20], &processes).expect_err("nobody has that number here");
        assert!(error.to_string().contains("no process 20"), "{error}");
    }
}
