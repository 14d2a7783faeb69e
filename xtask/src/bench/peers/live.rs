//! The part of `--peers` that is live traffic. `windrow-bench` measures it and prints its table; here
//! it is started, and its results are read.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::workspace::{self, Workspace, is_root};

/// What is compared with live traffic; a capture it cannot read.
pub const ALONE: &str = "fprobe";

/// Measures the tools that are named, all of them if none is; gives the objects for JSON. Without
/// root that is said, and there are none.
///
/// # Errors
/// When the benchmark cannot be built, or fails as a whole.
pub fn measure(
    workspace: &Workspace,
    names: &[String],
    quick: bool,
    scratch: &Path,
) -> Result<Vec<Value>> {
    if !is_root() {
        println!("skipped: live traffic: only root makes network namespaces");
        return Ok(Vec::new());
    }
    workspace::run(&mut workspace.cargo(["build", "--release", "--package", "windrow-bench"]))?;
    let file = scratch.join("live.json");
    let mut bench = Command::new(workspace.target.join("release/windrow-bench"));
    bench
        .args(["--only", "peers", "--windrow"])
        .arg(workspace.windrow());
    bench.arg("--json").arg(&file);
    if quick {
        bench.arg("--quick");
    }
    if !names.is_empty() {
        bench.arg("--tools").arg(names.join(","));
    }
    workspace::run(&mut bench)?;
    let text = std::fs::read_to_string(&file).context("cannot read the benchmark's results")?;
    serde_json::from_str(&text).context("the benchmark's results are not an array")
}
