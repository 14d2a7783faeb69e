//! `windrow connects`: who connects to whom, how often it fails and why, how long it takes.

use windrow_datapath::connects::Connects;

use crate::args;
use crate::connects::config;
use crate::exit::Failure;
use crate::timed::run;

/// Runs until it is stopped, its duration is over, or the command has ended. Returns the exit code.
///
/// # Errors
/// When nothing can be counted, or output not be written; a command was not started then, unless it
/// is said.
pub fn run(arguments: &args::Connects) -> Result<u8, Failure> {
    let counting = config::resolve(arguments)?;
    let sort = config::sort(arguments.sort);
    run::run::<Connects>(&counting, &arguments.command, sort, &arguments.windowed)
}
