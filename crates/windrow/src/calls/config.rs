//! What the command line of `windrow syscalls` means.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use nix::unistd::User;
use windrow_core::calls::by::{By, Key};
use windrow_core::calls::name::{self, Abi};
use windrow_core::calls::selection::{MOST_NUMBERS, MOST_VALUES, Selection};
use windrow_core::calls::top::Sort;
use windrow_core::process::Comm;
use windrow_datapath::calls::Measure;

use crate::args::{CallSortName, Syscalls};
use crate::calls::cgroups::Cgroups;
use crate::config;
use crate::exit::Failure;

/// How calls are to be counted.
#[derive(Clone, Debug)]
pub struct Counting {
    /// What they are grouped by.
    pub by: By,
    /// Which are counted; its processes are still as they are numbered here.
    pub selection: Selection,
    /// Those of a command alone.
    pub of_command: bool,
    /// windrow's own, too.
    pub own: bool,
    /// What is known of calls.
    pub measure: Measure,
    /// Rows that a window has room for.
    pub rows: u64,
    /// Length of a window.
    pub window: Duration,
    /// Lengths of longer windows.
    pub tiers: Vec<Duration>,
}

impl Counting {
    /// Everything that happens on the host, as it is counted unless told otherwise.
    pub fn of_the_host(window: Duration) -> Counting {
        /// As on the command line.
        const ROWS: u64 = 10_000;
        Counting {
            by: By::default(),
            selection: Selection::default(),
            of_command: false,
            own: false,
            measure: Measure::Histograms,
            rows: ROWS,
            window,
            tiers: Vec::new(),
        }
    }

    /// Resolves names, and checks what has limits.
    ///
    /// # Errors
    /// What is wrong with the command line.
    pub fn resolve(arguments: &Syscalls) -> Result<Counting, Failure> {
        config::check_window(arguments.window)?;
        /// They take some 9 GB.
        const MOST_ROWS: u64 = 10_000_000;
        if arguments.rows > MOST_ROWS {
            return Err(Failure::usage("--rows must be at most 10M"));
        }
        if arguments.counts
            && arguments
                .sort
                .is_some_and(|sort| sort != CallSortName::Count)
        {
            return Err(Failure::usage(
                "--counts knows neither times nor errors: leave --sort away",
            ));
        }
        Ok(Counting {
            by: arguments.by.unwrap_or_else(|| default_by(arguments)),
            selection: selection(arguments)?,
            of_command: !arguments.command.is_empty(),
            own: arguments.own,
            measure: match arguments.counts {
                true => Measure::Counts,
                false if arguments.no_quantiles => Measure::Durations,
                false => Measure::Histograms,
            },
            rows: arguments.rows,
            window: arguments.window,
            tiers: config::tiers(&arguments.rollup, &[arguments.window])?,
        })
    }
}

/// Of a command whose windows nobody sees the report is by call, as that of strace, and so is what is
/// counted: a build has far more processes than a window has rows.
fn default_by(arguments: &Syscalls) -> By {
    let windows_are_shown = arguments.command.is_empty() || arguments.json || arguments.csv;
    match windows_are_shown {
        true => By::default(),
        false => By::of(&[Key::Syscall]),
    }
}

/// `--sort`; a command is looked at for what takes its time, as with strace.
pub fn sort(arguments: &Syscalls) -> Sort {
    let by_default = match arguments.command.is_empty() || arguments.counts {
        true => CallSortName::Count,
        false => CallSortName::Time,
    };
    match arguments.sort.unwrap_or(by_default) {
        CallSortName::Count => Sort::Count,
        CallSortName::Time => Sort::Time,
        CallSortName::Max => Sort::Max,
        CallSortName::Errors => Sort::Errors,
    }
}

fn selection(arguments: &Syscalls) -> Result<Selection, Failure> {
    let cgroups = Cgroups::new();
    let mut selection = Selection {
        pids: arguments.pid.clone(),
        uids: of_all(&arguments.uid, |text| user(text))?,
        comms: of_all(&arguments.comm, comm)?,
        cgroups: of_all(&arguments.cgroup, |path| cgroups.find(path))?,
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
    for text in &arguments.syscall {
        add_call(&mut selection, text.trim())?;
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

/// A call of that name, also of 32-bit programs; with `i386:` in front of theirs alone.
fn add_call(selection: &mut Selection, text: &str) -> Result<(), Failure> {
    let usage = |error: String| Failure::usage(format!("--syscall: {error}"));
    let add = |numbers: &mut Vec<u32>, number: i32| match u32::try_from(number) {
        Ok(number) if (number as usize) < MOST_NUMBERS => {
            numbers.push(number);
            Ok(())
        }
        _ => Err(usage(format!(
            "{text}: numbers from 0 to {} can be chosen",
            MOST_NUMBERS - 1
        ))),
    };
    // A number is what it is; there is no telling whose it is among 32-bit programs.
    if let Ok(number) = text.parse() {
        return add(&mut selection.native, number);
    }
    if name::is_compat(text) {
        let number = name::number(Abi::Compat, text).map_err(usage)?;
        return add(&mut selection.compat, number);
    }
    let number = name::number(Abi::Native, text).map_err(usage)?;
    add(&mut selection.native, number)?;
    // The same call may have another number there, or none.
    let theirs = name::in_compat(text);
    theirs.map_or(Ok(()), |number| add(&mut selection.compat, number))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Arguments, Command};

    #[test]
    fn the_host_is_counted_as_by_an_empty_command_line() {
        let arguments = Arguments::parse_from(["windrow", "syscalls"]);
        let Command::Syscalls(arguments) = arguments.command else {
            panic!("another command");
        };
        let resolved = Counting::resolve(&arguments).expect("it is right");
        let host = Counting::of_the_host(Duration::from_secs(1));
        assert_eq!(format!("{host:?}"), format!("{resolved:?}"));
    }
}
