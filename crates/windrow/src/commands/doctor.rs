//! `windrow doctor`: what works here, and what to do about the rest.

use std::io::{Write, stdout};

use anyhow::{Context, anyhow};
use serde::Serialize;

use crate::args::Doctor;
use crate::doctor::{self, Check, InterfaceCheck, State};
use crate::exit::{self, Failure};
use crate::interface;

/// Everything that was found.
#[derive(Serialize)]
struct Report {
    r#type: &'static str,
    /// Whether `monitor` would work.
    ok: bool,
    checks: Vec<Check>,
    interfaces: Vec<InterfaceCheck>,
}

/// Tries everything and says what came of it; fails if `monitor` would not work.
pub fn run(arguments: &Doctor) -> Result<(), Failure> {
    let interfaces = match &arguments.interface {
        Some(name) => vec![interface::named(name)?],
        None => windrow_netif::list()?,
    };
    let mut host = doctor::host(interfaces.len());
    if arguments.interface.is_none() {
        host.checks.push(doctor::default_route());
    }
    let interfaces: Vec<InterfaceCheck> = interfaces.iter().map(|it| host.interface(it)).collect();
    let works = |check: &Check| check.state != State::Missing;
    let report = Report {
        r#type: "doctor",
        ok: host.checks.iter().all(works) && interfaces.iter().any(|it| works(&it.check)),
        checks: host.checks,
        interfaces,
    };
    let text = if arguments.json {
        let json = serde_json::to_string(&report).context("making the report")?;
        format!("{json}\n")
    } else {
        text(&report)
    };
    match stdout()
        .write_all(text.as_bytes())
        .context("writing the output")
    {
        Err(error) if !exit::is_closed_pipe(&error) => return Err(error.into()),
        _ => {}
    }
    if report.ok {
        return Ok(());
    }
    let missing: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| !works(check))
        .map(|check| check.name.as_str())
        .collect();
    Err(match missing[..] {
        [] => {
            anyhow!("windrow monitor would not work here: there is no interface that it can watch")
        }
        _ => anyhow!(
            "windrow monitor would not work here: {}",
            missing.join(", ")
        ),
    }
    .into())
}

fn text(report: &Report) -> String {
    let interfaces = || report.interfaces.iter().map(|it| &it.check);
    let all = || report.checks.iter().chain(interfaces());
    let width = all().map(|check| check.name.chars().count()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for (place, check) in all().enumerate() {
        if place == report.checks.len() {
            text.push('\n');
        }
        text.push_str(&format!(
            "{:<9} {:<width$}  {}\n",
            check.state.name(),
            check.name,
            check.found
        ));
        if let Some(remedy) = &check.remedy {
            text.push_str(&format!("{:<9} {:<width$}  → {remedy}\n", "", ""));
        }
    }
    text
}
