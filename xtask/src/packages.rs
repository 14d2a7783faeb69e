//! The system packages a task needs, and whether they are there. On Debian and Ubuntu root gets
//! them installed; everyone else gets the exact line to run. It never touches Rust crates.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::{is_root, on_path, run};

mod services;

/// What a task is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Compile windrow and its kernel programs.
    Build,
    /// Check formatting and run the tests, on top of [`Need::Build`].
    Test,
    /// Compile the fuzz targets, the C under sanitizers.
    Fuzz,
    /// Boot other kernels under qemu.
    Vm,
    /// Compare windrow with other tools, as far as the distribution has them.
    Peers,
}

/// One wanted package: names in order of preference, any of which will do.
type Wanted = &'static [&'static str];

impl Need {
    fn debian(self) -> &'static [Wanted] {
        match self {
            Self::Build => &[
                &["gcc"],
                &["libc6-dev"],
                &["make"],
                &["pkg-config", "pkgconf"],
                &["libelf-dev"],
                &["zlib1g-dev"],
                &["clang-19", "clang"],
            ],
            Self::Test => &[
                &["clang-format-19", "clang-format"],
                &["iproute2"],
                &["python3"],
                &["strace"],
            ],
            Self::Fuzz => &[&["gcc"], &["g++"], &["libc6-dev"], &["clang-19", "clang"]],
            Self::Vm => &[
                &["qemu-system-x86"],
                &["xz-utils"],
                &["debian-archive-keyring"],
                &["iproute2"],
                &["wireguard-tools"],
            ],
            Self::Peers => &[
                &["nfdump"],
                &["softflowd"],
                &["fprobe"],
                &["suricata"],
                &["argus-server"],
                &["argus-client"],
                &["pmacct"],
            ],
        }
    }

    /// Programs that show that a need is met where there is no dpkg to ask.
    fn programs(self) -> &'static [Wanted] {
        match self {
            Self::Build => &[&["gcc"], &["make"], &["pkg-config"], &["clang", "clang-19"]],
            Self::Test => &[
                &["clang-format", "clang-format-19"],
                &["ip"],
                &["python3"],
                &["strace"],
            ],
            Self::Fuzz => &[&["gcc"], &["g++"], &["clang-19", "clang"]],
            Self::Vm => &[
                &["qemu-system-x86_64"],
                &["xz"],
                &["apt-get"],
                &["dpkg-deb"],
                &["ip"],
                &["wg"],
            ],
            Self::Peers => &[],
        }
    }

    /// Whether a package that the distribution does not offer is done without.
    fn is_optional(self) -> bool {
        self == Self::Peers
    }
}

/// Makes sure that the packages of all the needs are there; free when nothing is missing.
///
/// # Errors
/// When some are missing and cannot be installed from here: the text is the line to run.
pub fn ensure(needs: &[Need]) -> Result<()> {
    let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    match Family::of(&system) {
        Family::Debian => ensure_debian(needs),
        family => ensure_by_hand(family, needs),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Debian,
    Fedora,
    Arch,
    Suse,
    Other,
}

impl Family {
    /// Reads `ID` and `ID_LIKE` of an os-release file.
    fn of(os_release: &str) -> Self {
        let ids: Vec<&str> = os_release
            .lines()
            .filter_map(|line| line.strip_prefix("ID=").or(line.strip_prefix("ID_LIKE=")))
            .flat_map(|value| value.trim_matches(['"', '\'']).split_whitespace())
            .collect();
        let like = |names: &[&str]| ids.iter().any(|id| names.contains(id));
        if like(&["debian", "ubuntu"]) {
            Self::Debian
        } else if like(&["fedora", "rhel", "centos"]) {
            Self::Fedora
        } else if like(&["arch"]) {
            Self::Arch
        } else if like(&["suse", "opensuse", "sles"]) {
            Self::Suse
        } else {
            Self::Other
        }
    }

    fn install_line(self) -> &'static str {
        match self {
            Self::Debian => "sudo apt-get install --no-install-recommends",
            Self::Fedora => {
                "sudo dnf install gcc make pkgconf elfutils-libelf-devel zlib-devel clang glibc-devel"
            }
            Self::Arch => "sudo pacman -S --needed gcc make pkgconf libelf zlib clang",
            Self::Suse => {
                "sudo zypper install gcc make pkgconf libelf-devel zlib-devel clang glibc-devel"
            }
            Self::Other => {
                "your package manager for gcc, make, pkg-config, clang and the headers of libelf, zlib and libc"
            }
        }
    }
}

fn ensure_debian(needs: &[Need]) -> Result<()> {
    let missing: Vec<(Need, Wanted)> = needs
        .iter()
        .flat_map(|need| need.debian().iter().map(|wanted| (*need, *wanted)))
        .filter(|(_, wanted)| !wanted.iter().any(|name| is_installed(name)))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = || -> String {
        let names: Vec<&str> = missing
            .iter()
            .filter(|(need, wanted)| !need.is_optional() || wanted.iter().any(|it| is_offered(it)))
            .map(|(_, wanted)| offered(wanted))
            .collect();
        names.join(" ")
    };
    if !is_root() {
        let names = names();
        if names.is_empty() {
            return Ok(());
        }
        bail!(
            "system packages are missing; run `sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}`"
        );
    }
    eprintln!("==> refreshing the package lists");
    run(Command::new("apt-get").args(["update", "-qq"]))
        .context("cannot refresh the package lists; check the network and /etc/apt")?;
    let names = names();
    if names.is_empty() {
        return Ok(());
    }
    eprintln!("==> installing missing packages: {names}");
    let _services = services::Held::new()?;
    run(Command::new("apt-get")
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(names.split(' '))
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null()))
    .with_context(|| format!("cannot install {names}; run the line above by hand"))
}

fn is_installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout == b"installed")
}

/// The first of the names that this distribution offers, or the last when it tells of none.
fn offered(wanted: Wanted) -> &'static str {
    let mut last = "";
    for name in wanted {
        last = name;
        if is_offered(name) {
            break;
        }
    }
    last
}

/// Of a package that others only mention, apt knows the name and nothing to show.
fn is_offered(package: &str) -> bool {
    Command::new("apt-cache")
        .args(["show", "--no-all-versions", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
}

fn ensure_by_hand(family: Family, needs: &[Need]) -> Result<()> {
    let mut missing: Vec<&str> = needs
        .iter()
        .flat_map(|need| need.programs())
        .filter(|wanted| !wanted.iter().any(|name| on_path(name).is_some()))
        .map(|wanted| wanted[0])
        .collect();
    if needs.contains(&Need::Build) && !has_libelf() {
        missing.push("libelf");
    }
    if missing.is_empty() {
        return Ok(());
    }
    if needs.contains(&Need::Vm) && on_path("apt-get").is_none() {
        eprintln!(
            "note: the kernels come from Debian through apt; `cargo xtask test --no-vm` works without"
        );
    }
    bail!(
        "missing: {}; use `{}`, then run this again",
        missing.join(", "),
        family.install_line()
    )
}

fn has_libelf() -> bool {
    Command::new("pkg-config")
        .args(["--exists", "libelf"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_gives_the_family() {
        let cases = [
            ("ID=debian\nVERSION_ID=\"12\"", Family::Debian),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"", Family::Debian),
            (
                "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"",
                Family::Fedora,
            ),
            ("ID=arch", Family::Arch),
            (
                "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"",
                Family::Suse,
            ),
            ("ID=void\nBUILD_ID=debian", Family::Other),
            ("", Family::Other),
        ];
        for (text, family) in cases {
            assert_eq!(Family::of(text), family, "{text}");
        }
    }
}
