//! What `cargo xtask bench` runs: windrow and the designs in use today, measured in one run, so that
//! every claim is a ratio within it.
#![deny(unsafe_code)]

mod agent;
mod attach;
mod connect;
mod conservation;
mod cores;
mod counting;
mod cpu;
mod designs;
mod driver;
mod dropping;
mod export;
mod full;
mod hot;
mod installed;
mod levels;
mod link;
mod live;
mod monitor;
mod peers;
mod process;
mod programs;
mod report;
mod results;
mod rounds;
mod sender;
mod skeleton;
mod sys;
mod syscall;
mod took;
mod tracing;
mod watcher;
mod workload;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};

use crate::results::Outcome;
use crate::syscall::Load;

/// Measures windrow beside the designs in use today.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench")]
struct Arguments {
    /// Fewer workloads and rounds: some 4 minutes.
    #[arg(long)]
    quick: bool,
    /// Write the results as an array of objects.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw what packets cost, by number of flows.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// The windrow that is run [default: the one beside this program].
    #[arg(long, value_name = "PATH")]
    windrow: Option<PathBuf>,
    /// These tools alone, of the group `peers`.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    tools: Vec<String>,
    /// These groups alone [default: all but `peers`].
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    only: Vec<Group>,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What this program starts itself for.
#[derive(Clone, Copy, Debug, Subcommand)]
enum Part {
    /// Makes system calls, and prints what they took.
    #[command(hide = true)]
    Load(Load),
    /// Makes TCP connections, and prints what they took.
    #[command(hide = true)]
    Connections(connect::Load),
}

/// What is measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Group {
    /// Designs by program test runs.
    Hot,
    /// Designs on live frames.
    Live,
    /// Designs that have too few rows, by program test runs.
    Full,
    /// Designs that have too few rows, on live frames.
    #[value(name = "full_live")]
    FullLive,
    /// What prefixes and distinct counts add to a packet, by program test runs.
    Levels,
    /// windrow's programs, loaded.
    Programs,
    /// Whether all that is sent is counted, at full speed on one core.
    Conservation,
    /// How much a program at the hook slows the sender down.
    Sender,
    /// What the agent takes outside the hook.
    Agent,
    /// Rows on their way out of the kernel.
    Export,
    /// What is added to a system call, and to a build.
    Syscall,
    /// What is added to a TCP connection.
    Connect,
    /// Tools that the distribution has, on live traffic.
    Peers,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, writes and prints. A promise that was missed is no failure, a packet that was lost is.
fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(part) = arguments.part {
        let took = match part {
            Part::Load(load) => load.make(),
            Part::Connections(load) => load.make(),
        };
        println!("{}", serde_json::to_string(&took?)?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut outcomes: Vec<Outcome> = Vec::new();
    let windrow = windrow(arguments)?;
    let asked = |group| arguments.only.is_empty() || arguments.only.contains(&group);
    let by_name = |name: &str| Group::from_str(name, false).is_ok_and(asked);
    if asked(Group::Hot) {
        outcomes.extend(hot::measure(arguments.quick)?);
    }
    if asked(Group::Live) {
        outcomes.extend(live::measure(arguments.quick)?);
    }
    if asked(Group::Full) {
        outcomes.extend(full::measure(arguments.quick)?);
    }
    if asked(Group::FullLive) {
        outcomes.extend(full::measure_live(arguments.quick)?);
    }
    if asked(Group::Levels) {
        outcomes.extend(levels::measure(arguments.quick)?);
    }
    if asked(Group::Programs) {
        outcomes.extend(programs::measure()?);
    }
    if asked(Group::Conservation) {
        outcomes.extend(conservation::measure(arguments.quick, &windrow)?);
    }
    if asked(Group::Sender) {
        outcomes.extend(sender::measure(arguments.quick)?);
    }
    if asked(Group::Agent) {
        outcomes.extend(agent::measure(arguments.quick, &windrow)?);
    }
    if asked(Group::Export) {
        outcomes.extend(export::measure(arguments.quick)?);
    }
    if asked(Group::Syscall) {
        outcomes.extend(syscall::measure(arguments.quick, &windrow)?);
    }
    if asked(Group::Connect) {
        outcomes.extend(connect::measure(arguments.quick, &windrow)?);
    }
    if arguments.only.contains(&Group::Peers) {
        outcomes.extend(peers::measure(arguments.quick, &windrow, &arguments.tools)?);
    }
    if let Some(file) = &arguments.json {
        let text = format!("{:#}\n", serde_json::to_value(&outcomes)?);
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    std::io::stdout()
        .write_all(report::text(&outcomes, by_name).as_bytes())
        .context("cannot write to stdout")?;
    if let Some(file) = &arguments.svg {
        let picture = report::svg(&outcomes)
            .context("there is nothing to draw; measure the group `hot` or `live`")?;
        std::fs::write(file, picture)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(ExitCode::from(u8::from(report::lost(&outcomes))))
}

/// The program that is measured.
fn windrow(arguments: &Arguments) -> Result<PathBuf> {
    if let Some(path) = &arguments.windrow {
        // Some groups start it in another folder.
        return std::path::absolute(path).context("finding windrow");
    }
    let own = std::env::current_exe().context("finding the windrow beside this program")?;
    Ok(own.with_file_name("windrow"))
}
