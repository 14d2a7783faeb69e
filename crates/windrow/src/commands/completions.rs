//! `windrow completions`: what a shell needs to complete our command lines.

use std::io::{Write, stdout};

use anyhow::Context;
use clap::CommandFactory;

use crate::args::{Arguments, Completions};
use crate::exit::Failure;

/// Prints them for the shell asked for.
pub fn run(arguments: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "windrow", &mut script);
    stdout().write_all(&script).context("writing the output")?;
    Ok(())
}
