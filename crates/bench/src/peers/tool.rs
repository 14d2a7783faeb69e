//! The tools that are compared: how each is started and stopped on live traffic, and where it tells
//! what it has counted and lost. They have the settings that `docs/PERFORMANCE.md` gives reasons for,
//! with large capture buffers on top.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;

use super::collector::Collector;
use super::parse::{self, Told};
use super::settings::{self, CAPTURE_BYTES};
use crate::installed::{find, program};

/// One run of a tool.
#[derive(Debug)]
pub struct Job<'a> {
    /// The interface that traffic comes to.
    pub interface: &'a str,
    /// An empty folder for all that the tool writes.
    pub folder: &'a Path,
    /// The windrow that is measured.
    pub windrow: &'a Path,
    /// Where flows can be exported to.
    pub collector: Collector,
}

impl Job<'_> {
    /// What a file of the folder holds.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(&self, name: &str) -> Result<String> {
        let text =
            fs::read(self.folder.join(name)).with_context(|| format!("it wrote no {name}"))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let file = self.folder.join(name);
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(file)
    }
}

/// How a tool shows that it captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// By a packet socket that takes frames.
    Socket,
    /// By a line on stdout that begins like this.
    Line(&'static str),
}

/// How a tool is asked to end.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// By a signal.
    Signal(Signal),
    /// By a program of its own. It only looks at the next frame, and at the last ones when more
    /// have come.
    Control(fn(&Job) -> Result<()>),
}

/// A tool.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// As in results.
    pub name: &'static str,
    /// The programs that it takes; none for windrow.
    pub programs: &'static [&'static str],
    /// What to run in the foreground; it may write settings into the job's folder.
    pub command: fn(&Job) -> Result<Command>,
    /// When traffic may come.
    pub ready: Ready,
    /// When it has come.
    pub stop: Stop,
    /// What a run that has ended tells.
    pub told: fn(&Job) -> Result<Told>,
    /// A file outside the job's folder that stays where it had to be killed.
    pub leaves: Option<&'static str>,
}

impl Tool {
    /// The first of its programs that is not there.
    pub fn missing(&self) -> Option<&'static str> {
        let missing = |program: &&&str| find(program).is_none();
        self.programs.iter().find(missing).copied()
    }
}

/// All tools; the first is ours.
pub const TOOLS: [Tool; 6] = [WINDROW, SOFTFLOWD, PMACCTD, NFPCAPD, FPROBE, ARGUS];

const WINDROW: Tool = Tool {
    name: "windrow",
    programs: &[],
    command: |job| {
        let mut command = Command::new(job.windrow);
        command.args(["monitor", job.interface, "--json"]);
        Ok(command)
    },
    ready: Ready::Line("{\"type\":\"start\""),
    stop: Stop::Signal(Signal::SIGINT),
    told: |job| parse::windrow(&job.read("stdout")?),
    leaves: None,
};

/// It exports to nobody: its statistics tell more, and that is its fastest.
const SOFTFLOWD: Tool = Tool {
    name: "softflowd",
    programs: &["softflowd", "softflowctl"],
    command: |job| {
        let mut command = program("softflowd")?;
        command.args(["-i", job.interface, "-d", "-m", "1000000"]);
        command.arg("-B").arg(CAPTURE_BYTES.to_string());
        command.arg("-c").arg(job.folder.join("control"));
        command.arg("-p").arg(job.folder.join("pid"));
        for timeout in ["tcp=7d", "udp=7d", "general=7d", "maxlife=0", "expint=0"] {
            command.args(["-t", timeout]);
        }
        Ok(command)
    },
    ready: Ready::Socket,
    stop: Stop::Control(|job| {
        let ask = |what| -> Result<String> {
            let mut command = program("softflowctl")?;
            command.arg("-c").arg(job.folder.join("control")).arg(what);
            stdout_of(&mut command)
        };
        job.write("statistics", &ask("statistics")?)?;
        ask("shutdown").map(drop)
    }),
    told: |job| parse::softflowd(&job.read("statistics")?),
    leaves: None,
};

const PMACCTD: Tool = Tool {
    name: "pmacctd",
    programs: &["pmacctd"],
    command: |job| {
        let output = job.folder.join("flows.csv");
        let settings = job.write("conf", &settings::pmacctd(job.interface, &output))?;
        let mut command = program("pmacctd")?;
        command.arg("-f").arg(settings);
        Ok(command)
    },
    ready: Ready::Socket,
    stop: Stop::Signal(Signal::SIGINT),
    told: |job| parse::pmacctd(&job.read("flows.csv")?, &job.read("stdout")?),
    leaves: None,
};

const NFPCAPD: Tool = Tool {
    name: "nfpcapd",
    programs: &["nfpcapd", "nfdump"],
    command: |job| {
        let flows = job.folder.join("flows");
        fs::create_dir(&flows).with_context(|| format!("cannot make {}", flows.display()))?;
        let mut command = program("nfpcapd")?;
        command.args(["-i", job.interface, "-w"]).arg(flows);
        command.arg("-b").arg((CAPTURE_BYTES >> 20).to_string());
        Ok(command)
    },
    ready: Ready::Socket,
    stop: Stop::Signal(Signal::SIGTERM),
    told: |job| {
        let mut reader = program("nfdump")?;
        reader.arg("-I").arg("-R").arg(job.folder.join("flows"));
        parse::nfpcapd(&stdout_of(&mut reader)?, &job.read("stderr")?)
    },
    leaves: None,
};

/// Its queue of packets between capture and flows holds 100 unless told otherwise; it says nowhere
/// what it loses.
const FPROBE: Tool = Tool {
    name: "fprobe",
    programs: &["fprobe"],
    command: |job| {
        let mut command = program("fprobe")?;
        command.args(["-i", job.interface, "-f", "ip", "-l", "2:windrow-bench"]);
        command.args(["-q", "1000000", "-b", "100000", "-d", "3600", "-e", "3600"]);
        command.arg("-B").arg((CAPTURE_BYTES >> 10).to_string());
        command.arg(format!("127.0.0.1:{}", job.collector.port()?));
        Ok(command)
    },
    ready: Ready::Socket,
    stop: Stop::Signal(Signal::SIGTERM),
    told: |job| {
        Ok(Told {
            counted: job.collector.packets()?,
            said_lost: None,
        })
    },
    leaves: Some("/var/run/fprobe[windrow-bench].pid"),
};

const ARGUS: Tool = Tool {
    name: "argus",
    programs: &["argus", "racount", "ra"],
    command: |job| {
        let settings = job.write("conf", &settings::argus())?;
        let mut command = program("argus")?;
        command.arg("-X").arg("-F").arg(settings);
        command.args(["-i", job.interface, "-w"]);
        command.arg(job.folder.join("argus.out"));
        Ok(command)
    },
    ready: Ready::Socket,
    stop: Stop::Signal(Signal::SIGINT),
    told: |job| {
        let output = job.folder.join("argus.out");
        let mut flows = program("racount")?;
        flows.arg("-X").arg("-r").arg(&output);
        let mut status = program("ra")?;
        status.args(["-n", "-M", "man", "-r"]).arg(output);
        status.args(["-s", "loss", "-", "man"]);
        parse::argus(&stdout_of(&mut flows)?, &stdout_of(&mut status)?)
    },
    leaves: None,
};

fn stdout_of(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(
        output.status.success(),
        "{name} ended with {}: {}",
        output.status,
        text(&output.stderr).trim()
    );
    Ok(text(&output.stdout))
}
