//! `windrow cleanup`: removes filters that a killed windrow left behind.

use std::io::{Write, stdout};

use anyhow::{Context, anyhow};
use windrow_datapath::kernel::{Found, Ours, Owner, has_tcx};

use crate::exit::Failure;
use crate::interface::{printable, shell_word};
use crate::output::units::counted;

/// What became of the filters with our names.
#[derive(Default)]
struct Outcome {
    removed: u64,
    running: u64,
    unknown: u64,
    failed: u64,
    /// A line for each that is worth one.
    text: String,
}

/// Looks at every interface of this network namespace.
pub fn run() -> Result<(), Failure> {
    let ours = Ours::learn()?;
    let interfaces = windrow_netif::list()?;
    let mut outcome = Outcome::default();
    for interface in &interfaces {
        let name = printable(&interface.name);
        match ours.at(interface.index) {
            Ok(all) => all.iter().for_each(|found| outcome.take(found, &name)),
            Err(error) => outcome.fail(&format!("could not look at {name}: {error}")),
        }
    }
    outcome.sum_up(interfaces.len() as u64);
    stdout()
        .write_all(outcome.text.as_bytes())
        .context("writing the output")?;
    if outcome.failed > 0 {
        let sentence = "not everything could be removed, for the reasons given on standard output";
        return Err(anyhow!(sentence).into());
    }
    Ok(())
}

impl Outcome {
    fn take(&mut self, found: &Found, interface: &str) {
        let what = described(found, interface);
        let command = by_hand(found, interface);
        match found.owner {
            Owner::Running => self.running += 1,
            Owner::Gone => match found.remove() {
                Ok(true) => {
                    self.removed += 1;
                    self.say(&format!("removed {what}"));
                }
                // It went by itself, or somebody else was faster.
                Ok(false) => {}
                Err(error) => {
                    self.fail(&format!(
                        "could not remove {what}: {error}; by hand: {command}"
                    ));
                }
            },
            Owner::Unknown => {
                self.unknown += 1;
                self.say(&format!(
                    "left {what}: not a program of this build; if no other windrow runs: {command}"
                ));
            }
        }
    }

    fn fail(&mut self, line: &str) {
        self.failed += 1;
        self.say(line);
    }

    fn say(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn sum_up(&mut self, interfaces: u64) {
        let mut sum = match self.removed {
            0 if self.failed > 0 => "nothing was removed".to_owned(),
            0 => format!(
                "nothing to remove: no killed windrow left a filter at the {} here",
                counted(interfaces, "interface")
            ),
            n => format!("{} removed", counted(n, "filter")),
        };
        if self.running > 0 {
            sum += &format!("; {} of running windrows", counted(self.running, "filter"));
        }
        if self.unknown > 0 {
            let unknown = counted(self.unknown, "filter");
            sum += &format!("; {unknown} of another build left");
        }
        if has_tcx() {
            sum += "; this kernel has tcx, where a killed windrow leaves nothing behind";
        }
        self.say(&sum);
    }
}

fn described(found: &Found, interface: &str) -> String {
    format!(
        "{} (id {}) at {interface} {}, preference {}, handle {:#x}",
        found.name,
        found.id,
        direction(found),
        found.preference,
        found.handle
    )
}

fn by_hand(found: &Found, interface: &str) -> String {
    format!(
        "tc filter del dev {} {} protocol all pref {} handle {:#x} bpf",
        shell_word(interface),
        direction(found),
        found.preference,
        found.handle
    )
}

fn direction(found: &Found) -> &'static str {
    if found.inwards { "ingress" } else { "egress" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_says_what_was_left_and_why() {
        let total = |removed, running, failed| {
            let mut outcome = Outcome {
                removed,
                running,
                failed,
                ..Outcome::default()
            };
            outcome.sum_up(3);
            outcome.text
        };
        assert!(total(0, 0, 0).starts_with(
            "nothing to remove: no killed windrow left a filter at the 3 interfaces here"
        ));
        assert!(total(2, 1, 0).starts_with("2 filters removed; 1 filter of running windrows"));
        assert!(total(0, 0, 1).starts_with("nothing was removed"));
    }
}
