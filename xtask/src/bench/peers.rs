//! `cargo xtask bench --peers`: windrow and its peers on the same live traffic, and how many packets
//! a second they aggregate from a capture into flows, on one core; and how many they lose.
//! `docs/PERFORMANCE.md` says how and why.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::bench::peers::capture::Shape;
use crate::bench::peers::measure::{Outcome, Plan};
use crate::bench::peers::report::Gate;
use crate::bench::peers::scratch::Scratch;
use crate::bench::peers::tool::{TOOLS, Tool};
use crate::packages::{self, Need};
use crate::workspace::{self, Workspace};

mod capture;
mod live;
mod measure;
mod report;
mod scratch;
mod timed;
mod tool;

const USAGE: &str =
    "usage: cargo xtask bench --peers [--rounds N] [--quick] [--only NAME,…] [--json FILE]

  --peers          compare `windrow monitor` with softflowd, pmacctd, nfpcapd, fprobe and argus on live
                   traffic (root), `windrow replay` with nfpcapd, softflowd, suricata, argus and pmacctd
  --live-only      without captures
  --captures-only  without live traffic
  --rounds N       time each tool N times a capture (5)
  --quick          fewer packets and 2 rounds: does it work at all?
  --only …         these tools alone; without windrow nothing is judged
  --json FILE      write the results as an array of objects";

/// What windrow is held to, a capture each.
const GATES: [Gate; 2] = [
    Gate {
        flows: 1_000,
        times: 2.0,
    },
    Gate {
        flows: 100_000,
        times: 4.0,
    },
];
/// Enough that the fastest tool runs for a second.
const PACKETS: u64 = 10_000_000;
const PACKETS_QUICK: u64 = 1_000_000;
const ROUNDS: u32 = 5;
const ROUNDS_QUICK: u32 = 2;

#[derive(Debug, PartialEq)]
struct Options {
    rounds: Option<u32>,
    quick: bool,
    only: Vec<String>,
    json: Option<PathBuf>,
    live: bool,
    captures: bool,
}

/// Measures and prints; the exit code is 1 when windrow misses what it is held to.
///
/// # Errors
/// When the arguments make no sense, or windrow cannot be built or the captures not written. A tool
/// that is not there or fails is named and left out.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    let Some(options) = parse(arguments)? else {
        eprintln!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    let workspace = Workspace::find()?;
    let asked =
        |tool: &&Tool| options.only.is_empty() || options.only.iter().any(|it| it == tool.name);
    let mut tools: Vec<Tool> = TOOLS.iter().filter(asked).copied().collect();
    tools.retain(|_| options.captures);
    let with_windrow = options.live || tools.iter().any(|tool| tool.programs.is_empty());
    packages::ensure(if with_windrow {
        &[Need::Build, Need::Peers]
    } else {
        &[Need::Peers]
    })?;
    if with_windrow {
        workspace::run(&mut workspace.build_windrow())?;
    }
    let scratch = Scratch::new()?;
    let mut rows = Vec::new();
    if options.live {
        rows = live::measure(&workspace, &options.only, options.quick, scratch.path())?;
    }
    tools.retain(|tool| match tool.missing() {
        None => true,
        Some(program) => {
            println!(
                "skipped: {}: this system has no {program} and offers no package of it",
                tool.name
            );
            false
        }
    });
    let mut code = ExitCode::SUCCESS;
    if options.captures {
        let outcomes = measure_all(&options, &tools, &workspace, &scratch)?;
        rows.extend(report::json(&outcomes));
        code = show(&outcomes);
    }
    if let Some(file) = &options.json {
        std::fs::write(file, format!("{:#}\n", Value::Array(rows)))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(code)
}

fn measure_all(
    options: &Options,
    tools: &[Tool],
    workspace: &Workspace,
    scratch: &Scratch,
) -> Result<Vec<Outcome>> {
    let (packets, rounds) = if options.quick {
        (PACKETS_QUICK, ROUNDS_QUICK)
    } else {
        (PACKETS, ROUNDS)
    };
    let cpu = timed::last_cpu()?;
    let mut outcomes = Vec::new();
    for gate in GATES {
        eprintln!(
            "==> {packets} packets of {} flows, on CPU {cpu}",
            gate.flows
        );
        let plan = Plan {
            shape: Shape {
                flows: gate.flows,
                packets,
            },
            rounds: options.rounds.unwrap_or(rounds),
            cpu,
            windrow: &workspace.windrow(),
        };
        outcomes.extend(measure::measure(&plan, tools, scratch.path())?);
    }
    Ok(outcomes)
}

fn show(outcomes: &[Outcome]) -> ExitCode {
    for outcome in outcomes {
        if let Err(reason) = &outcome.result {
            println!(
                "failed: {}: {} flows: {reason}",
                outcome.tool, outcome.flows
            );
        }
    }
    print!("{}", report::table(outcomes));
    let verdicts: Vec<_> = GATES
        .into_iter()
        .filter_map(|gate| report::judge(outcomes, gate))
        .collect();
    verdicts.iter().for_each(|it| println!("{}", it.text));
    if verdicts.is_empty() {
        println!("nothing is judged: windrow was left out");
    }
    let failed = verdicts.iter().any(|verdict| !verdict.passed);
    ExitCode::from(u8::from(failed))
}

/// `None` = nothing to measure was named.
fn parse(arguments: &[String]) -> Result<Option<Options>> {
    let mut options = Options {
        rounds: None,
        quick: false,
        only: Vec::new(),
        json: None,
        live: true,
        captures: true,
    };
    let mut peers = false;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--peers" => peers = true,
            "--quick" => options.quick = true,
            "--live-only" => options.captures = false,
            "--captures-only" => options.live = false,
            "--rounds" => {
                let number = words.next().and_then(|text| text.parse().ok());
                options.rounds = Some(
                    number
                        .filter(|rounds| *rounds > 0)
                        .context("--rounds wants a number of at least 1")?,
                );
            }
            "--only" => {
                let names = words
                    .next()
                    .context("--only wants names, like argus,nfpcapd")?;
                options.only.extend(names.split(',').map(str::to_owned));
            }
            "--json" => {
                options.json = Some(words.next().context("--json wants a file")?.into());
            }
            "--help" | "-h" => return Ok(None),
            other => bail!("`{other}` is not understood\n\n{USAGE}"),
        }
    }
    let names: Vec<&str> = TOOLS
        .iter()
        .map(|tool| tool.name)
        .chain([live::ALONE])
        .collect();
    if let Some(name) = options
        .only
        .iter()
        .find(|name| !names.contains(&name.as_str()))
    {
        bail!("`{name}` is not a tool; use {}", names.join(", "));
    }
    Ok(peers.then_some(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Option<Options>> {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        parse(&words)
    }

    #[test]
    fn arguments_are_understood() -> Result<()> {
        let options = parsed("--peers --rounds 3 --only windrow,argus --json out.json")?;
        let expected = Options {
            rounds: Some(3),
            quick: false,
            only: vec!["windrow".to_owned(), "argus".to_owned()],
            json: Some("out.json".into()),
            live: true,
            captures: true,
        };
        assert_eq!(options, Some(expected));
        assert_eq!(parsed("")?, None, "nothing to bench was named");
        Ok(())
    }

    #[test]
    fn nonsense_is_refused() {
        for line in ["--peer", "--peers --rounds 0", "--peers --only tcpdump"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
