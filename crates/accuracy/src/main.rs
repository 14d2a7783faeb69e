//! What `cargo xtask accuracy` runs: windrow's rows beside the truth and beside other algorithms.
#![forbid(unsafe_code)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use windrow_accuracy::day;
use windrow_accuracy::measure::{self, Plan};
use windrow_accuracy::proof;
use windrow_accuracy::report;
use windrow_accuracy::workload::{self, Workload};

/// Packets of each workload.
const PACKETS: u32 = 10_000_000;
/// The same of a quick run.
const QUICK_PACKETS: u32 = 1_000_000;

/// Counts seeded traffic whose truth is known, by windrow and by other algorithms in the same memory.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask accuracy")]
struct Arguments {
    /// Fewer workloads of fewer packets: at most 3 minutes.
    #[arg(long)]
    quick: bool,
    /// These workloads alone.
    #[arg(long, value_name = "WORKLOAD", value_delimiter = ',', value_parser = names())]
    only: Vec<String>,
    /// Packets of each workload [default: 10000000, or 1000000 with --quick].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    packets: Option<u32>,
    /// Memory that each algorithm is given [default: a quarter of a MiB, a half, 1, 2.98 and 4].
    #[arg(long, value_name = "BYTES", value_delimiter = ',')]
    memory: Vec<u64>,
    /// What all traffic follows from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write the results as an array of objects: a counter in a memory on a workload each, then a proof.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the precision of the top 1000 by memory.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print the tables of docs/ACCURACY.md instead.
    #[arg(long)]
    markdown: bool,
    /// Roll a day of windows up into minutes and hours instead: whether anything is missing, in which memory.
    #[arg(long, conflicts_with_all = ["quick", "only", "packets", "memory", "json", "svg", "markdown"])]
    day: bool,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(workload::ALL.map(|workload| workload.name))
}

impl Arguments {
    fn plan(&self) -> Plan {
        let asked = |workload: &Workload| match self.only.as_slice() {
            [] if self.quick => workload::QUICK.contains(&workload.name),
            [] => true,
            only => only.iter().any(|name| name == workload.name),
        };
        let packets = if self.quick { QUICK_PACKETS } else { PACKETS };
        Plan {
            workloads: workload::ALL.into_iter().filter(asked).collect(),
            packets: self.packets.unwrap_or(packets),
            memory: match self.memory.as_slice() {
                [] => measure::MEMORY.to_vec(),
                asked => asked.to_vec(),
            },
            proof_memory: match self.memory.as_slice() {
                [] => measure::PROOF_MEMORY.to_vec(),
                asked => [&[proof::TINY], asked].concat(),
            },
            seed: self.seed,
        }
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("accuracy: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, writes and prints. Being far from the truth is no failure; losing a packet, or proving
/// what is not so, is.
fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.day {
        return run_day(arguments.seed);
    }
    let results = measure::run(&arguments.plan(), |workload| {
        eprintln!("==> accuracy: {}", workload.name);
    })?;
    if let Some(file) = &arguments.json {
        write(file, &format!("{:#}\n", report::json(&results)?))?;
    }
    let text = match arguments.markdown {
        true => report::markdown(&results),
        false => report::text(&results),
    };
    print(&text)?;
    if let Some(file) = &arguments.svg {
        let picture = report::svg(&results.outcomes)
            .context("there is nothing to draw; measure `syn-flood` or `short-lived`")?;
        write(file, &picture)?;
    }
    Ok(ExitCode::from(u8::from(!results.hold())))
}

/// Simulates a day; whatever is not as it should be is a failure.
fn run_day(seed: u64) -> Result<ExitCode> {
    let start = Instant::now();
    let day = day::run(day::Plan::of_a_day(seed), |hour| {
        eprintln!("==> accuracy: hour {hour}");
    })?;
    print(&report::day(&day, start.elapsed()))?;
    Ok(ExitCode::from(u8::from(!day.holds())))
}

fn print(text: &str) -> Result<()> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to stdout")
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
