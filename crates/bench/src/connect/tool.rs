//! Tools that watch all connections of the system: how each is started, and what it prints.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::design::{Attached, Design};
use crate::installed::program;
use crate::watcher::Watcher;

/// What the kernel has where probes can be put at its functions.
const KPROBES: &str = "/sys/bus/event_source/devices/kprobe";

/// A tool that can be started again and again. It prints a head, and then a line for each of so many ends
/// of a connection.
pub struct Tool {
    command: Command,
    lines: u64,
}

impl Tool {
    /// `tcplife`: both ends of every connection when they are closed, with process, bytes and lifetime.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn tcplife() -> Result<Self> {
        Ok(Self {
            command: program("tcplife")?,
            lines: 2,
        })
    }

    /// `tcpconnect`: every connection when it is begun, with process and addresses.
    ///
    /// # Errors
    /// When it is not installed, or the kernel has no kprobes.
    pub fn tcpconnect() -> Result<Self> {
        ensure!(Path::new(KPROBES).exists(), "this kernel has no kprobes");
        Ok(Self {
            command: program("tcpconnect")?,
            lines: 1,
        })
    }
}

impl Design for Tool {
    fn attach(&mut self) -> Result<Box<dyn Attached + '_>> {
        Ok(Box::new(Watching {
            watcher: Watcher::start(&self.command)?,
            lines: self.lines,
        }))
    }
}

/// A tool while it runs.
struct Watching {
    watcher: Watcher,
    lines: u64,
}

impl Attached for Watching {
    fn detach(mut self: Box<Self>) -> Result<Option<u64>> {
        let text = self.watcher.end()?;
        Ok(Some(counted(&text) / self.lines))
    }
}

/// Lines, but for the head.
fn counted(text: &str) -> u64 {
    text.lines().count().saturating_sub(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_no_connection() {
        let text = "PID     COMM             LADDR           LPORT RADDR           RPORT   TX_KB   RX_KB MS\n\
            812     nginx            127.0.0.1       8080  127.0.0.1       40412   1       0     0.31\n\
            811     curl             127.0.0.1       40412 127.0.0.1       8080    0       1     0.44\n";
        assert_eq!(counted(text), 2);
        assert_eq!(counted(""), 0);
    }
}
