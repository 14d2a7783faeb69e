//! `cargo xtask test`: everything the project promises, in one command. Each step is named and
//! timed; the first failure ends the run. What a step checks is in the tool that it calls.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::packages::{self, Need};
use crate::test::steps::Steps;
use crate::vm;
use crate::workspace::{self, TEST_PROFILE, Workspace, on_path, stdout_of};

mod steps;

/// Runs all steps; the exit code is 0 only if all of them passed.
///
/// # Errors
/// When the arguments make no sense or the workspace cannot be found; a failed step is not an
/// error but a line of the closing table.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    let (own, for_cargo_test) = split_at_dashes(arguments);
    let with_vm = match own {
        [] => true,
        [flag] if flag == "--no-vm" => false,
        _ => bail!(
            "`{}` is not understood; use `cargo xtask test [--no-vm] [-- CARGO TEST ARGS]`",
            own.join(" ")
        ),
    };
    let workspace = Workspace::find()?;

    let mut steps = Steps::new();
    steps.add("packages", || {
        let needs = [Need::Build, Need::Test, Need::Vm];
        packages::ensure(if with_vm { &needs } else { &needs[..2] })
    });
    steps.add("rust format", || {
        workspace::run(&mut workspace.cargo(["fmt", "--all", "--check"]))
    });
    steps.add("c format", || c_format(&workspace.root));
    // The shared profile lets clippy and the tests use the same build scripts and macros.
    steps.add("clippy", || {
        let arguments = ["clippy", "--workspace", "--all-targets", TEST_PROFILE];
        workspace::run(workspace.cargo(arguments).args(["--", "-D", "warnings"]))
    });
    steps.add("no kernel", || without_kernel(&workspace));
    steps.add("build", || workspace::run(&mut workspace.build_windrow()));
    steps.add("tests", || cargo_test(&workspace, for_cargo_test));
    if with_vm {
        let workspace = &workspace;
        for boot in vm::boots() {
            steps.add(format!("vm {}", boot.name()), move || {
                vm::check(workspace, boot)
            });
        }
    }
    Ok(steps.run())
}

/// A build that only replays captures: it depends on nothing that a kernel program needs, and passes
/// the tests that need none. What measures accuracy does without it too.
fn without_kernel(workspace: &Workspace) -> Result<()> {
    let mut tree = workspace.cargo(["tree", "--package", "windrow", "--no-default-features"]);
    let tree = stdout_of(tree.args(["--edges", "normal,build", "--prefix", "none"]))?;
    if let Some(line) = tree.lines().find(|line| line.starts_with("libbpf")) {
        bail!("windrow without the feature `kernel` depends on {line}");
    }
    let packages = ["windrow", "windrow-accuracy", "windrow-datapath"];
    let packages = packages.iter().flat_map(|package| ["--package", package]);
    let run = |task: &str, rest: &[&str]| {
        let mut command = workspace.cargo([task, TEST_PROFILE, "--no-default-features"]);
        workspace::run(command.args(packages.clone()).args(rest))
    };
    run("clippy", &["--", "-D", "warnings"])?;
    run("test", &["--quiet"])
}

/// What stands before and after the first `--`.
fn split_at_dashes(arguments: &[String]) -> (&[String], &[String]) {
    match arguments.iter().position(|word| word == "--") {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => (arguments, &[]),
    }
}

fn c_format(root: &Path) -> Result<()> {
    let files = kernel_sources(&root.join("crates"))?;
    let formatter = on_path("clang-format-19")
        .or_else(|| on_path("clang-format"))
        .context("clang-format is not on PATH; install it, then run this again")?;
    let mut command = Command::new(formatter);
    command.args(["--dry-run", "-Werror"]).args(files);
    workspace::run(command.current_dir(root))
}

/// The C files of `crates/*/bpf` and `crates/*/native`, sorted.
fn kernel_sources(crates: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for package in list(crates)? {
        for folder in [package.join("bpf"), package.join("native")] {
            if folder.is_dir() {
                files.extend(list(&folder)?.into_iter().filter(|file| {
                    file.extension()
                        .is_some_and(|ending| ending == "c" || ending == "h")
                }));
            }
        }
    }
    if files.is_empty() {
        bail!(
            "no C files under {}/*/bpf; is the checkout complete?",
            crates.display()
        );
    }
    files.sort();
    Ok(files)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .with_context(|| format!("cannot list {}", folder.display()))
}

/// Runs the tests, passing their output on as it comes, and then names those that were skipped:
/// to cargo a test that could not be run has passed. What passing tests print is read, not shown.
fn cargo_test(workspace: &Workspace, extra: &[String]) -> Result<()> {
    let (for_cargo, for_tests) = split_at_dashes(extra);
    // All packages, unless the arguments choose some: `--workspace` would overrule them.
    let mut command = workspace.cargo(["test", TEST_PROFILE]);
    command.args(for_cargo).args(["--", "--show-output"]);
    let mut skipped = Vec::new();
    let mut shown = true;
    let result = workspace::run_reading(command.args(for_tests), |line| {
        match line {
            "successes:" => shown = false,
            "failures:" => shown = true,
            _ => shown |= line.starts_with("test result:"),
        }
        if shown {
            println!("{line}");
        }
        skipped.extend(skipped_test(line).map(str::to_owned));
    });
    if !skipped.is_empty() {
        println!("SKIPPED on this machine: {}", skipped.len());
        for test in &skipped {
            println!("  {test}");
        }
    }
    result
}

/// The name and reason in a test's line `skipped: NAME: REASON`.
fn skipped_test(line: &str) -> Option<&str> {
    line.strip_prefix("skipped: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_test_is_seen_by_its_line() {
        let line = "skipped: full_speed_arrives: needs root";
        assert_eq!(skipped_test(line), Some("full_speed_arrives: needs root"));
        assert_eq!(skipped_test("test skipped: ok"), None);
    }

    #[test]
    fn only_the_first_dashes_split() {
        let words = ["--no-vm", "--", "-p", "x", "--", "name"].map(String::from);
        let (own, rest) = split_at_dashes(&words);
        assert_eq!(own, ["--no-vm"]);
        assert_eq!(rest, ["-p", "x", "--", "name"]);
    }
}
