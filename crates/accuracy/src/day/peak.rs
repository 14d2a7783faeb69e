//! How much memory this process ever held.

use anyhow::{Context, Result};

/// Its peak so far, in bytes.
///
/// # Errors
/// Where the system does not say.
pub fn bytes() -> Result<u64> {
    let path = "/proc/self/status";
    let status = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    of(&status).with_context(|| format!("{path} has no VmHWM"))
}

fn of(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read() {
        let status = "Name:\tx\nVmHWM:\t    1024 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(of(status), Some(1 << 20));
        assert_eq!(of("Name:\tx\n"), None);
        assert!(bytes().is_ok_and(|peak| peak > 1 << 20));
    }
}
