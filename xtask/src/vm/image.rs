//! The guest's whole system: busybox, windrow, this program itself, which makes load, and tools of this machine, with
//! their libraries, the kernel modules that are needed and a first program that runs the payloads and powers off. It is
//! made anew for each run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::vm::Payload;
use crate::vm::archive::Archive;
use crate::vm::check::Check;
use crate::vm::kernel::Unpacked;
use crate::vm::modules::Modules;
use crate::workspace::on_path;

/// What Debian builds as modules and windrow or its demonstration uses; the rest is built in.
const MODULES: [&str; 3] = ["veth", "sch_ingress", "cls_bpf"];
/// What busybox lacks, or has only a part of.
const TOOLS: [&str; 2] = ["ip", "wg"];
/// How long one payload or check may take in the guest, in seconds.
const PAYLOAD_SECONDS: u32 = 300;
/// Where the kernel names the models of preemption that it has, the one in force in parentheses.
const PREEMPTION: &str = "/sys/kernel/debug/sched/preempt";
/// Starts every line that the first program prints about the run itself.
pub const MARK: &str = "WINDROW-VM";

/// Writes the archive for one kernel and one windrow.
///
/// # Errors
/// When a file cannot be read or written, or the kernel lacks a module.
pub fn write(
    file: &Path,
    kernel: &Unpacked,
    windrow: &Path,
    payloads: &[Payload],
    checks: &[Check],
) -> Result<()> {
    let mut archive = Archive::default();
    for folder in ["bin", "proc", "sys", "tmp", "run", "lib", "modules"] {
        archive.folder(folder);
    }
    archive.console();
    archive.program("bin/busybox", &read(&kernel.busybox)?);
    let own = std::env::current_exe().context("cannot find this program's own file")?;
    let mut programs = vec![("windrow", windrow.to_owned()), ("xtask", own)];
    for tool in TOOLS {
        let found = on_path(tool).with_context(|| format!("this machine has no `{tool}`"))?;
        programs.push((tool, found));
    }
    let mut needed = Vec::new();
    for (name, file) in &programs {
        archive.program(&format!("bin/{name}"), &read(file)?);
        needed.extend(libraries(file)?);
    }
    needed.sort();
    needed.dedup();
    for library in needed {
        archive.program(&guest_path(&library)?, &read(&library)?);
    }
    for check in checks {
        archive.program(&check.path(), check.script.as_bytes());
    }
    let mut modules = Modules::find(&kernel.modules)?;
    let mut steps = vec![Step::Load(modules.load(&MODULES)?)];
    steps.extend(payloads.iter().map(Step::of_payload));
    for check in checks {
        steps.push(Step::Load(modules.load(check.modules)?));
        steps.push(Step::of_check(check));
    }
    for (name, content) in &modules.loaded {
        archive.program(&format!("modules/{name}.ko"), content);
    }
    archive.program("init", first_program(&steps).as_bytes());
    std::fs::write(file, archive.finish())
        .with_context(|| format!("cannot write {}", file.display()))
}

/// What the first program does, in its order.
enum Step {
    /// Takes modules into the kernel.
    Load(Vec<String>),
    /// Runs a command and says its name, before and after.
    Run(&'static str, String),
}

impl Step {
    fn of_payload(payload: &Payload) -> Self {
        Self::Run(payload.name, format!("windrow {}", payload.arguments))
    }

    fn of_check(check: &Check) -> Self {
        Self::Run(check.name, format!("/{}", check.path()))
    }
}

/// The script that the kernel starts. The kernel's messages go to the first serial port and
/// this output to the second, so that neither breaks the other's lines.
fn first_program(steps: &[Step]) -> String {
    let mut script = format!(
        "\
#!/bin/busybox sh
export PATH=/bin LD_LIBRARY_PATH=/lib HOME=/tmp
/bin/busybox --install -s /bin
mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t bpf bpf /sys/fs/bpf
mount -t debugfs debugfs /sys/kernel/debug
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
exec >/dev/ttyS1 2>&1 </dev/null
echo {MARK} up $(uname -r) $(cat {PREEMPTION})
umount /sys/kernel/debug
ip link set lo up
"
    );
    for step in steps {
        match step {
            Step::Load(modules) => {
                for name in modules {
                    script.push_str(&format!("insmod /modules/{name}.ko\n"));
                }
            }
            Step::Run(name, command) => script.push_str(&format!(
                "\
echo {MARK} begin {name}
timeout -s KILL {PAYLOAD_SECONDS} {command}
echo {MARK} end {name} exit=$?
"
            )),
        }
    }
    // Leaving the port waits until its last bytes are out.
    script.push_str("exec >/dev/console 2>&1\npoweroff -f\n");
    script
}

/// The shared libraries of a program, as `ldd` finds them; none for a static one.
fn libraries(program: &Path) -> Result<Vec<PathBuf>> {
    let output = Command::new("ldd")
        .arg(program)
        .stderr(Stdio::null())
        .output()
        .context("cannot start `ldd`; it is part of libc's packages")?;
    library_paths(&String::from_utf8_lossy(&output.stdout))
}

fn library_paths(listing: &str) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for line in listing.lines() {
        if line.contains("not found") {
            bail!(
                "a library of the guest's programs is missing: {}",
                line.trim()
            );
        }
        // `libelf.so.1 => /lib/…/libelf.so.1 (0x…)`, or the loader's path alone.
        let path = line.split_whitespace().find(|word| word.starts_with('/'));
        paths.extend(path.map(PathBuf::from));
    }
    Ok(paths)
}

/// The loader keeps its path, which is written in the program; libraries go to `/lib`.
fn guest_path(library: &Path) -> Result<String> {
    let name = library
        .file_name()
        .with_context(|| format!("{} is no library", library.display()))?
        .to_string_lossy();
    if name.starts_with("ld-linux") {
        return Ok(library.to_string_lossy().into_owned());
    }
    Ok(format!("lib/{name}"))
}

/// The content of a file of this machine.
///
/// # Errors
/// When it cannot be read.
pub fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::cleanup;

    #[test]
    fn ldd_gives_libraries_and_the_loader() {
        let listing = "\
\tlinux-vdso.so.1 (0x00007ffd)
\tlibelf.so.1 => /lib/x86_64-linux-gnu/libelf.so.1 (0x00007f)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f)
";
        let paths = library_paths(listing).expect("all found");
        let guest: Vec<String> = paths.iter().flat_map(|path| guest_path(path)).collect();
        assert_eq!(guest, ["lib/libelf.so.1", "/lib64/ld-linux-x86-64.so.2"]);
        assert!(library_paths("\tlibz.so.1 => not found\n").is_err());
        assert!(library_paths("").expect("static").is_empty());
    }

    #[test]
    fn payloads_are_framed() {
        let payload = Payload {
            name: "tcx",
            arguments: "demo --json",
            hooks: &["tcx"],
        };
        let steps = [
            Step::Load(vec!["veth".to_owned()]),
            Step::of_payload(&payload),
            Step::Load(vec!["bonding".to_owned()]),
            Step::of_check(&cleanup::CHECK),
        ];
        let script = first_program(&steps);
        assert!(script.contains("insmod /modules/veth.ko\necho WINDROW-VM begin tcx\n"));
        assert!(script.contains("windrow demo --json\necho WINDROW-VM end tcx exit=$?\n"));
        assert!(script.contains("insmod /modules/bonding.ko\necho WINDROW-VM begin cleanup\n"));
        assert!(script.contains("/bin/check-cleanup\necho WINDROW-VM end cleanup exit=$?\n"));
    }
}
