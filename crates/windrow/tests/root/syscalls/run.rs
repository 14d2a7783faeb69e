//! `windrow syscalls` as the tests run it, and the programs whose calls it counts.

use std::{process::Command, sync::OnceLock};

use super::report::{Calls, Report};
use crate::harness::{
    counting,
    programs::{Held, Sources, compile, directory, sources},
};

const SOURCES: &Sources = &sources!(
    "common.h",
    "main.c",
    "plain.c",
    "tasks.c",
    "times.c",
    "image32.c",
);

/// The programs, compiled once a run of the tests.
struct Programs {
    calls: String,
    /// None where there is none for 32 bits.
    image32: Option<String>,
}

fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let directory = directory("syscalls", SOURCES);
        // Without a loader, whose calls differ from host to host.
        let calls = compile(
            &directory,
            "calls",
            "-O1 -static -pthread main.c plain.c tasks.c times.c",
        );
        let image32 = compile(
            &directory,
            "image32",
            "-m32 -O1 -nostdlib -static -no-pie -fno-pie -ffreestanding -fno-stack-protector \
             image32.c",
        );
        Programs {
            calls: calls.unwrap_or_else(|said| panic!("cc: {said}")),
            image32: image32.ok(),
        }
    })
}

/// The program that makes known calls; see programs/main.c.
pub fn program() -> String {
    programs().calls.clone()
}

/// The program for 32 bits, where the compiler makes such.
pub fn image32() -> Option<String> {
    programs().image32.clone()
}

/// Runs `windrow syscalls OPTIONS -- COMMAND`.
pub fn run(options: &[&str], command: &[&str]) -> Report {
    under(&[], options, command)
}

/// The same with a scenario of [`program`] for a command.
pub fn calls(options: &[&str], scenario: &str) -> Report {
    let program = program();
    let command: Vec<&str> = [program.as_str()]
        .into_iter()
        .chain(scenario.split(' '))
        .collect();
    let report = run(options, &command);
    assert_eq!(report.code, Some(0), "{scenario}: {}", report.stderr);
    report
}

/// The same, where `before` runs windrow.
pub fn under(before: &[&str], options: &[&str], command: &[&str]) -> Report {
    counting::run(before, options, command)
}

/// A scenario that waits until it is told to begin.
pub fn held(scenario: &str) -> Held {
    let mut command = Command::new(program());
    command.arg("held").args(scenario.split(' '));
    Held::new(&mut command)
}

/// A `windrow syscalls --json` of whatever runs, without a command.
pub type Live = counting::Live<Calls>;

/// What `windrow syscalls` counts of a scenario that runs already when counting begins.
pub fn calls_of_running(options: &[&str], scenario: &str) -> Report {
    let mut held = held(scenario);
    let pid = held.pid().to_string();
    let mut all = vec!["--pid", &pid];
    all.extend(options);
    let live = Live::new(&all);
    let stdout = held.finish();
    Report {
        stdout,
        ..live.stop()
    }
}
