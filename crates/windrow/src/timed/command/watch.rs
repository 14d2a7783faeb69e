//! Signals while a command runs: its own are passed on, and its end is one of them.
//!
//! windrow stays until the command has ended, since it has a report to give. What a terminal sends
//! (Ctrl-C, Ctrl-\) goes to the whole process group, so the command has it already. What a process
//! sends is passed on, since it was meant for the command if it was sent to windrow alone. Whether it
//! was is nothing that the kernel tells: where `kill` (or `timeout` without --foreground) signals the
//! whole group, the command may get the signal twice. Stopping and continuing (Ctrl-Z, `fg`) is left to the terminal altogether.
//!
//! A signal that windrow was started to ignore (`nohup`) is ignored by both.

use std::fs;
use std::io;
use std::process::{Child, ExitStatus};

use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::{Pid, getpid, getsid};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithRawSiginfo;
use signal_hook::low_level::emulate_default_handler;

/// What a command may be told by signals that would end windrow.
const TOLD: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// Signals no longer end windrow; they wait for a command to begin.
pub struct Watch {
    signals: SignalsInfo<WithRawSiginfo>,
    leads_session: bool,
}

impl Watch {
    /// Takes over the signals. That of a child's end is among them even where it was ignored: the
    /// kernel would keep no status of the command.
    pub fn begin() -> io::Result<Watch> {
        // Where there is no /proc, none counts as ignored.
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        let told = TOLD
            .into_iter()
            .filter(|signal| ignored >> (signal - 1) & 1 == 0);
        Ok(Watch {
            signals: SignalsInfo::new(told.chain([SIGCHLD]))?,
            leads_session: getsid(None)? == getpid(),
        })
    }

    /// Passes signals on until the child has ended, and calls `ended`. Then it waits for ever: the
    /// first signal that is late does nothing, since it may be what ended the command; with the next
    /// one the user does not want the report either.
    pub fn until_the_end(mut self, mut child: Child, ended: impl FnOnce(io::Result<ExitStatus>)) {
        // Whoever started windrow may have left it blocked. It cannot fail with such a set.
        let _ = SigSet::from(Signal::SIGCHLD).thread_unblock();
        let mut ended = Some(ended);
        let mut late = 0;
        for info in self.signals.forever() {
            let signal = info.si_signo;
            if signal == SIGCHLD {
                // It may have been stopped or continued only.
                if ended.is_some()
                    && let Some(status) = child.try_wait().transpose()
                    && let Some(ended) = ended.take()
                {
                    ended(status);
                }
            } else if ended.is_none() {
                late += 1;
                if late > 1 {
                    let _ = emulate_default_handler(signal);
                }
            } else if is_passed_on(signal, info.si_code, self.leads_session) {
                pass_on(signal, &child);
            }
        }
    }
}

/// Whether the command does not have the signal already: a process sent it, or the terminal hung up,
/// which is told to nobody but the leader of its session.
fn is_passed_on(signal: i32, si_code: i32, leads_session: bool) -> bool {
    let is_of_a_process = si_code <= 0;
    is_of_a_process || signal == SIGHUP && leads_session
}

/// The child was not waited for yet, so its process id is no other's.
fn pass_on(signal: i32, child: &Child) {
    if let (Ok(pid), Ok(signal)) = (i32::try_from(child.id()), Signal::try_from(signal)) {
        // It may have other rights by now (sudo), and then refuses.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// The signals that a process ignores, by what /proc says of it: the lowest bit is signal 1.
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}
