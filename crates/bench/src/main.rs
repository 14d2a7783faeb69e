//! What `cargo xtask bench` runs: windrow and the designs in use today, measured in one run, so that
//! every claim is a ratio within it.
#![deny(unsafe_code)]

mod cpu;
mod designs;
mod driver;
mod hot;
mod live;
mod results;
mod skeleton;
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use crate::results::Outcome;

/// Measures windrow beside the designs in use today.
#[derive(Debug, Parser)]
struct Arguments {
    /// Fewer workloads and rounds: at most 3 minutes.
    #[arg(long)]
    quick: bool,
    /// Write the results as an array of objects.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// These groups alone.
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    only: Vec<Group>,
}

/// What is measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Group {
    /// Designs by program test runs.
    Hot,
    /// Designs on live frames.
    Live,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    let asked = |group| arguments.only.is_empty() || arguments.only.contains(&group);
    if asked(Group::Hot) {
        outcomes.extend(hot::measure(arguments.quick)?);
    }
    if asked(Group::Live) {
        outcomes.extend(live::measure(arguments.quick)?);
    }
    if let Some(file) = &arguments.json {
        let text = format!("{:#}\n", serde_json::to_value(&outcomes)?);
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}
