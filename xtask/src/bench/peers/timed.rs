//! One run of a program on one CPU: how long it took by the clock and by the CPU, and its end when it
//! takes too long. It does not know what runs.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a run is looked at; also what a wall time may be too long by.
const POLL: Duration = Duration::from_millis(1);
/// What the kernel counts process times in, on every architecture: USER_HZ.
const TICKS_A_SECOND: f64 = 100.0;

/// What a run took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Took {
    /// Seconds from start to exit.
    pub wall: f64,
    /// Seconds of CPU, user and system, of the program and of all children that it waited for.
    pub cpu: f64,
}

/// The last CPU that this process may run on: the one that is the least likely to be busy.
///
/// # Errors
/// When the kernel does not say.
pub fn last_cpu() -> Result<u32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    last_allowed(&status).context("cannot read the allowed CPUs from /proc/self/status")
}

fn last_allowed(status: &str) -> Option<u32> {
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    list.trim().rsplit([',', '-']).next()?.parse().ok()
}

/// Runs a command pinned to `cpu` and gives what it took. What it prints goes to the two files. It is
/// ended, with all that it has started, after `limit`.
///
/// # Errors
/// When it cannot be started, fails, or takes too long; the text says which.
pub fn run_pinned(
    command: &Command,
    cpu: u32,
    [stdout, stderr]: [&Path; 2],
    limit: Duration,
) -> Result<Took> {
    use std::os::unix::process::CommandExt;
    let open = |file: &Path| {
        File::create(file)
            .with_context(|| format!("cannot write {}; is the disk full?", file.display()))
    };
    // The group is for the limit; since it is not the terminal's, Ctrl-C takes the other way.
    let mut pinned = Command::new("setpriv");
    pinned
        .args(["--pdeathsig", "KILL", "taskset", "-c", &cpu.to_string()])
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null())
        .stdout(open(stdout)?)
        .stderr(open(stderr)?)
        .process_group(0);
    if let Some(folder) = command.get_current_dir() {
        pinned.current_dir(folder);
    }
    let cpu_before = cpu_of_children()?;
    let start = Instant::now();
    let mut child = pinned
        .spawn()
        .context("cannot start setpriv; install util-linux")?;
    let Some(status) = wait(&mut child, start, limit)? else {
        bail!("it did not end within {} s", limit.as_secs());
    };
    let wall = start.elapsed().as_secs_f64();
    let cpu = cpu_of_children()? - cpu_before;
    if !status.success() {
        bail!("it ended with {status}{}", last_words(stderr));
    }
    Ok(Took { wall, cpu })
}

/// The last line of a file, as the end of a sentence.
fn last_words(file: &Path) -> String {
    let text = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    last.map_or_else(String::new, |line| format!(": {}", line.trim()))
}

/// Waits for a child; `None` = it took too long and has been killed.
fn wait(child: &mut Child, start: Instant, limit: Duration) -> Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait().context("cannot wait for a program")? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            kill_group(child);
            return Ok(None);
        }
        std::thread::sleep(POLL);
    }
}

/// Kills a child that leads a process group of its own, with the whole group.
fn kill_group(child: &mut Child) {
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
    let _ = child.kill();
    let _ = child.wait();
}

/// Seconds of CPU of all children that this process has waited for, and of theirs.
fn cpu_of_children() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = child_ticks(&stat).context("cannot read CPU times from /proc/self/stat")?;
    Ok(ticks as f64 / TICKS_A_SECOND)
}

/// `cutime` + `cstime` of a stat line: its fields 16 and 17, the third being the first after the name.
fn child_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(13);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_cpu_is_the_end_of_the_list() {
        let status = |list: &str| format!("Name:\tx\nCpus_allowed_list:\t{list}\n");
        assert_eq!(last_allowed(&status("0-1")), Some(1));
        assert_eq!(last_allowed(&status("0,2-3,7")), Some(7));
        assert_eq!(last_allowed(&status("5")), Some(5));
        assert_eq!(last_allowed("Name:\tx\n"), None);
    }

    #[test]
    fn child_times_are_read_behind_any_name() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 1 2 3 4 50 60 700 80 20 0 1 0";
        assert_eq!(child_ticks(stat), Some(780));
    }

    #[test]
    fn what_hangs_is_ended() -> Result<()> {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & sleep 60"]);
        let start = Instant::now();
        let limit = Duration::from_millis(50);
        let nowhere = Path::new("/dev/null");
        let result = run_pinned(&command, last_cpu()?, [nowhere, nowhere], limit);
        assert!(result.is_err());
        assert!(start.elapsed() < Duration::from_secs(20));
        Ok(())
    }
}
