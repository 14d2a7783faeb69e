//! `cargo xtask fuzz`: the fuzz targets of `fuzz/`, under the address and undefined-behaviour
//! sanitizers, in Rust and in C. What a target checks is in `crates/hostile`.
//!
//! Fuzzing works on a corpus of its own below `fuzz/target/`, which begins with the seeds and with
//! what `fuzz/corpus/` keeps; only `--minimise` writes to the latter.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, anyhow, bail};

use crate::packages::{self, Need};
use crate::workspace::{self, Workspace, on_path};

/// Each target with the longest input that it is given: more is slower and finds no more.
const TARGETS: [(&str, u32); 3] = [("frames", 1024), ("reference", 2048), ("capture", 2048)];
const SECONDS: u32 = 600;

/// The C is instrumented as the Rust is, coverage included: so libFuzzer sees the branches of the
/// parser. Rust's address sanitizer comes with the runtime of the other one. Without the last flag
/// an array at a structure's end could be of any length, and rows and lists are.
const CFLAGS: &str = "-g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all \
                      -fstrict-flex-arrays=3";
/// Far above what an input of that length may need; a zstd frame may ask for a window of 128 MiB.
const LIMITS: [&str; 3] = ["-rss_limit_mb=2048", "-malloc_limit_mb=160", "-timeout=20"];

/// What is kept of a target's corpus in the repository, at most.
const KEPT_FILES: usize = 350;
const KEPT_BYTES: u64 = 1 << 20;

const USAGE: &str = "use `cargo xtask fuzz [frames|reference|capture]… [--seconds N] [--minimise]`";

struct Options {
    /// All of them if none is named.
    targets: Vec<(&'static str, u32)>,
    seconds: u32,
    minimise: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Options {
            targets: Vec::new(),
            seconds: SECONDS,
            minimise: false,
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--minimise" => options.minimise = true,
                "--seconds" => {
                    let seconds = words.next().and_then(|text| text.parse().ok());
                    options.seconds = seconds
                        .filter(|seconds| *seconds > 0)
                        .ok_or_else(|| anyhow!("--seconds wants a number from 1 on; {USAGE}"))?;
                }
                name => {
                    let known = TARGETS.iter().find(|(target, _)| *target == name);
                    let known = known.ok_or_else(|| anyhow!("`{name}` is no target; {USAGE}"))?;
                    options.targets.push(*known);
                }
            }
        }
        if options.targets.is_empty() {
            options.targets.extend(TARGETS);
        }
        Ok(options)
    }
}

/// Runs the targets one by one; the exit code is 1 if any of them found something.
///
/// # Errors
/// When the arguments make no sense, a tool is missing, or a target cannot be built or run.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    packages::ensure(&[Need::Fuzz])?;
    let workspace = Workspace::find()?;
    let fuzz = Fuzz::new(&workspace.root)?;
    let working = fuzz.folder.join("target/corpus");
    let seeds = [
        "run",
        "--quiet",
        "--package",
        "windrow-hostile",
        "--example",
        "seeds",
        "--",
    ];
    workspace::run(workspace.cargo(seeds).arg(&working))?;

    let mut findings = Vec::new();
    for (target, max_length) in options.targets {
        let corpus = working.join(target);
        let kept = fuzz.folder.join("corpus").join(target);
        copy_files(&kept, &corpus)?;
        println!("==> {target}: {} s", options.seconds);
        let found = fuzz.run(target, max_length, &corpus, options.seconds)?;
        if found.is_empty() && options.minimise {
            fuzz.minimise(target, max_length, &corpus)?;
            keep(&corpus, &kept)?;
        }
        findings.extend(found);
    }
    for input in &findings {
        println!("FOUND: {}", input.display());
    }
    Ok(if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The tools, found.
struct Fuzz {
    root: PathBuf,
    folder: PathBuf,
    clang: PathBuf,
}

impl Fuzz {
    fn new(root: &Path) -> Result<Self> {
        let clang = on_path("clang-19").or_else(|| on_path("clang"));
        let fuzz = Fuzz {
            root: root.to_owned(),
            folder: root.join("fuzz"),
            clang: clang.context("clang is not on PATH; install clang 19, then run this again")?,
        };
        if !succeeds(Command::new("rustup").args(["run", "nightly", "rustc", "--version"])) {
            bail!(
                "sanitizers need a nightly compiler; run `rustup toolchain install nightly --profile minimal`, then this again"
            );
        }
        if !succeeds(fuzz.cargo().args(["fuzz", "--version"])) {
            eprintln!("==> installing cargo-fuzz");
            workspace::run(Command::new("cargo").args(["install", "cargo-fuzz", "--locked"]))?;
        }
        Ok(fuzz)
    }

    /// The nightly cargo, which builds below `fuzz/target` whatever else is set.
    fn cargo(&self) -> Command {
        let mut command = Command::new("rustup");
        command
            .args(["run", "nightly", "cargo"])
            .current_dir(&self.root)
            .env_remove("CARGO_TARGET_DIR")
            .env("CC", &self.clang)
            .env("CFLAGS", CFLAGS);
        command
    }

    /// Gives the inputs that were found to fail; they are left below `fuzz/artifacts`.
    fn run(&self, target: &str, length: u32, corpus: &Path, seconds: u32) -> Result<Vec<PathBuf>> {
        // Apart from the run: a target that cannot be built has found nothing.
        workspace::run(self.cargo().args(["fuzz", "build", target]))?;
        let artifacts = self.folder.join("artifacts").join(target);
        let before = files(&artifacts)?;
        let mut command = self.cargo();
        command.args(["fuzz", "run", target]).arg(corpus).arg("--");
        command.args(LIMITS).arg("-print_final_stats=1");
        command.arg(format!("-max_len={length}"));
        command.arg(format!("-max_total_time={seconds}"));
        let result = workspace::run(&mut command);
        let found: Vec<PathBuf> = files(&artifacts)?.difference(&before).cloned().collect();
        if found.is_empty() {
            result?;
        }
        Ok(found)
    }

    /// Drops inputs that reach nothing new.
    fn minimise(&self, target: &str, length: u32, corpus: &Path) -> Result<()> {
        println!("==> {target}: minimising");
        let mut command = self.cargo();
        command.args(["fuzz", "cmin", target]).arg(corpus).arg("--");
        // Which edges are reached, not how often, and by as few inputs: else thousands are kept.
        command
            .args(LIMITS)
            .args(["-use_counters=0", "-set_cover_merge=1"]);
        workspace::run(command.arg(format!("-max_len={length}")))
    }
}

fn succeeds(command: &mut Command) -> bool {
    let silent = command.stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// The files in a folder; none where there is no folder.
fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    if !folder.is_dir() {
        return Ok(BTreeSet::new());
    }
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .with_context(|| format!("cannot list {}", folder.display()))
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    for file in files(from)? {
        let name = file.file_name().unwrap_or_default();
        fs::copy(&file, to.join(name))
            .with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}

/// Puts a minimised corpus in the place of the one that was kept.
fn keep(corpus: &Path, kept: &Path) -> Result<()> {
    let inputs = files(corpus)?;
    let bytes = inputs
        .iter()
        .map(|file| file.metadata().map_or(0, |meta| meta.len()))
        .sum::<u64>();
    let count = inputs.len();
    if count > KEPT_FILES || bytes > KEPT_BYTES {
        bail!(
            "{count} inputs of {bytes} bytes in {} are more than the repository should keep ({KEPT_FILES}, {KEPT_BYTES}); nothing was changed there",
            corpus.display()
        );
    }
    if kept.is_dir() {
        fs::remove_dir_all(kept).with_context(|| format!("cannot clear {}", kept.display()))?;
    }
    fs::create_dir_all(kept).with_context(|| format!("cannot make {}", kept.display()))?;
    copy_files(corpus, kept)?;
    println!(
        "kept: {count} inputs of {bytes} bytes in {}",
        kept.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn without_arguments_every_target_runs_ten_minutes() {
        let options = Options::parse(&[]).expect("nothing is wrong");
        assert_eq!(options.targets.len(), TARGETS.len());
        assert_eq!((options.seconds, options.minimise), (600, false));
    }

    #[test]
    fn targets_and_flags_come_in_any_order() {
        let line = words("--minimise frames --seconds 5 capture");
        let options = Options::parse(&line).expect("nothing is wrong");
        assert_eq!(options.targets, [TARGETS[0], TARGETS[2]]);
        assert_eq!((options.seconds, options.minimise), (5, true));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in ["frame", "--seconds", "--seconds 0", "--seconds x", "-h"] {
            assert!(Options::parse(&words(line)).is_err(), "{line}");
        }
    }
}
