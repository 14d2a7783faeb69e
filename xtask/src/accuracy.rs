//! `cargo xtask accuracy`: windrow's rows beside the truth and beside other algorithms.
//! `docs/ACCURACY.md` says how and why.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::packages::{self, Need};
use crate::workspace::{self, Workspace};

/// Measures and prints; see `cargo xtask accuracy --help`.
///
/// # Errors
/// When it cannot be built or started.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    packages::ensure(&[Need::Build])?;
    let build = ["build", "--release", "--package", "windrow-accuracy"];
    workspace::run(&mut workspace.cargo(build))?;
    let status = Command::new(workspace.target.join("release/windrow-accuracy"))
        .args(arguments)
        .status()
        .context("cannot start the measurement")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
