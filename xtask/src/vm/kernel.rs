//! Kernels as Debian ships them: which there are, how they get into the target folder. apt runs
//! on folders of its own, so neither the host's sources nor its packages change, and checks the
//! signatures; nothing is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::{run, stdout_of};

/// A kernel that windrow supports, and the Debian release that ships it.
#[derive(Debug)]
pub struct Kernel {
    /// What the user gives and reads: `6.1`, or `newest`.
    pub name: &'static str,
    /// How its version begins; any version, if there is none.
    version: Option<&'static str>,
    suites: &'static [&'static str],
    /// The models of preemption that it is booted with; its own, if there are none.
    pub preemption: &'static [&'static str],
}

/// All supported kernels, oldest first. Which one is the newest, Debian says: the folder that it was
/// unpacked in keeps it until it is removed.
pub const KERNELS: [Kernel; 3] = [
    Kernel {
        name: "6.1",
        version: Some("6.1"),
        suites: &[
            "http://deb.debian.org/debian bookworm",
            "http://deb.debian.org/debian-security bookworm-security",
        ],
        preemption: &[],
    },
    Kernel {
        name: "6.12",
        version: Some("6.12"),
        suites: &[
            "http://deb.debian.org/debian trixie",
            "http://deb.debian.org/debian-security trixie-security",
        ],
        preemption: &[],
    },
    Kernel {
        name: "newest",
        version: None,
        suites: &["http://deb.debian.org/debian sid"],
        // All that x86 has from Linux 7.0 on.
        preemption: &["full", "lazy"],
    },
];

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// The package that depends on the release's newest cloud kernel.
const META_PACKAGE: &str = "linux-image-cloud-amd64";
/// The guest's shell and tools: one static binary, from the same release.
const BUSYBOX: &str = "busybox-static";

/// A kernel and its busybox, unpacked.
pub struct Unpacked {
    /// The kernel image.
    pub vmlinuz: PathBuf,
    /// The folder of all module files, at any depth.
    pub modules: PathBuf,
    /// A static busybox.
    pub busybox: PathBuf,
}

impl Kernel {
    /// Gives the unpacked kernel in `folder`, fetching it the first time. To get a newer one,
    /// remove the folder.
    ///
    /// # Errors
    /// When the mirror cannot be reached or has no such kernel, or the disk is full.
    pub fn fetch(&self, folder: &Path) -> Result<Unpacked> {
        if std::env::consts::ARCH != "x86_64" {
            bail!(
                "the kernels are x86-64 and so must this machine be; leave them out with --no-vm"
            );
        }
        let root = folder.join("root");
        if !root.is_dir() {
            self.download_and_unpack(folder, &root)?;
        }
        find_parts(&root)
    }

    fn download_and_unpack(&self, folder: &Path, root: &Path) -> Result<()> {
        let debs = folder.join("debs");
        let apt = PrivateApt::prepare(&folder.join("apt"), self.suites)?;
        create_folder(&debs)?;
        eprintln!("==> fetching linux {} from Debian", self.name);
        run(apt.command("apt-get").args(["-qq", "update"]))
            .context("cannot read Debian's package lists; check the network")?;
        let mut packages = kernel_packages(&apt, self.newest_image(&apt)?)?;
        packages.push(BUSYBOX.to_owned());
        run(apt
            .command("apt-get")
            .args(["-qq", "download"])
            .args(&packages)
            .current_dir(&debs))
        .context("cannot download; check the network, then run this again")?;

        // Unpacked beside and renamed: the folder `root` is either complete or not there.
        let fresh = folder.join("root.new");
        if fresh.exists() {
            std::fs::remove_dir_all(&fresh)
                .with_context(|| format!("cannot remove {}", fresh.display()))?;
        }
        create_folder(&fresh)?;
        for package in packages {
            let deb = newest_file(&debs, &format!("{package}_"))?;
            run(Command::new("dpkg-deb").arg("-x").arg(deb).arg(&fresh))?;
        }
        std::fs::rename(&fresh, root)
            .with_context(|| format!("cannot rename {} to {}", fresh.display(), root.display()))
    }

    /// The package of the newest kernel, like `linux-image-6.1.0-50-cloud-amd64`.
    fn newest_image(&self, apt: &PrivateApt) -> Result<String> {
        let depends = stdout_of(apt.command("apt-cache").args(["depends", META_PACKAGE]))?;
        depends
            .split_whitespace()
            .find(|word| self.is_image(word))
            .map(str::to_owned)
            .with_context(|| {
                format!(
                    "{} offers no linux {}; change its suites in xtask/src/vm/kernel.rs",
                    self.suites[0], self.name
                )
            })
    }

    fn is_image(&self, package: &str) -> bool {
        let Some(version) = package.strip_prefix("linux-image-") else {
            return false;
        };
        match self.version {
            Some(wanted) => version
                .strip_prefix(wanted)
                .is_some_and(|rest| rest.starts_with('.')),
            // Packages without a version, which depend on another one, go by `cloud-amd64`.
            None => version.starts_with(|first: char| first.is_ascii_digit()),
        }
    }
}

/// The packages that a kernel's files are in: its image, and the parts that the image depends on
/// in newer releases, where it is empty itself.
fn kernel_packages(apt: &PrivateApt, image: String) -> Result<Vec<String>> {
    let depends = stdout_of(apt.command("apt-cache").args(["depends", &image]))?;
    let parts = depends.split_whitespace().filter(|word| is_part(word));
    let mut packages: Vec<String> = parts.map(str::to_owned).collect();
    packages.push(image);
    Ok(packages)
}

fn is_part(package: &str) -> bool {
    ["linux-binary-", "linux-modules-"]
        .iter()
        .any(|part| package.starts_with(part))
}

/// apt with its own sources, lists and cache, which sees nothing of the host's packages.
struct PrivateApt {
    configuration: PathBuf,
}

impl PrivateApt {
    fn prepare(folder: &Path, suites: &[&str]) -> Result<Self> {
        if !Path::new(KEYRING).is_file() {
            bail!("{KEYRING} is missing; install the package debian-archive-keyring");
        }
        create_folder(&folder.join("lists/partial"))?;
        create_folder(&folder.join("cache/archives/partial"))?;
        let sources: String = suites
            .iter()
            .map(|suite| {
                format!(
                    "deb [signed-by={KEYRING} arch=amd64 lang=none target=Packages] {suite} main\n"
                )
            })
            .collect();
        let at = folder.display();
        // The host's proxy settings stay in force; its pins, hooks and status do not.
        let configuration = format!(
            "\
Dir::Etc::sourcelist \"{at}/sources.list\";
Dir::Etc::sourceparts \"/dev/null\";
Dir::Etc::preferences \"/dev/null\";
Dir::Etc::preferencesparts \"/dev/null\";
Dir::State::lists \"{at}/lists\";
Dir::State::status \"{at}/status\";
Dir::Cache \"{at}/cache\";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
APT::Architecture \"amd64\";
APT::Sandbox::User \"root\";
Acquire::GzipIndexes \"true\";
Acquire::Retries \"3\";
"
        );
        write_file(&folder.join("sources.list"), &sources)?;
        write_file(&folder.join("status"), "")?;
        let file = folder.join("apt.conf");
        write_file(&file, &configuration)?;
        Ok(Self {
            configuration: file,
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.arg("--config-file").arg(&self.configuration);
        command.stdin(Stdio::null());
        command
    }
}

/// Finds kernel, modules and busybox; newer releases have them under `usr`, and the kernel beside
/// its modules.
fn find_parts(root: &Path) -> Result<Unpacked> {
    let first_of = |choices: [&str; 2]| {
        choices
            .iter()
            .map(|choice| root.join(choice))
            .find(|path| path.exists())
            .with_context(|| {
                format!(
                    "{} has no {}; remove it, then run this again",
                    root.display(),
                    choices[0]
                )
            })
    };
    let modules = first_of(["lib/modules", "usr/lib/modules"])?;
    let boot = root.join("boot");
    Ok(Unpacked {
        vmlinuz: if boot.is_dir() {
            newest_file(&boot, "vmlinuz-")?
        } else {
            newest_file(&newest_file(&modules, "")?, "vmlinuz")?
        },
        modules,
        busybox: first_of(["bin/busybox", "usr/bin/busybox"])?,
    })
}

/// The file with the given prefix that was written last.
fn newest_file(folder: &Path, prefix: &str) -> Result<PathBuf> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    entries
        .filter_map(|entry| entry.ok())
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .max_by_key(|entry| entry.metadata().and_then(|meta| meta.modified()).ok())
        .map(|entry| entry.path())
        .with_context(|| {
            format!(
                "{} has no {prefix}*; remove the folder above it, then run this again",
                folder.display()
            )
        })
}

fn create_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

fn write_file(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_told_by_its_version() {
        let taken = |package: &str| -> Vec<&str> {
            let kernels = KERNELS.iter().filter(|kernel| kernel.is_image(package));
            kernels.map(|kernel| kernel.name).collect()
        };
        assert_eq!(taken("linux-image-6.1.0-50-cloud-amd64"), ["6.1", "newest"]);
        assert_eq!(
            taken("linux-image-6.12.118+deb13-cloud-amd64"),
            ["6.12", "newest"]
        );
        assert_eq!(taken("linux-image-7.2.13+deb14-cloud-amd64"), ["newest"]);
        assert!(taken(META_PACKAGE).is_empty());
        assert!(taken("linux-base-cloud-amd64").is_empty());
    }

    #[test]
    fn what_an_image_was_split_into_is_fetched() {
        assert!(is_part("linux-binary-7.2.13+deb14-cloud-amd64"));
        assert!(is_part("linux-modules-7.2.13+deb14-cloud-amd64"));
        assert!(!is_part("linux-base-7.2.13+deb14-cloud-amd64"));
        assert!(!is_part("initramfs-tools"));
    }
}
