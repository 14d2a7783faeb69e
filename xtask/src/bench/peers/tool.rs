//! The tools that are compared: how each is called, and how many packets it says it has seen. Why
//! they are called like this is in `docs/PERFORMANCE.md`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use crate::workspace::{on_path, stdout_of};

mod parse;
mod settings;

/// One run of a tool.
#[derive(Debug)]
pub struct Job<'a> {
    /// What is read.
    pub capture: &'a Path,
    /// An empty folder for all that the tool writes.
    pub folder: &'a Path,
    /// The windrow that was built.
    pub windrow: &'a Path,
}

impl Job<'_> {
    /// Where what the tool prints goes.
    pub fn stdout(&self) -> PathBuf {
        self.folder.join("stdout")
    }

    /// Where what the tool complains about goes.
    pub fn stderr(&self) -> PathBuf {
        self.folder.join("stderr")
    }

    fn read(&self, name: &str) -> Result<String> {
        let file = self.folder.join(name);
        let text = std::fs::read(&file).with_context(|| format!("it wrote no {name}"))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn subfolder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        std::fs::create_dir(&folder)
            .with_context(|| format!("cannot make {}; is the disk full?", folder.display()))?;
        Ok(folder)
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let file = self.folder.join(name);
        std::fs::write(&file, text)
            .with_context(|| format!("cannot write {}; is the disk full?", file.display()))?;
        Ok(file)
    }
}

/// What a tool says it has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accounted {
    /// Flows.
    pub flows: u64,
    /// Packets, all flows together.
    pub packets: u64,
}

/// A tool.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// What it is called, in the table and in JSON.
    pub name: &'static str,
    /// The programs that it takes; none for windrow.
    pub programs: &'static [&'static str],
    /// What to run; it may write settings into the job's folder.
    pub command: fn(&Job) -> Result<Command>,
    /// What a run that has ended has seen, by its own words or by its own reader.
    pub accounted: fn(&Job) -> Result<Accounted>,
}

impl Tool {
    /// The first of its programs that is not there.
    pub fn missing(&self) -> Option<&'static str> {
        let missing = |program: &&&str| find(program).is_none();
        self.programs.iter().find(missing).copied()
    }
}

/// All tools; the first is ours.
pub const TOOLS: [Tool; 6] = [
    Tool {
        name: "windrow",
        programs: &[],
        command: |job| {
            let mut command = Command::new(job.windrow);
            command.arg("replay").arg(job.capture).arg("--tsv");
            Ok(command)
        },
        accounted: |job| parse::windrow(&job.read("stdout")?),
    },
    Tool {
        name: "nfpcapd",
        programs: &["nfpcapd", "nfdump"],
        command: |job| {
            let mut command = program("nfpcapd")?;
            command.arg("-r").arg(job.capture);
            command.arg("-w").arg(job.subfolder("flows")?);
            Ok(command)
        },
        accounted: |job| {
            let mut reader = program("nfdump")?;
            reader.arg("-I").arg("-R").arg(job.folder.join("flows"));
            parse::nfdump(&stdout_of(&mut reader)?)
        },
    },
    Tool {
        name: "softflowd",
        programs: &["softflowd"],
        command: |job| {
            let mut command = program("softflowd")?;
            command.arg("-r").arg(job.capture);
            command.args(["-d", "-c", "none", "-m", "1000000"]);
            for timeout in ["tcp=7d", "udp=7d", "general=7d", "maxlife=0", "expint=0"] {
                command.args(["-t", timeout]);
            }
            Ok(command)
        },
        accounted: |job| parse::softflowd(&(job.read("stdout")? + &job.read("stderr")?)),
    },
    Tool {
        name: "suricata",
        programs: &["suricata"],
        command: |job| {
            let settings = job.write("suricata.yaml", &settings::suricata())?;
            let mut command = program("suricata")?;
            command.arg("-c").arg(settings).arg("-r").arg(job.capture);
            command.args(["--runmode", "single", "-k", "none"]);
            command.args(["--disable-detection", "-l"]).arg(job.folder);
            Ok(command)
        },
        accounted: |job| parse::suricata(&job.read("eve.json")?),
    },
    Tool {
        name: "argus",
        programs: &["argus", "racount"],
        command: |job| {
            let settings = job.write("argus.conf", settings::ARGUS)?;
            let mut command = program("argus")?;
            command.arg("-X").arg("-F").arg(settings);
            command.arg("-r").arg(job.capture).arg("-w");
            command.arg(job.folder.join("argus.out"));
            Ok(command)
        },
        accounted: |job| {
            let mut reader = program("racount")?;
            reader.arg("-X").arg("-r").arg(job.folder.join("argus.out"));
            parse::racount(&stdout_of(&mut reader)?)
        },
    },
    Tool {
        name: "pmacctd",
        programs: &["pmacctd"],
        command: |job| {
            let output = job.folder.join("flows.csv");
            let settings = job.write("pmacctd.conf", &settings::pmacctd(&output))?;
            let mut command = program("pmacctd")?;
            command.arg("-f").arg(settings).arg("-I").arg(job.capture);
            Ok(command)
        },
        accounted: |job| parse::pmacctd(&job.read("flows.csv")?),
    },
];

fn program(name: &str) -> Result<Command> {
    let file = find(name).ok_or_else(|| anyhow!("{name} is not installed"))?;
    Ok(Command::new(file))
}

/// A program of `PATH`, or of the folder for daemons, which other users' `PATH` lacks.
fn find(name: &str) -> Option<PathBuf> {
    on_path(name).or_else(|| Some(Path::new("/usr/sbin").join(name)).filter(|file| file.is_file()))
}
