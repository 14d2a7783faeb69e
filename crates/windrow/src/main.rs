//! `windrow`: counts packets in the kernel, per window, and proves that none was lost.
#![forbid(unsafe_code)]

mod args;
#[cfg(feature = "kernel")]
mod calls;
mod commands;
mod config;
#[cfg(feature = "kernel")]
mod connects;
#[cfg(feature = "kernel")]
mod doctor;
mod exit;
mod filter_words;
mod ifaces;
#[cfg(feature = "kernel")]
mod interface;
#[cfg(feature = "kernel")]
mod live;
#[cfg(feature = "kernel")]
mod measure;
mod networks;
mod notes;
mod output;
mod replay;
#[cfg(feature = "kernel")]
mod timed;
#[cfg(feature = "kernel")]
mod wanted;
mod windows;

use std::process::ExitCode;

use anyhow::Context;

use crate::args::{Arguments, Command};
use crate::exit::Failure;

fn main() -> ExitCode {
    match Arguments::of_command_line() {
        Ok(arguments) => exit::report(run(arguments.command)),
        Err(error) if error.use_stderr() => {
            let _ = error.print();
            ExitCode::from(exit::USAGE)
        }
        // Help and version are results.
        Err(asked_for) => exit::report(print(&asked_for)),
    }
}

fn print(asked_for: &clap::Error) -> Result<u8, Failure> {
    asked_for.print().context("writing the output")?;
    Ok(exit::FINE)
}

/// Does what was asked for; the exit code is the command's where one was run.
fn run(command: Command) -> Result<u8, Failure> {
    let done = match command {
        #[cfg(feature = "kernel")]
        Command::Syscalls(arguments) => return commands::syscalls::run(&arguments),
        #[cfg(feature = "kernel")]
        Command::Connects(arguments) => return commands::connects::run(&arguments),
        #[cfg(feature = "kernel")]
        Command::Monitor(arguments) => commands::monitor::run(&arguments),
        #[cfg(feature = "kernel")]
        Command::Measure(arguments) => commands::measure::run(&arguments),
        Command::Replay(arguments) => commands::replay::run(&arguments),
        #[cfg(feature = "kernel")]
        Command::Doctor(arguments) => commands::doctor::run(&arguments),
        #[cfg(feature = "kernel")]
        Command::Cleanup => commands::cleanup::run(),
        Command::Completions(arguments) => commands::completions::run(&arguments),
        Command::Man(arguments) => commands::man::run(&arguments),
        #[cfg(feature = "kernel")]
        Command::Demo(arguments) => commands::demo::run(&arguments),
    };
    done.map(|()| exit::FINE)
}
