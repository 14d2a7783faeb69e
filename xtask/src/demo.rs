//! `cargo xtask demo`: from a fresh checkout to a running windrow. It only builds and hands over;
//! the demonstration itself is `windrow demo`.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::packages::{self, Need};
use crate::workspace::{self, Workspace};

/// Builds windrow and becomes `windrow demo` with the same arguments.
///
/// # Errors
/// When not root, when a package is missing, or when the build fails.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    let asks_help = arguments
        .iter()
        .any(|word| word == "--help" || word == "-h");
    if !asks_help && !workspace::is_root() {
        bail!(
            "the demo loads programs into the kernel and needs root; run `sudo env \"PATH=$PATH\" cargo xtask demo`"
        );
    }
    packages::ensure(&[Need::Build])?;
    let workspace = Workspace::find()?;
    workspace::run(&mut workspace.build_windrow())?;
    let windrow = workspace.windrow();
    // exec: signals and the exit code are windrow's own. It returns only when it fails.
    let error = Command::new(&windrow).arg("demo").args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {}", windrow.display()))
}
