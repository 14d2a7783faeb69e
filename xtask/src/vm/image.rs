//! The guest's whole system: busybox, windrow, this program itself, which makes load, with their libraries, the
//! kernel modules that are needed and a first program that runs the payloads and powers off. It is made anew for each run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::vm::Payload;
use crate::vm::archive::Archive;
use crate::vm::check::Check;
use crate::vm::kernel::Unpacked;

/// What Debian builds as modules and windrow or its demonstration uses; the rest is built in.
const MODULES: [&str; 3] = ["veth", "sch_ingress", "cls_bpf"];
/// How long one payload or check may take in the guest, in seconds.
const PAYLOAD_SECONDS: u32 = 90;
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
    archive.program("bin/windrow", &read(windrow)?);
    archive.program("bin/xtask", &read(&own)?);
    let mut needed = libraries(windrow)?;
    needed.extend(libraries(&own)?);
    needed.sort();
    needed.dedup();
    for library in needed {
        archive.program(&guest_path(&library)?, &read(&library)?);
    }
    for check in checks {
        archive.program(&check.path(), check.script.as_bytes());
    }
    let modules = modules_in_order(&kernel.modules)?;
    for (name, content) in &modules {
        archive.program(&format!("modules/{name}.ko"), content);
    }
    let names: Vec<&str> = modules.iter().map(|module| module.0.as_str()).collect();
    archive.program("init", first_program(&names, payloads, checks).as_bytes());
    std::fs::write(file, archive.finish())
        .with_context(|| format!("cannot write {}", file.display()))
}

/// The script that the kernel starts. The kernel's messages go to the first serial port and
/// this output to the second, so that neither breaks the other's lines.
fn first_program(modules: &[&str], payloads: &[Payload], checks: &[Check]) -> String {
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
    for name in modules {
        script.push_str(&format!("insmod /modules/{name}.ko\n"));
    }
    let demos = payloads.iter();
    let demos = demos.map(|it| (it.name, format!("windrow {}", it.arguments)));
    let checks = checks.iter();
    let checks = checks.map(|it| (it.name, format!("/{}", it.path())));
    for (name, command) in demos.chain(checks) {
        script.push_str(&format!(
            "\
echo {MARK} begin {name}
timeout -s KILL {PAYLOAD_SECONDS} {command}
echo {MARK} end {name} exit=$?
"
        ));
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
            bail!("a library of windrow is missing: {}", line.trim());
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

/// Names and contents of the modules, each after those that it depends on.
fn modules_in_order(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    list_modules(folder, &mut files)?;
    let mut ordered = Vec::new();
    for name in MODULES {
        add_module(name, &files, &mut ordered)?;
    }
    Ok(ordered)
}

fn add_module(
    name: &str,
    files: &[(String, PathBuf)],
    ordered: &mut Vec<(String, Vec<u8>)>,
) -> Result<()> {
    if ordered.iter().any(|module| module.0 == name) {
        return Ok(());
    }
    let (_, file) = files
        .iter()
        .find(|module| module.0 == name)
        .with_context(|| format!("this kernel has no module {name}"))?;
    let content = module_content(file)?;
    for needed in dependencies(&content) {
        add_module(&needed, files, ordered)?;
    }
    ordered.push((name.to_owned(), content));
    Ok(())
}

/// All modules under a folder by name; in names the kernel takes `-` for `_`.
fn list_modules(folder: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot list {}", folder.display()))?
            .path();
        if path.is_dir() {
            list_modules(&path, files)?;
        } else if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && let Some((stem, "ko" | "ko.xz")) = name.split_once('.')
        {
            files.push((stem.replace('-', "_"), path));
        }
    }
    Ok(())
}

fn module_content(file: &Path) -> Result<Vec<u8>> {
    if file.extension().is_none_or(|ending| ending != "xz") {
        return read(file);
    }
    let output = Command::new("xz")
        .arg("--decompress")
        .arg("--stdout")
        .arg(file)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start `xz`; install the package xz-utils")?;
    if !output.status.success() {
        bail!(
            "cannot decompress {}; remove target/vm, then run this again",
            file.display()
        );
    }
    Ok(output.stdout)
}

/// The names in a module's `depends=` field.
fn dependencies(module: &[u8]) -> Vec<String> {
    const FIELD: &[u8] = b"\0depends=";
    let Some(at) = module.windows(FIELD.len()).position(|bytes| bytes == FIELD) else {
        return Vec::new();
    };
    let value = &module[at + FIELD.len()..];
    let end = value
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(value.len());
    String::from_utf8_lossy(&value[..end])
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.replace('-', "_"))
        .collect()
}

fn read(file: &Path) -> Result<Vec<u8>> {
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
    fn a_module_names_what_it_needs() {
        let module = b"\x7fELF\0license=GPL\0depends=nf-tables,nfnetlink\0retpoline=Y\0";
        assert_eq!(dependencies(module), ["nf_tables", "nfnetlink"]);
        assert!(dependencies(b"\x7fELF\0depends=\0").is_empty());
        assert!(dependencies(b"\x7fELF").is_empty());
    }

    #[test]
    fn payloads_are_framed() {
        let payload = Payload {
            name: "tcx",
            arguments: "demo --json",
            hooks: &["tcx"],
        };
        let script = first_program(&["veth"], &[payload], &[cleanup::CHECK]);
        assert!(script.contains("insmod /modules/veth.ko\necho WINDROW-VM begin tcx\n"));
        assert!(script.contains("windrow demo --json\necho WINDROW-VM end tcx exit=$?\n"));
        assert!(script.contains("/bin/check-cleanup\necho WINDROW-VM end cleanup exit=$?\n"));
    }
}
