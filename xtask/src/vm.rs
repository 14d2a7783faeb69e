//! `cargo xtask vm`: does windrow load, count and leave nothing behind on kernels other than this
//! machine's? Boots Debian's cloud kernels under qemu, without KVM, with a tiny system that runs
//! the demonstration once a hook, kills windrows, and counts storms of system calls and of connections,
//! and what passes devices of many kinds. It is a check of kernels, not a benchmark.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::packages::{self, Need};
use crate::vm::kernel::Kernel;
use crate::vm::report::Row;
use crate::workspace::{self, Workspace};

mod archive;
mod boot;
mod calls;
mod check;
mod cleanup;
mod connects;
mod devices;
mod image;
mod kernel;
mod modules;
mod report;

pub use connects::storm;
pub use devices::transfer;

use check::Check;
use kernel::KERNELS;

/// The models of preemption that a kernel may have; which ones, differs by version.
const PREEMPTION: [&str; 4] = ["none", "voluntary", "full", "lazy"];

/// One guest to boot.
#[derive(Debug, Clone, Copy)]
pub struct Boot {
    kernel: &'static Kernel,
    /// How it is asked to preempt what runs inside it; as it does by itself, if nothing is asked.
    preempt: Option<&'static str>,
}

impl Boot {
    /// What tells it from the others: `6.1`, `newest-full`.
    pub fn name(self) -> String {
        match self.preempt {
            Some(preempt) => format!("{}-{preempt}", self.kernel.name),
            None => self.kernel.name.to_owned(),
        }
    }
}

/// The guests of one kernel: one for each model of preemption that it is checked with.
fn boots_of(kernel: &'static Kernel) -> Vec<Boot> {
    let asked = kernel.preemption.iter().copied().map(Some);
    let own = kernel.preemption.is_empty().then_some(None);
    asked
        .chain(own)
        .map(|preempt| Boot { kernel, preempt })
        .collect()
}

/// All guests that windrow is checked in, those of the oldest kernel first.
pub fn boots() -> Vec<Boot> {
    KERNELS.iter().flat_map(boots_of).collect()
}

/// A command of the guest: its name in the output, its arguments after `windrow`, and the hooks
/// that it may report (tcx is clsact before Linux 6.6).
struct Payload {
    name: &'static str,
    arguments: &'static str,
    hooks: &'static [&'static str],
}

/// What runs in every kernel, in this order; rows leave it both ways.
const PAYLOADS: [Payload; 2] = [
    Payload {
        name: "tcx",
        arguments: "demo --hook tcx --rate 20K --flows 100 --duration 2s --json",
        hooks: &["tcx", "clsact"],
    },
    Payload {
        name: "xdp",
        // The ring holds half of the rows: it takes several runs to export a window.
        arguments: "demo --hook xdp --export ring --memory 192K --rate 20K --flows 300 --duration 2s --json",
        hooks: &["xdp"],
    },
];

/// What runs after these.
const CHECKS: [Check; 4] = [
    cleanup::CHECK,
    calls::CHECK,
    connects::CHECK,
    devices::CHECK,
];

struct Options {
    boots: Vec<Boot>,
    json: bool,
    binary: Option<PathBuf>,
}

/// Runs the check on the chosen kernels and prints a table, or a JSON object a line.
///
/// # Errors
/// When the arguments make no sense, or something other than windrow in the guest fails. A
/// kernel that windrow does not run on gives exit code 1, after the table.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    let options = parse(arguments)?;
    let workspace = Workspace::find()?;
    let binary = match options.binary {
        Some(file) => {
            packages::ensure(&[Need::Vm])?;
            file
        }
        None => {
            packages::ensure(&[Need::Build, Need::Vm])?;
            workspace::run(&mut workspace.build_windrow())?;
            workspace.windrow()
        }
    };
    let mut rows = Vec::new();
    for boot in options.boots {
        rows.push(measure(&workspace, boot, &binary)?);
    }
    if options.json {
        rows.iter().for_each(|row| println!("{}", row.json()));
    } else {
        print!("{}", report::table(&rows));
    }
    for row in &rows {
        if let Some(problem) = &row.problem {
            eprintln!("linux {}: {problem}", row.boot.name());
        }
    }
    let failed = rows.iter().any(|row| row.problem.is_some());
    Ok(ExitCode::from(u8::from(failed)))
}

/// The check in one guest with the windrow that is already built, for the test command.
///
/// # Errors
/// When windrow does not run there as it should; the text has the end of its output.
pub fn check(workspace: &Workspace, boot: Boot) -> Result<()> {
    let row = measure(workspace, boot, &workspace.windrow())?;
    print!("{}", report::table(std::slice::from_ref(&row)));
    match row.problem {
        Some(problem) => bail!("linux {}: {problem}", row.boot.name()),
        None => Ok(()),
    }
}

fn measure(workspace: &Workspace, boot: Boot, binary: &Path) -> Result<Row> {
    let kernel = boot.kernel;
    let folder = workspace.target.join("vm").join(kernel.name);
    let unpacked = kernel
        .fetch(&folder)
        .with_context(|| format!("cannot get linux {}", kernel.name))?;
    let initramfs = folder.join("initramfs.cpio");
    image::write(&initramfs, &unpacked, binary, &PAYLOADS, &CHECKS)
        .with_context(|| format!("cannot make the guest's system for linux {}", kernel.name))?;
    let again = || boot::boot(&unpacked.vmlinuz, &initramfs, &folder, boot);
    let mut transcript = again()?;
    if transcript.met_a_patch() {
        let name = boot.name();
        println!("linux {name}: the emulated CPU met code that was being patched; once more");
        transcript = again()?;
    }
    Ok(Row::read(boot, &PAYLOADS, &CHECKS, &transcript))
}

fn parse(arguments: &[String]) -> Result<Options> {
    let (mut kernels, mut preempt) = (Vec::new(), Vec::new());
    let (mut json, mut binary) = (false, None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--json" => json = true,
            "--kernel" => {
                let name = words.next().context("--kernel wants a version, like 6.1")?;
                kernels.push(kernel_named(name)?);
            }
            "--preempt" => {
                let name = words.next().context("--preempt wants a model, like full")?;
                preempt.push(preemption_named(name)?);
            }
            "--binary" => {
                let file = words.next().context("--binary wants a file")?;
                binary = Some(PathBuf::from(file));
            }
            other => bail!(
                "`{other}` is not understood; use `cargo xtask vm [--kernel VERSION]… [--preempt MODEL]… [--json] [--binary FILE]`"
            ),
        }
    }
    if kernels.is_empty() {
        kernels.extend(&KERNELS);
    }
    let boots = kernels.into_iter().flat_map(|kernel| {
        if preempt.is_empty() {
            return boots_of(kernel);
        }
        let asked = preempt.iter().copied().map(Some);
        asked.map(|preempt| Boot { kernel, preempt }).collect()
    });
    Ok(Options {
        boots: boots.collect(),
        json,
        binary,
    })
}

fn kernel_named(name: &str) -> Result<&'static Kernel> {
    let names: Vec<&str> = KERNELS.iter().map(|kernel| kernel.name).collect();
    KERNELS
        .iter()
        .find(|kernel| kernel.name == name)
        .with_context(|| format!("kernel {name} is not known; use {}", names.join(" or ")))
}

fn preemption_named(name: &str) -> Result<&'static str> {
    PREEMPTION
        .into_iter()
        .find(|known| *known == name)
        .with_context(|| {
            format!(
                "preemption {name} is not known; use {}",
                PREEMPTION.join(" or ")
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Vec<String> {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        let boots = parse(&arguments).expect("understood").boots;
        boots.into_iter().map(Boot::name).collect()
    }

    #[test]
    fn the_newest_kernel_is_booted_once_for_each_preemption() {
        let all = ["6.1", "6.12", "newest-full", "newest-lazy"];
        assert_eq!(names(&[]), all);
        assert_eq!(names(&["--kernel", "newest"]), all[2..]);
        assert_eq!(names(&["--kernel", "6.12"]), ["6.12"]);
    }

    #[test]
    fn a_preemption_is_asked_of_any_kernel() {
        let both = ["--kernel", "6.12", "--preempt", "none", "--preempt", "full"];
        assert_eq!(names(&both), ["6.12-none", "6.12-full"]);
        assert!(parse(&["--preempt".to_owned(), "fully".to_owned()]).is_err());
    }
}
