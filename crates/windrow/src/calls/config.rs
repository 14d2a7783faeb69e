//! What the command line of `windrow syscalls` means.

use windrow_core::calls::Calls;
use windrow_core::calls::by::{By, Key};
use windrow_core::calls::name::{self, Abi};
use windrow_core::calls::selection::{MOST_NUMBERS, Selection};
use windrow_core::calls::top::Sort;
use windrow_datapath::calls::Measure;

use crate::args::{CallSortName, Syscalls};
use crate::exit::Failure;
use crate::timed::counting::Counting;
use crate::timed::owners;

/// How calls are counted, beside what they have in common with all that is timed.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// windrow's own, too.
    pub own: bool,
    /// What is known of them.
    pub measure: Measure,
}

impl Default for How {
    fn default() -> How {
        How {
            own: false,
            measure: Measure::Histograms,
        }
    }
}

/// Resolves names, and checks what has limits.
///
/// # Errors
/// What is wrong with the command line.
pub fn resolve(arguments: &Syscalls) -> Result<Counting<Calls>, Failure> {
    let windowed = Counting::windowed(&arguments.windowed, &arguments.command)?;
    if arguments.counts
        && arguments
            .sort
            .is_some_and(|sort| sort != CallSortName::Count)
    {
        return Err(Failure::usage(
            "--counts knows neither times nor errors: leave --sort away",
        ));
    }
    let mut selection = owners::selection(&arguments.owners)?;
    for text in &arguments.syscall {
        add_call(&mut selection, text.trim())?;
    }
    Ok(Counting {
        by: arguments.by.unwrap_or_else(|| default_by(arguments)),
        selection,
        how: How {
            own: arguments.own,
            measure: match arguments.counts {
                true => Measure::Counts,
                false if arguments.no_quantiles => Measure::Durations,
                false => Measure::Histograms,
            },
        },
        ..windowed
    })
}

/// Of a command whose windows nobody sees the report is by call, as that of strace, and so is what is
/// counted: a build has far more processes than a window has rows.
fn default_by(arguments: &Syscalls) -> By {
    let windows_are_shown = arguments.command.is_empty() || arguments.windowed.shows_windows();
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
    use std::time::Duration;

    use clap::Parser;

    use super::*;
    use crate::args::{Arguments, Command};

    #[test]
    fn the_host_is_counted_as_by_an_empty_command_line() {
        let arguments = Arguments::parse_from(["windrow", "syscalls"]);
        let Command::Syscalls(arguments) = arguments.command else {
            panic!("another command");
        };
        let resolved = resolve(&arguments).expect("it is right");
        let host = Counting::<Calls>::of_the_host(Duration::from_secs(1));
        assert_eq!(format!("{host:?}"), format!("{resolved:?}"));
    }
}
