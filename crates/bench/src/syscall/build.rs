//! A real build, of a crate that is made up on the spot, with windrow beside it and without.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;
use tempfile::TempDir;

use super::source;
use crate::counting::Counting;
use crate::installed::program;
use crate::results::{Build, BuildTimes};

/// Of all builds that of the least wall time, and that of the least processor time.
fn least(all: &[BuildTimes]) -> BuildTimes {
    let of = |part: fn(&BuildTimes) -> f64| {
        let least = all.iter().min_by(|a, b| part(a).total_cmp(&part(b)));
        least.copied().unwrap_or_default()
    };
    BuildTimes {
        wall_seconds: of(|it| it.wall_seconds).wall_seconds,
        ..of(BuildTimes::cpu_seconds)
    }
}

/// The crate, in a folder of its own.
pub struct Package {
    cargo: PathBuf,
    folder: TempDir,
}

impl Package {
    /// Writes it.
    ///
    /// # Errors
    /// When there is no `cargo`, or no room for it.
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir().context("TMPDIR names another place")?;
        for (name, text) in source::files() {
            let file = folder.path().join(name);
            let parent = file.parent().unwrap_or(folder.path());
            fs::create_dir_all(parent)?;
            fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
        let cargo = program("cargo")?;
        Ok(Self {
            cargo: cargo.get_program().into(),
            folder,
        })
    }

    /// Builds so often without windrow and beside it, in turns; the least of each, since what disturbs a
    /// build only ever makes it slower.
    ///
    /// # Errors
    /// When `cargo` or windrow fails.
    pub fn compare(&self, rounds: usize, windrow: &Path) -> Result<Build> {
        // What is read for the first time comes from the disk.
        self.build()?;
        let (mut without, mut beside) = (Vec::new(), Vec::new());
        for round in 1..=rounds {
            eprintln!("==> syscall: build {round} of {rounds}");
            without.push(self.build()?);
            beside.push(self.build_beside(windrow)?);
        }
        let (without, beside) = (least(&without), least(&beside));
        Ok(Build {
            group: "syscall",
            what: "build",
            rounds,
            without,
            beside,
        })
    }

    /// Builds all of it anew, on all CPUs.
    fn build(&self) -> Result<BuildTimes> {
        let target = tempfile::tempdir().context("TMPDIR names another place")?;
        let mut command = Command::new(&self.cargo);
        command
            .args(["build", "--offline", "--quiet"])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", target.path())
            .env("CARGO_INCREMENTAL", "0")
            .stdin(Stdio::null());
        let before = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let began = Instant::now();
        let status = command.status().context("starting cargo")?;
        let wall_seconds = began.elapsed().as_secs_f64();
        let after = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        ensure!(status.success(), "cargo failed: {status}");
        let between =
            |time: fn(&Usage) -> TimeVal| rounded(seconds(time(&after)) - seconds(time(&before)));
        Ok(BuildTimes {
            wall_seconds: rounded(wall_seconds),
            user_seconds: between(Usage::user_time),
            system_seconds: between(Usage::system_time),
        })
    }

    /// The same, while windrow counts the system calls of the whole system.
    fn build_beside(&self, windrow: &Path) -> Result<BuildTimes> {
        let counting = Counting::start(windrow, "syscalls")?;
        let took = self.build()?;
        counting.end()?;
        Ok(took)
    }
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}

/// To tenths of milliseconds.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_of_either_time_may_be_of_two_builds() {
        let times = |wall_seconds, user_seconds, system_seconds| BuildTimes {
            wall_seconds,
            user_seconds,
            system_seconds,
        };
        let all = [
            times(3.0, 2.5, 1.0),
            times(4.0, 2.6, 0.3),
            times(5.0, 2.7, 0.4),
        ];
        assert_eq!(least(&all), times(3.0, 2.6, 0.3));
    }
}
