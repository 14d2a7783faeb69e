//! A `windrow monitor --json` that runs, from its start line to its report.

use std::{
    collections::HashSet,
    fs,
    io::{self, BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use windrow_lab::Namespace;

use super::{lines::Line, net::until, report::Report};

/// Far more than it takes; a process that does not end fails its test instead of blocking it.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub struct Monitor {
    child: Child,
    /// What was printed, start line included.
    printed: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
    /// Packets of the windows printed so far.
    seen: Arc<AtomicU64>,
    /// Nanoseconds that windows were last said to be long; 0: that was never said.
    length_ns: Arc<AtomicU64>,
    /// Codes of the warnings printed so far.
    said: Arc<Mutex<HashSet<String>>>,
    all_rows: bool,
}

/// `windrow` in a namespace, with nothing on stdin.
pub fn windrow(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windrow"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// What `windrow` says to a user without privilege; none where such a user cannot run it.
pub fn unprivileged(arguments: &[&str]) -> io::Result<Output> {
    const NOBODY: u32 = 65534;
    // The build directory may be closed to that user.
    let copy = std::env::temp_dir().join(format!("windrow-nobody-{}", std::process::id()));
    fs::copy(env!("CARGO_BIN_EXE_windrow"), &copy).expect("copy");
    let mut command = Command::new(&copy);
    let output = command.args(arguments).uid(NOBODY).gid(NOBODY).output();
    fs::remove_file(&copy).expect("remove");
    output
}

impl Monitor {
    /// Starts `windrow monitor ARGUMENTS --json` in `namespace`; returns when it is attached.
    pub fn start(namespace: &Namespace, arguments: &str) -> Monitor {
        let (mut monitor, attached) = Monitor::spawn(namespace, arguments);
        if attached.recv_timeout(PATIENCE).is_err() {
            // One that has ended keeps its status.
            let _ = monitor.child.kill();
            let report = monitor.child.wait();
            let text = monitor.stderr.take().map(JoinHandle::join);
            panic!("windrow monitor {arguments}: {report:?}, {text:?}");
        }
        monitor
    }

    /// The same without waiting; the receiver gets a message when the start line is there.
    pub fn spawn(namespace: &Namespace, arguments: &str) -> (Monitor, mpsc::Receiver<()>) {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let child = namespace.run(|| {
            windrow(&["monitor", "--json"])
                .args(&words)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
        });
        let mut child = child.expect("enter").expect("spawn");
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (seen, length_ns) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let said = Arc::<Mutex<HashSet<String>>>::default();
        let (sender, attached) = mpsc::channel();
        let theirs = (Arc::clone(&seen), Arc::clone(&length_ns), Arc::clone(&said));
        let monitor = Monitor {
            child,
            printed: Some(thread::spawn(move || {
                collect(
                    stdout.expect("piped"),
                    &sender,
                    &theirs.0,
                    &theirs.1,
                    &theirs.2,
                )
            })),
            stderr: Some(thread::spawn(move || {
                let mut text = String::new();
                let read = stderr.expect("piped").read_to_string(&mut text);
                read.expect("stderr is text");
                text
            })),
            seen,
            length_ns,
            said,
            all_rows: !words.contains(&"--top"),
        };
        (monitor, attached)
    }

    /// Packets of the windows printed so far.
    pub fn seen(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }

    /// How long windows were last said to be; zero: that was never said.
    pub fn length(&self) -> Duration {
        Duration::from_nanos(self.length_ns.load(Ordering::Relaxed))
    }

    /// Whether a warning of that code was printed so far.
    pub fn said(&self, code: &str) -> bool {
        self.said.lock().expect("no panic").contains(code)
    }

    /// Bytes of kernel memory that it has mapped: all maps that programs count into.
    pub fn map_bytes(&self) -> u64 {
        let maps = format!("/proc/{}/maps", self.child.id());
        let text = fs::read_to_string(maps).expect("a running process");
        let of_maps = text.lines().filter(|line| line.ends_with("bpf-map"));
        of_maps
            .map(|line| {
                let range = line.split_whitespace().next().unwrap_or_default();
                let (start, end) = range.split_once('-').expect("a range");
                let number = |hex| u64::from_str_radix(hex, 16).expect("an address");
                number(end) - number(start)
            })
            .sum()
    }

    /// Files, programs, links and maps that it has open.
    pub fn descriptors(&self) -> usize {
        let open = fs::read_dir(format!("/proc/{}/fd", self.child.id()));
        open.expect("a running process").count()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a process number");
        kill(Pid::from_raw(pid), signal).expect("signal");
    }

    /// SIGINT, then all that was printed; the promises that hold for every run are checked.
    pub fn stop(self) -> Report {
        self.signal(Signal::SIGINT);
        let report = self.finish();
        assert_eq!(report.code, Some(0), "{}", report.stderr);
        assert!(report.summary.is_some());
        report
    }

    /// Waits for the process to end by itself.
    pub fn finish(mut self) -> Report {
        let code = exit_code(&mut self.child);
        let printed = self.printed.take().expect("once").join();
        let stderr = self.stderr.take().expect("once").join();
        let printed = printed.expect("stdout");
        let report = Report::parse(&printed, code, stderr.expect("stderr"));
        report.check(self.all_rows);
        report
    }

    /// SIGKILL, whatever it does; returns when it is gone.
    pub fn murder(mut self) {
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // Only where a test failed or was done with it: it may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The code of a process that is to end by itself; None after a signal.
pub fn exit_code(child: &mut Child) -> Option<i32> {
    let started = Instant::now();
    until("windrow ends", || {
        let ended = child.try_wait().expect("wait");
        if ended.is_none() && started.elapsed() > PATIENCE {
            child.kill().expect("kill");
        }
        ended.is_some()
    });
    child.wait().expect("wait").code()
}

fn collect(
    stdout: ChildStdout,
    attached: &mpsc::Sender<()>,
    seen: &AtomicU64,
    length_ns: &AtomicU64,
    said: &Mutex<HashSet<String>>,
) -> String {
    let mut reader = BufReader::with_capacity(1 << 16, stdout);
    let mut text = String::new();
    loop {
        let before = text.len();
        if reader.read_line(&mut text).expect("stdout is text") == 0 {
            return text;
        }
        let line = &text[before..];
        if before == 0 {
            // Nobody waits when only the end is of interest.
            let _ = attached.send(());
        } else if line.starts_with(r#"{"type":"window""#)
            && let Ok(Line::Window(window)) = serde_json::from_str(line)
        {
            // Longer windows hold the same packets again.
            let packets = window.windows.map_or(window.packets, |_| 0);
            seen.fetch_add(packets, Ordering::Relaxed);
        } else if line.starts_with(r#"{"type":"length""#)
            && let Ok(Line::Length(length)) = serde_json::from_str(line)
        {
            length_ns.store(length.to_ns, Ordering::Relaxed);
        } else if line.starts_with(r#"{"type":"warning""#)
            && let Ok(Line::Warning(warning)) = serde_json::from_str(line)
        {
            said.lock().expect("no panic").insert(warning.code);
        }
    }
}
