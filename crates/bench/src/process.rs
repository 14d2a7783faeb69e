//! A tool while it runs: with all processes that it starts, what they have taken so far, and their
//! end, which comes in any case. It does not know what runs.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// How often something is looked at.
const POLL: Duration = Duration::from_millis(20);
/// A tool that has taken no more than a tick of the processor in so long has nothing to do.
const IDLE: Duration = Duration::from_millis(500);
const IDLE_TICKS: u64 = 1;

/// A tool that runs; dropping it ends all of it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// It leads a process group of this number.
    group: Pid,
    cpu_before: Duration,
}

/// What a process and its children have taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Taken {
    /// Of the processor, user and system, in USER_HZ.
    ticks: u64,
    /// The most that was resident, of each process, added up: bytes.
    resident: u64,
}

impl Process {
    /// Starts a command in `folder`, where what it prints is kept as `stdout` and `stderr`. It has
    /// the namespace and the CPU of the calling thread, and ends with it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &Command, folder: &Path) -> Result<Self> {
        let open = |name| {
            let file = folder.join(name);
            File::create(&file).with_context(|| format!("cannot write {}", file.display()))
        };
        // What a tool leaves behind becomes a child of this process: it is counted and ended.
        set_child_subreaper(true).context("asking for orphaned processes")?;
        let cpu_before = cpu_of_children()?;
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(open("stdout")?)
            .stderr(open("stderr")?)
            .process_group(0)
            .spawn()
            .context("cannot start setpriv; install util-linux")?;
        // A process number is positive and far below the limit.
        let group = Pid::from_raw(child.id() as i32);
        Ok(Self {
            child,
            group,
            cpu_before,
        })
    }

    /// Waits until `done` says so.
    ///
    /// # Errors
    /// When that takes longer than `limit`, or when the tool has ended by itself.
    pub fn wait_until(
        &mut self,
        what: &str,
        limit: Duration,
        mut done: impl FnMut() -> Result<bool>,
    ) -> Result<()> {
        let end = Instant::now() + limit;
        while !done()? {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended by itself, with {status}");
            }
            ensure!(
                Instant::now() < end,
                "it did not {what} within {} s",
                limit.as_secs()
            );
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Waits until it has nothing left to do.
    ///
    /// # Errors
    /// As [`Process::wait_until`].
    pub fn wait_idle(&mut self, limit: Duration) -> Result<()> {
        let group = self.group;
        let mut since = (Instant::now(), taken(group).ticks);
        self.wait_until("come to rest", limit, || {
            let ticks = taken(group).ticks;
            if ticks > since.1 + IDLE_TICKS {
                since = (Instant::now(), ticks);
            }
            Ok(since.0.elapsed() >= IDLE)
        })
    }

    /// The most memory that all its processes have had resident so far, bytes.
    pub fn resident_bytes(&self) -> u64 {
        taken(self.group).resident
    }

    /// Sends a signal to the process that was started, which tells its children.
    ///
    /// # Errors
    /// When it is gone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill(self.group, signal).context("it is gone before its time")
    }

    /// Waits for the end of all its processes, and gives the processor time that they took, user
    /// and system. `meanwhile` is done again and again until then.
    ///
    /// # Errors
    /// When that takes longer than `limit`.
    pub fn wait(
        mut self,
        limit: Duration,
        mut meanwhile: impl FnMut() -> Result<()>,
    ) -> Result<Duration> {
        let end = Instant::now() + limit;
        while !self.has_ended()? {
            ensure!(
                Instant::now() < end,
                "it did not end within {} s",
                limit.as_secs()
            );
            meanwhile()?;
            thread::sleep(POLL);
        }
        Ok(cpu_of_children()?.saturating_sub(self.cpu_before))
    }

    /// Whether none of its processes is left; takes leave of those that have ended.
    fn has_ended(&mut self) -> Result<bool> {
        if self.child.try_wait()?.is_none() {
            return Ok(false);
        }
        let any = Pid::from_raw(-self.group.as_raw());
        loop {
            match waitpid(any, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => return Ok(false),
                Ok(_) => {}
                Err(Errno::ECHILD) => return Ok(true),
                Err(error) => return Err(error).context("waiting for a tool's processes"),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Where all have ended there is no such group.
        if killpg(self.group, Signal::SIGKILL).is_ok() {
            let _ = self.child.wait();
            while waitpid(Pid::from_raw(-self.group.as_raw()), None).is_ok() {}
        }
    }
}

/// Of all processes of a group that live.
fn taken(group: Pid) -> Taken {
    let mut sum = Taken::default();
    // Processes come and go meanwhile: what cannot be read is gone.
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let read = |name| fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        match group_and_ticks(&read("stat")) {
            Some((number, ticks)) if number == group.as_raw() => {
                sum.ticks += ticks;
                sum.resident += peak_resident(&read("status")).unwrap_or(0);
            }
            _ => {}
        }
    }
    sum
}

/// `pgrp`, and `utime` + `stime`, of a stat line: fields 5, 14 and 15, the third being the first
/// after the name.
fn group_and_ticks(stat: &str) -> Option<(i32, u64)> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(2);
    let group = fields.next()?.parse().ok()?;
    let mut times = fields.skip(8);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some((group, user + system))
}

/// `VmHWM` of a status file, in bytes.
fn peak_resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// Of all children that this process has taken leave of, and of theirs.
fn cpu_of_children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("reading processor times")?;
    let micros = |time: TimeVal| u64::try_from(time.num_microseconds()).unwrap_or(0);
    Ok(Duration::from_micros(
        micros(usage.user_time()) + micros(usage.system_time()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Process> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let folder = std::env::temp_dir().join(format!("windrow-peers-test-{}", script.len()));
        fs::create_dir_all(&folder)?;
        let process = Process::start(&command, &folder);
        fs::remove_dir_all(&folder)?;
        process
    }

    #[test]
    fn stat_and_status_are_read_behind_any_name() {
        let stat = "7 (a (b) c) S 1 70 7 0 -1 4194560 1 2 3 4 50 60 700 80 20 0 1 0";
        assert_eq!(group_and_ticks(stat), Some((70, 110)));
        assert_eq!(group_and_ticks("7 (a"), None);
        let status = "Name:\tx\nVmHWM:\t    1024 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(peak_resident(status), Some(1 << 20));
        assert_eq!(peak_resident("Name:\tx\n"), None);
    }

    #[test]
    fn orphans_are_waited_for() -> Result<()> {
        let process = shell("sleep 0.3 & exit 0")?;
        let start = Instant::now();
        process.wait(Duration::from_secs(20), || Ok(()))?;
        assert!(start.elapsed() > Duration::from_millis(200));
        Ok(())
    }

    #[test]
    fn what_hangs_is_ended_with_its_children() -> Result<()> {
        let process = shell("sleep 60 & sleep 60")?;
        let group = process.group;
        let result = process.wait(Duration::from_millis(200), || Ok(()));
        assert!(result.is_err());
        assert_eq!(taken(group), Taken::default());
        Ok(())
    }
}
