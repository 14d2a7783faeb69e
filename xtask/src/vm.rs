//! `cargo xtask vm`: does windrow load, count and leave nothing behind on kernels other than this
//! machine's? Boots Debian's cloud kernels under qemu, without KVM, with a tiny system that runs
//! the demonstration once a hook, and kills windrows. It is a check of kernels, not a benchmark.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::packages::{self, Need};
use crate::vm::kernel::Kernel;
use crate::vm::report::Row;
use crate::workspace::{self, Workspace};

mod archive;
mod boot;
mod cleanup;
mod image;
mod kernel;
mod report;

pub use kernel::KERNELS;

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

struct Options {
    kernels: Vec<&'static Kernel>,
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
    for kernel in options.kernels {
        rows.push(measure(&workspace, kernel, &binary)?);
    }
    if options.json {
        rows.iter().for_each(|row| println!("{}", row.json()));
    } else {
        print!("{}", report::table(&rows));
    }
    for row in &rows {
        if let Some(problem) = &row.problem {
            eprintln!("linux {}: {problem}", row.kernel);
        }
    }
    let failed = rows.iter().any(|row| row.problem.is_some());
    Ok(ExitCode::from(u8::from(failed)))
}

/// The check on one kernel with the windrow that is already built, for the test command.
///
/// # Errors
/// When windrow does not run there as it should; the text has the end of its output.
pub fn check(workspace: &Workspace, kernel: &'static Kernel) -> Result<()> {
    let row = measure(workspace, kernel, &workspace.windrow())?;
    print!("{}", report::table(std::slice::from_ref(&row)));
    match row.problem {
        Some(problem) => bail!("linux {}: {problem}", row.kernel),
        None => Ok(()),
    }
}

fn measure(workspace: &Workspace, kernel: &'static Kernel, binary: &Path) -> Result<Row> {
    let folder = workspace.target.join("vm").join(kernel.name);
    let unpacked = kernel
        .fetch(&folder)
        .with_context(|| format!("cannot get linux {}", kernel.name))?;
    let initramfs = folder.join("initramfs.cpio");
    image::write(&initramfs, &unpacked, binary, &PAYLOADS)
        .with_context(|| format!("cannot make the guest's system for linux {}", kernel.name))?;
    let transcript = boot::boot(&unpacked.vmlinuz, &initramfs, &folder)?;
    Ok(Row::read(kernel.name, &PAYLOADS, &transcript))
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options {
        kernels: Vec::new(),
        json: false,
        binary: None,
    };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--json" => options.json = true,
            "--kernel" => {
                let name = words.next().context("--kernel wants a version, like 6.1")?;
                options.kernels.push(kernel_named(name)?);
            }
            "--binary" => {
                let file = words.next().context("--binary wants a file")?;
                options.binary = Some(PathBuf::from(file));
            }
            other => bail!(
                "`{other}` is not understood; use `cargo xtask vm [--kernel VERSION]… [--json] [--binary FILE]`"
            ),
        }
    }
    if options.kernels.is_empty() {
        options.kernels.extend(&KERNELS);
    }
    Ok(options)
}

fn kernel_named(name: &str) -> Result<&'static Kernel> {
    let names: Vec<&str> = KERNELS.iter().map(|kernel| kernel.name).collect();
    KERNELS
        .iter()
        .find(|kernel| kernel.name == name)
        .with_context(|| format!("kernel {name} is not known; use {}", names.join(" or ")))
}
