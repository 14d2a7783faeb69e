//! What is checked in a guest by a script rather than by one run of windrow, and found in numbers of its own.

use crate::vm::boot::Frame;

/// A script of the guest, and what its output must be.
pub struct Check {
    /// Its name in the guest's output, and its column.
    pub name: &'static str,
    /// What it needs of what Debian builds as modules, loaded before it and not for those that come earlier.
    pub modules: &'static [&'static str],
    /// What the guest's shell runs.
    pub script: &'static str,
    /// The number for its column, or what is wrong with the output.
    pub judge: fn(&Frame) -> Result<u64, String>,
}

impl Check {
    /// Where the guest has the script.
    pub fn path(&self) -> String {
        format!("bin/check-{}", self.name)
    }
}
