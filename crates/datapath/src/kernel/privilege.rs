//! What a process may lack to load programs, in words.

use std::os::unix::fs::MetadataExt;

use crate::kernel::load::missing_capabilities;

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
