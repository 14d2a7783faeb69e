//! What a process may lack to load programs, in words.

use std::os::unix::fs::MetadataExt;

/// Whether this process is in a user namespace of its own, whose capabilities are good for that
/// namespace only.
pub fn in_user_namespace() -> bool {
    /// The number of the first one (`PROC_USER_INIT_INO`), the same in every kernel.
    const FIRST: u64 = 0xefff_fffd;
    std::fs::metadata("/proc/self/ns/user").is_ok_and(|file| file.ino() != FIRST)
}

/// Whether that a program was not permitted can be for want of privilege.
pub fn is_lacking() -> bool {
    in_user_namespace() || !missing_capabilities().is_empty()
}

/// What is lacking, and what to do about it.
pub fn lacking() -> String {
    if in_user_namespace() {
        return "in a user namespace, whose capabilities are good for itself only: run it outside, as the host's root".to_owned();
    }
    format!(
        "missing {}: run it as root, or with sudo",
        missing_capabilities().join(", ")
    )
}

/// The capabilities that counting needs and this process lacks, by `/proc/self/status`.
pub fn missing_capabilities() -> Vec<&'static str> {
    const NEEDED: [(u32, &str); 3] = [(12, "CAP_NET_ADMIN"), (38, "CAP_PERFMON"), (39, "CAP_BPF")];
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok())
        .unwrap_or(0);
    NEEDED
        .iter()
        .filter(|(bit, _)| effective >> bit & 1 == 0)
        .map(|(_, name)| *name)
        .collect()
}
