//! Keeps services from being started by the packages that bring them: Debian asks a program of a
//! fixed name whether they may.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

const POLICY: &str = "/usr/sbin/policy-rc.d";
/// The first lines of a policy of ours.
const MARK: &str = "#!/bin/sh\n# windrow: installs tools, and starts none of them as a service\n";

/// As long as this value lives, no package starts a service.
#[derive(Debug)]
pub struct Held {
    ours: bool,
}

impl Held {
    /// Installs the policy, unless the system has one of its own.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new() -> Result<Self> {
        let policy = Path::new(POLICY);
        let text = fs::read_to_string(policy);
        if policy.exists() && !text.is_ok_and(|text| text.starts_with(MARK)) {
            return Ok(Self { ours: false });
        }
        // 101 is "not allowed"; if this process is killed, everything is allowed again.
        let owner = std::process::id();
        let text = format!("{MARK}kill -0 {owner} 2>/dev/null && exit 101\nexit 0\n");
        fs::write(policy, text)
            .and_then(|()| fs::set_permissions(policy, Permissions::from_mode(0o755)))
            .with_context(|| format!("cannot write {POLICY}"))?;
        Ok(Self { ours: true })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.ours
            && let Err(error) = fs::remove_file(POLICY)
        {
            eprintln!("cannot remove {POLICY}: {error}; remove it by hand");
        }
    }
}
