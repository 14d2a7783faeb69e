//! Programs that the system has.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

/// A command of a program, without arguments yet.
///
/// # Errors
/// When it is not installed.
pub fn program(name: &str) -> Result<Command> {
    let file = find(name).with_context(|| format!("this system has no {name}"))?;
    Ok(Command::new(file))
}

/// A program of `PATH`, or of the folder for daemons, which other users' `PATH` lacks.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
