//! The kernel and the user: what is asked of the system as a whole.

use windrow_datapath::kernel::{in_user_namespace, missing_capabilities};

use super::{Check, State, read};

/// What a locked kernel does.
pub const CONFIDENTIAL: &str = "confidentiality: programs may not read kernel memory";
/// What to do about that.
pub const AGAINST_CONFIDENTIALITY: &str = "boot with lockdown=integrity, or none";
const LOCKDOWN: &str = "/sys/kernel/security/lockdown";

/// Whether the kernel is locked so that nobody may read its memory.
pub fn is_confidential() -> bool {
    read(LOCKDOWN).is_some_and(|modes| modes.contains("[confidentiality]"))
}

/// What needs no trial.
pub fn checks() -> Vec<Check> {
    vec![kernel(), types(), jit(), lockdown()]
}

fn kernel() -> Check {
    let release = read("/proc/sys/kernel/osrelease").unwrap_or_else(|| "unknown".to_owned());
    Check::new("kernel", State::Ok, format!("Linux {release}"))
}

fn types() -> Check {
    const PATH: &str = "/sys/kernel/btf/vmlinux";
    if std::path::Path::new(PATH).exists() {
        return Check::new("type information", State::Ok, PATH);
    }
    Check::new("type information", State::Missing, format!("no {PATH}"))
        .remedy("boot a kernel with CONFIG_DEBUG_INFO_BTF=y, as distributions have them")
}

fn jit() -> Check {
    match read("/proc/sys/net/core/bpf_jit_enable").as_deref() {
        Some("0") => Check::new("JIT", State::Degraded, "off: programs are interpreted")
            .remedy("sysctl -w net.core.bpf_jit_enable=1"),
        Some(_) => Check::new("JIT", State::Ok, "on"),
        // Only root may read it; and where the JIT is always on it is not there.
        None => Check::new("JIT", State::Ok, "not told"),
    }
}

fn lockdown() -> Check {
    let name = "lockdown";
    if is_confidential() {
        return Check::new(name, State::Missing, CONFIDENTIAL).remedy(AGAINST_CONFIDENTIALITY);
    }
    let found = match read(LOCKDOWN) {
        Some(modes) if modes.contains("[integrity]") => "integrity",
        _ => "none",
    };
    Check::new(name, State::Ok, found)
}

/// Which privileges there are. What is missing may not be needed: some stand for others.
pub fn capabilities(programs_load: bool) -> Check {
    let name = "capabilities";
    let missing = missing_capabilities();
    let mut found = match missing[..] {
        [] => "all there".to_owned(),
        _ => format!("{} missing", missing.join(", ")),
    };
    if in_user_namespace() {
        found += ", in a user namespace: good for that namespace only";
    }
    if programs_load {
        if !missing.is_empty() {
            found += ", and not needed";
        }
        return Check::new(name, State::Ok, found);
    }
    if in_user_namespace() {
        return Check::new(name, State::Missing, found)
            .remedy("run it outside of that user namespace, as the host's root");
    }
    match missing[..] {
        [] => Check::new(name, State::Ok, found),
        _ => Check::new(name, State::Missing, found).remedy("run it as root, or with sudo"),
    }
}
