//! windrow's own tasks, run as `cargo xtask TASK`.
//!
//! This binary compiles with nothing but cargo, rustc and a linker, so that it can name or
//! install whatever the other crates need. It is not part of the product.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use anyhow::Result;

mod accuracy;
mod bench;
mod demo;
mod fuzz;
mod packages;
mod test;
mod vm;
mod workspace;

/// A task: its name, one line about it, and what runs it with the arguments after its name.
type Task = (
    &'static str,
    &'static str,
    fn(&[String]) -> Result<ExitCode>,
);

const TASKS: [Task; 8] = [
    (
        "accuracy",
        "windrow's rows beside the truth and other algorithms [--quick] [--only WORKLOAD,…] [--json FILE] [--svg FILE] [--markdown]",
        accuracy::run,
    ),
    (
        "bench",
        "windrow beside the designs in use today (root) [--quick] [--json FILE] [--svg FILE], or beside other tools: --peers",
        bench::run,
    ),
    (
        "demo",
        "build windrow and run its demonstration (root); arguments go to `windrow demo`",
        demo::run,
    ),
    (
        "fuzz",
        "fuzz the parsers under sanitizers [frames|reference|capture]… [--seconds N] [--minimise]",
        fuzz::run,
    ),
    (
        "storm",
        "make TCP connections over lo that fail or not, in a guest of `vm`: its route to 198.51.100.1 loses packets",
        vm::storm::run,
    ),
    (
        "test",
        "everything the project promises: format, lints, tests, kernels [--no-vm] [-- CARGO TEST ARGS]",
        test::run,
    ),
    (
        "transfer",
        "send bytes over TCP and get as many back, in a guest of `vm`: --serve ADDRESS, or ADDRESS BYTES",
        vm::transfer::run,
    ),
    (
        "vm",
        "run windrow on other kernels under qemu [--kernel 6.1|6.12|newest]… [--preempt MODEL]… [--json] [--binary FILE]",
        vm::run,
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        eprintln!("no task given\n\n{}", usage());
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        println!("{}", usage());
        return ExitCode::SUCCESS;
    }
    let Some((_, _, task)) = TASKS.iter().find(|task| task.0 == name) else {
        eprintln!("`{name}` is not a task\n\n{}", usage());
        return ExitCode::from(2);
    };
    match task(rest) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask {name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let mut text = String::from("usage: cargo xtask TASK [ARGUMENTS]\n\ntasks:");
    for (name, about, _) in TASKS {
        text.push_str(&format!("\n  {name:<8} {about}"));
    }
    text
}
