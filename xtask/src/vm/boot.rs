//! One run of qemu: starts it, reads the guest's lines as they come, ends it when it takes too
//! long. What the lines of a payload mean is for the report.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::vm::Boot;
use crate::vm::image::MARK;

/// How long one guest may take, from qemu's start to its end: several times what it does where
/// others use the processors too.
const PATIENCE: Duration = Duration::from_secs(1500);

/// What the kernel is told. A change of clocks, which an emulated one soon seems to need, rewrites
/// code that the other processor runs; qemu sometimes stumbles over that.
const COMMAND_LINE: &str = "console=ttyS0 quiet loglevel=4 panic=-1 tsc=reliable";

/// Everything a guest printed, cut into its payloads.
#[derive(Debug, Default)]
pub struct Transcript {
    /// The guest's `uname -r`; empty when it did not come up.
    pub release: String,
    /// How the guest's kernel preempts, by its own word; none where it does not say.
    pub preempt: Option<String>,
    /// The payloads that began.
    pub frames: Vec<Frame>,
    /// The lines outside of payloads.
    pub other: Vec<String>,
    /// From qemu's start until the first program ran.
    pub boot: Duration,
    /// From qemu's start until its end.
    pub total: Duration,
    /// The guest had to be ended.
    pub timed_out: bool,
    /// The kernel's own messages.
    pub console_log: PathBuf,
    /// All lines of the guest's programs.
    pub output_log: PathBuf,
}

/// The output of one payload.
#[derive(Debug)]
pub struct Frame {
    /// The payload's name.
    pub name: String,
    /// Its exit code, unless the guest ended before it did.
    pub exit: Option<i32>,
    /// Its lines on stdout and stderr.
    pub lines: Vec<String>,
}

impl Frame {
    /// What is wrong with its end, if anything is.
    pub fn bad_exit(&self) -> Option<String> {
        match self.exit {
            Some(0) => None,
            None => Some("did not end".to_owned()),
            // The guest's `timeout` kills: 128 + SIGKILL.
            Some(137) => Some("took too long and was killed".to_owned()),
            Some(code) => Some(format!("exited with {code}")),
        }
    }

    /// Its lines that are JSON, in their order.
    pub fn json(&self) -> impl DoubleEndedIterator<Item = Value> {
        let lines = self.lines.iter();
        lines.filter_map(|line| serde_json::from_str(line).ok())
    }
}

/// Boots a kernel and gives what its programs printed until it powered off. Logs are kept in
/// `folder`, by the boot's name.
///
/// # Errors
/// When qemu cannot be started or its output cannot be kept. A guest that fails or hangs is no
/// error: the transcript shows it.
pub fn boot(vmlinuz: &Path, initramfs: &Path, folder: &Path, boot: Boot) -> Result<Transcript> {
    let log = |of: &str| folder.join(format!("{}-{of}.log", boot.name()));
    let mut transcript = Transcript {
        console_log: log("console"),
        output_log: log("output"),
        ..Transcript::default()
    };
    let start = Instant::now();
    let mut qemu = Guest::start(vmlinuz, initramfs, &transcript.console_log, boot.preempt)?;
    let mut all = String::new();
    let lines = qemu.lines()?;
    loop {
        let left = PATIENCE.saturating_sub(start.elapsed());
        match lines.recv_timeout(left) {
            Ok(line) => {
                if line.starts_with(MARK) && transcript.release.is_empty() {
                    transcript.boot = start.elapsed();
                }
                all.push_str(&line);
                all.push('\n');
                transcript.push(&line);
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                transcript.timed_out = true;
                break;
            }
        }
    }
    drop(qemu);
    transcript.total = start.elapsed();
    std::fs::write(&transcript.output_log, all)
        .with_context(|| format!("cannot write {}", transcript.output_log.display()))?;
    Ok(transcript)
}

impl Transcript {
    /// Whether the guest's kernel ended in the middle of changing its own code, as it does where programs come to
    /// tracepoints: without KVM qemu now and then shows a CPU the breakpoint that guards it, and no handler knows it.
    pub fn met_a_patch(&self) -> bool {
        // A log that cannot be read tells nothing.
        let console = std::fs::read(&self.console_log).unwrap_or_default();
        is_of_a_patch(&String::from_utf8_lossy(&console))
    }

    /// The output of the payload with this name, if it began.
    pub fn frame(&self, name: &str) -> Option<&Frame> {
        self.frames.iter().find(|frame| frame.name == name)
    }

    fn push(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let open = self.frames.last_mut().filter(|frame| frame.exit.is_none());
        match (words.as_slice(), open) {
            ([MARK, "up", release, preemption @ ..], _) => {
                self.release = (*release).to_owned();
                self.preempt = chosen(preemption).map(str::to_owned);
            }
            ([MARK, "begin", name], _) => self.frames.push(Frame {
                name: (*name).to_owned(),
                exit: None,
                lines: Vec::new(),
            }),
            ([MARK, "end", _, exit], Some(frame)) => {
                frame.exit = exit
                    .strip_prefix("exit=")
                    .and_then(|code| code.parse().ok());
            }
            (_, Some(frame)) => frame.lines.push(line.to_owned()),
            (_, None) => self.other.push(line.to_owned()),
        }
    }
}

fn is_of_a_patch(console: &str) -> bool {
    console.contains("Oops: int3")
}

/// The one in parentheses, as the kernel marks what it does among what it could do.
fn chosen<'a>(models: &[&'a str]) -> Option<&'a str> {
    let inner = |word: &&'a str| word.strip_prefix('(')?.strip_suffix(')');
    models.iter().find_map(inner)
}

/// A running qemu, ended on drop.
struct Guest(Child);

impl Guest {
    fn start(
        vmlinuz: &Path,
        initramfs: &Path,
        console_log: &Path,
        preempt: Option<&str>,
    ) -> Result<Self> {
        let mut command_line = COMMAND_LINE.to_owned();
        if let Some(preempt) = preempt {
            command_line.push_str(&format!(" preempt={preempt}"));
        }
        let child = Command::new("qemu-system-x86_64")
            .args(["-accel", "tcg,thread=multi", "-smp", "2", "-m", "1G"])
            // With cmpxchg16b: without, Linux 7.2 gives programs no task storage.
            .args(["-cpu", "max"])
            .args(["-nodefaults", "-no-user-config", "-no-reboot"])
            .args(["-display", "none"])
            .arg("-kernel")
            .arg(vmlinuz)
            .arg("-initrd")
            .arg(initramfs)
            .args(["-append", &command_line])
            .arg("-serial")
            .arg(format!("file:{}", console_log.display()))
            .args(["-serial", "stdio"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start qemu-system-x86_64; install the package qemu-system-x86")?;
        Ok(Self(child))
    }

    /// The lines of the second serial port; the channel closes when qemu ends.
    fn lines(&mut self) -> Result<mpsc::Receiver<String>> {
        let output = self.0.stdout.take().context("qemu has no output to read")?;
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || send_lines(output, &sender));
        Ok(receiver)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // Both fail only when qemu has ended by itself, which is what they are for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn send_lines(output: impl Read, sender: &mpsc::Sender<String>) {
    let mut reader = BufReader::new(output);
    let mut bytes = Vec::new();
    while reader
        .read_until(b'\n', &mut bytes)
        .is_ok_and(|read| read > 0)
    {
        let line = String::from_utf8_lossy(&bytes);
        if sender.send(line.trim_end().to_owned()).is_err() {
            return;
        }
        bytes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_to_their_payload() {
        let mut transcript = Transcript::default();
        for line in [
            "WINDROW-VM up 6.1.0-50-cloud-amd64 none voluntary (full)",
            "insmod: can't insert",
            "WINDROW-VM begin tcx",
            "{\"type\":\"start\"}",
            "WINDROW-VM end tcx exit=0",
            "WINDROW-VM begin xdp",
            "no end",
        ] {
            transcript.push(line);
        }
        assert_eq!(transcript.release, "6.1.0-50-cloud-amd64");
        assert_eq!(transcript.preempt.as_deref(), Some("full"));
        assert_eq!(transcript.other, ["insmod: can't insert"]);
        let frames: Vec<_> = transcript
            .frames
            .iter()
            .map(|frame| (frame.name.as_str(), frame.exit, frame.lines.len()))
            .collect();
        assert_eq!(frames, [("tcx", Some(0), 1), ("xdp", None, 1)]);
    }

    #[test]
    fn only_breakpoints_of_the_kernel_are_patches() {
        assert!(is_of_a_patch(
            "[   51.670060] Oops: int3: 0000 [#1] SMP NOPTI\n"
        ));
        assert!(!is_of_a_patch(
            "[    1.0] Oops: general protection fault\nreboot: Power down"
        ));
    }

    #[test]
    fn a_kernel_may_not_say_how_it_preempts() {
        let mut transcript = Transcript::default();
        transcript.push("WINDROW-VM up 6.1.0-50-cloud-amd64");
        assert_eq!(transcript.release, "6.1.0-50-cloud-amd64");
        assert_eq!(transcript.preempt, None);
    }

    #[test]
    fn serial_lines_lose_their_carriage_returns() {
        let (sender, receiver) = mpsc::channel();
        send_lines(&b"one\r\ntwo\r\nhalf"[..], &sender);
        drop(sender);
        assert_eq!(receiver.iter().collect::<Vec<_>>(), ["one", "two", "half"]);
    }
}
