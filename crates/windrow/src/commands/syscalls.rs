//! `windrow syscalls`: who asks the kernel for what, how often, how long.

use windrow_datapath::calls::Calls;

use crate::args::Syscalls;
use crate::calls::config;
use crate::exit::Failure;
use crate::timed::run;

/// Runs until it is stopped, its duration is over, or the command has ended. Returns the exit code.
///
/// # Errors
/// When nothing can be counted, or output not be written; a command was not started then, unless it
/// is said.
pub fn run(arguments: &Syscalls) -> Result<u8, Failure> {
    let counting = config::resolve(arguments)?;
    let sort = config::sort(arguments);
    run::run::<Calls>(&counting, &arguments.command, sort, &arguments.windowed)
}
