//! `cargo xtask bench`: windrow beside the designs in use today, or with `--peers` beside other tools.
//! `docs/PERFORMANCE.md` says how and why.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::packages::{self, Need};
use crate::workspace::{self, Workspace, is_root};

mod peers;

/// Measures and prints; see `cargo xtask bench --help` and `cargo xtask bench --peers --help`.
///
/// # Errors
/// When the arguments make no sense, or something cannot be built or measured.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    if arguments.iter().any(|word| word == "--peers") {
        return peers::run(arguments);
    }
    let workspace = Workspace::find()?;
    packages::ensure(&[Need::Build])?;
    let packages = ["--package", "windrow", "--package", "windrow-bench"];
    workspace::run(workspace.cargo(["build", "--release"]).args(packages))?;
    let asks = ["--help", "-h"];
    if !is_root() && !arguments.iter().any(|word| asks.contains(&word.as_str())) {
        bail!("only root loads kernel programs and makes network namespaces: run it as root");
    }
    // It reads the arguments, and says what is wrong with them.
    let mut bench = Command::new(workspace.target.join("release/windrow-bench"));
    let status = bench
        .args(arguments)
        .arg("--windrow")
        .arg(workspace.windrow())
        .status()
        .context("cannot start the benchmark")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
