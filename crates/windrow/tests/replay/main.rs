//! `windrow replay` as a user meets it: captures go in as files, output is read as text. Needs no
//! privilege; what `--engine kernel` does beside it is in `tests/engines.rs`.

mod capture;
mod errors;
mod files;
mod lengths;
mod links;
mod names;
mod windows;

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// `windrow replay ARGUMENTS`, with nothing on standard input.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windrow"));
    command.arg("replay").args(arguments).stdin(Stdio::null());
    command
}

fn output(arguments: &[&str]) -> Output {
    command(arguments).output().expect("run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What was printed by a run that went well.
fn stdout(arguments: &[&str]) -> String {
    let output = output(arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The lines of a run with `--json`.
fn json(arguments: &[&str]) -> Vec<Value> {
    let text = stdout(&[arguments, &["--json"]].concat());
    let line = |line| serde_json::from_str(line).expect("a JSON line");
    text.lines().map(line).collect()
}

/// Lines of one type.
fn of<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

fn number(line: &Value, name: &str) -> u64 {
    let value = line[name].as_u64();
    value.unwrap_or_else(|| panic!("{name} in {line}"))
}

/// Packets and bytes by the port that flows come from, of `--tsv`.
fn ports(tsv: &str) -> BTreeMap<u16, (u64, u64)> {
    let mut ports = BTreeMap::new();
    for line in tsv.lines().filter(|line| !line.starts_with("other")) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields.len(), 7, "{line}");
        let entry: &mut (u64, u64) = ports.entry(fields[2].parse().expect("a port")).or_default();
        entry.0 += fields[5].parse::<u64>().expect("packets");
        entry.1 += fields[6].parse::<u64>().expect("bytes");
    }
    ports
}
