//! `windrow replay` as a user meets it: captures go in as files, output is read as text. Needs no
//! privilege; what `--engine kernel` does beside it is in `tests/root/engines.rs`.

mod by;
mod capture;
mod corpus;
mod distinct;
mod errors;
mod files;
mod filter;
mod frame;
mod hierarchy;
mod lengths;
mod links;
mod lookup;
mod named;
mod names;
mod networks;
mod origins;
mod pressure;
mod reduce;
mod rollup;
mod windows;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
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

/// What every engine that can run here prints, which is the same.
fn by_every_engine(arguments: &[&str]) -> String {
    let user = stdout(arguments);
    if cfg!(feature = "kernel") && nix::unistd::geteuid().is_root() {
        let kernel = stdout(&[&["--engine", "kernel"], arguments].concat());
        assert_eq!(user, kernel, "{arguments:?}");
    } else {
        skip("--engine kernel", "needs root and the feature `kernel`");
    }
    user
}

/// Says at the beginning of a line that a test, or a part of it, did not run.
fn skip(name: &str, reason: &str) {
    // The test runner may have left the cursor behind a test's name.
    println!("\nskipped: {name}: {reason}");
}

/// The lines of a text in the order of their letters: rows have none of their own.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// Every packet and byte of a run with `--json` is in one place, and only there; and intervals are.
fn assert_balanced(lines: &[Value]) {
    for window in of(lines, "window") {
        let of_window = |line: &&&Value| {
            line["seq"] == window["seq"] && line["window_ns"] == window["window_ns"]
        };
        let flows = of(lines, "flow");
        for unit in ["packets", "bytes"] {
            let rows = flows
                .iter()
                .filter(of_window)
                .map(|flow| number(flow, unit));
            let folded = &window[format!("folded_{unit}")];
            let places = rows.sum::<u64>()
                + ["24", "16", "8", "total"]
                    .map(|level| number(folded, level))
                    .iter()
                    .sum::<u64>()
                + number(window, &format!("other_{unit}"))
                + number(window, &format!("filtered_{unit}"));
            assert_eq!(places, number(window, unit), "{unit} in {window}");
            assert_eq!(number(window, &format!("residue_{unit}")), 0, "{window}");
        }
        for flow in flows.iter().filter(of_window) {
            assert_interval(flow);
        }
        let prefixes = of(lines, "prefix");
        let prefixes: Vec<&Value> = prefixes.into_iter().filter(|it| of_window(&it)).collect();
        assert_nested(window, &prefixes);
    }
}

/// Both bounds of both units, the lower ones first.
fn interval(line: &Value) -> [u64; 4] {
    ["packets", "bytes", "packets_hi", "bytes_hi"].map(|name| number(line, name))
}

fn assert_interval(line: &Value) {
    let [packets, bytes, packets_hi, bytes_hi] = interval(line);
    assert!(packets <= packets_hi && bytes <= bytes_hi, "{line}");
}

/// Networks are within those around them, all of which are there, and their bounds no larger.
fn assert_nested(window: &Value, prefixes: &[&Value]) {
    let mut nets = BTreeMap::new();
    for prefix in prefixes {
        assert_interval(prefix);
        for unit in ["packets", "bytes"] {
            assert!(number(prefix, unit) <= number(window, unit), "{prefix}");
        }
        let key = (prefix["side"].as_str(), prefix["prefix"].as_str());
        assert!(nets.insert(key, *prefix).is_none(), "twice: {prefix}");
    }
    for prefix in prefixes {
        let text = prefix["prefix"].as_str().expect("a prefix");
        let address = text.split('/').next().and_then(|text| text.parse().ok());
        let around: Option<String> = match (address, number(prefix, "level")) {
            (_, 0) => None,
            (Some(IpAddr::V4(address)), bits) => {
                let mask = u32::MAX.checked_shl(40 - bits as u32).unwrap_or(0);
                let address = Ipv4Addr::from(u32::from(address) & mask);
                Some(format!("{address}/{}", bits - 8))
            }
            (Some(IpAddr::V6(address)), bits) => {
                let around = if bits == 32 { 0 } else { bits - 16 };
                let mask = u128::MAX.checked_shl(128 - around as u32).unwrap_or(0);
                let address = Ipv6Addr::from(u128::from(address) & mask);
                Some(format!("{address}/{around}"))
            }
            (None, _) => panic!("no address in {prefix}"),
        };
        let Some(around) = around else { continue };
        let key = (prefix["side"].as_str(), Some(&around[..]));
        let around = nets.get(&key);
        let around = around.unwrap_or_else(|| panic!("{key:?} is not there for {prefix}"));
        for (inner, outer) in interval(prefix).into_iter().zip(interval(around)) {
            assert!(inner <= outer, "{prefix} in {around}");
        }
    }
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
