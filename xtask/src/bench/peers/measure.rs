//! Rounds of runs: every tool once a round, one after the other, so that what disturbs the machine
//! disturbs all of them alike.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::bench::peers::capture::{self, Shape};
use crate::bench::peers::timed::{self, Took};
use crate::bench::peers::tool::{Accounted, Job, Tool};

/// After this a run counts as hung.
const LIMIT: Duration = Duration::from_secs(120);
/// How often, and how far apart, a result is read again that is not complete: pmacctd's writer may
/// outlive it.
const READS: u32 = 6;
const BETWEEN_READS: Duration = Duration::from_millis(500);

/// What is measured with which capture.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The capture.
    pub shape: Shape,
    /// How often each tool is timed.
    pub rounds: u32,
    /// The CPU that all tools are pinned to.
    pub cpu: u32,
    /// The windrow that was built.
    pub windrow: &'a Path,
}

/// How a tool did on one capture.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The tool's name.
    pub tool: &'static str,
    /// Flows of the capture.
    pub flows: u32,
    /// Packets of the capture.
    pub packets: u64,
    /// The times, or why there are none.
    pub result: Result<Measured, String>,
}

/// The runs of one tool.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    /// Seconds of each round that count; see [`net`].
    pub seconds: Vec<f64>,
    /// Packets in the file less packets accounted for: the worst of all runs.
    pub loss: i64,
    /// Flows that the tool reported in that run.
    pub flows_seen: u64,
}

/// Measures the tools on one capture, which is made in `folder` and removed again.
///
/// # Errors
/// When the capture cannot be written. A tool that fails is an outcome and no error.
pub fn measure(plan: &Plan, tools: &[Tool], folder: &Path) -> Result<Vec<Outcome>> {
    let whole = folder.join("whole.pcap");
    let one = folder.join("one.pcap");
    capture::write(&whole, plan.shape)?;
    let smallest = Shape {
        flows: 1,
        packets: 1,
    };
    capture::write(&one, smallest)?;

    let mut outcomes: Vec<Outcome> = tools
        .iter()
        .map(|tool| Outcome {
            tool: tool.name,
            flows: plan.shape.flows,
            packets: plan.shape.packets,
            result: Ok(Measured::default()),
        })
        .collect();
    // Round 0 warms the file and is not timed.
    for round in 0..=plan.rounds {
        for (tool, outcome) in tools.iter().zip(&mut outcomes) {
            let Ok(measured) = &mut outcome.result else {
                continue;
            };
            eprintln!(
                "    {} flows, round {round} of {}: {}",
                plan.shape.flows, plan.rounds, tool.name
            );
            let runs = || -> Result<_> {
                let start_up = run(plan, tool, &one, folder, |_| Ok(()))?.0;
                let (took, seen) = run(plan, tool, &whole, folder, |job| {
                    read_result(tool, job, plan.shape.packets)
                })?;
                Ok((net(took, start_up), seen))
            };
            match runs() {
                Ok((seconds, seen)) => measured.add(round, seconds, seen, plan.shape.packets),
                Err(error) => outcome.result = Err(format!("{error:#}")),
            }
        }
    }
    std::fs::remove_file(&whole).context("cannot remove the capture")?;
    Ok(outcomes)
}

impl Measured {
    fn add(&mut self, round: u32, seconds: f64, seen: Accounted, packets: u64) {
        let loss = packets as i64 - seen.packets as i64;
        if round == 0 || loss.abs() > self.loss.abs() {
            self.loss = loss;
            self.flows_seen = seen.flows;
        }
        if round > 0 {
            self.seconds.push(seconds);
        }
    }
}

/// Runs a tool in an empty folder, and reads what it left there before that is removed.
fn run<T>(
    plan: &Plan,
    tool: &Tool,
    capture: &Path,
    scratch: &Path,
    read: impl Fn(&Job) -> Result<T>,
) -> Result<(Took, T)> {
    let folder = scratch.join(tool.name);
    std::fs::create_dir(&folder)
        .with_context(|| format!("cannot make {}; is the disk full?", folder.display()))?;
    let job = Job {
        capture,
        folder: &folder,
        windrow: plan.windrow,
    };
    let result = (|| {
        let mut command = (tool.command)(&job)?;
        command.current_dir(&folder);
        let output = [job.stdout(), job.stderr()];
        let output = [output[0].as_path(), output[1].as_path()];
        let took = timed::run_pinned(&command, plan.cpu, output, LIMIT)?;
        Ok((took, read(&job)?))
    })();
    std::fs::remove_dir_all(&folder)
        .with_context(|| format!("cannot remove {}", folder.display()))?;
    result
}

fn read_result(tool: &Tool, job: &Job, packets: u64) -> Result<Accounted> {
    let mut result = (tool.accounted)(job);
    for _ in 1..READS {
        if result.as_ref().is_ok_and(|seen| seen.packets == packets) {
            break;
        }
        std::thread::sleep(BETWEEN_READS);
        result = (tool.accounted)(job);
    }
    result
}

/// The seconds that count: by the clock, less those of a run on one packet, which are the tool's
/// start and end. But not less than the same by the CPU: some tools end at a tick of whole seconds,
/// so that the difference may be shorter than the work.
fn net(took: Took, start_up: Took) -> f64 {
    let wall = took.wall - start_up.wall;
    let cpu = took.cpu - start_up.cpu;
    wall.max(cpu).max(f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starting_is_not_counted_and_working_is() {
        let took = |wall, cpu| Took { wall, cpu };
        assert_eq!(net(took(5.5, 4.0), took(0.5, 0.25)), 5.0);
        assert_eq!(net(took(5.0, 4.75), took(1.0, 0.0)), 4.75);
        assert!(net(took(0.5, 0.0), took(0.75, 0.0)) > 0.0);
    }

    #[test]
    fn the_worst_loss_is_kept_and_round_0_is_not_timed() {
        let mut measured = Measured::default();
        for (round, packets) in [(0, 100), (1, 90), (2, 100)] {
            let seen = Accounted { flows: 5, packets };
            measured.add(round, 2.0, seen, 100);
        }
        assert_eq!(measured.seconds, [2.0, 2.0]);
        assert_eq!(measured.loss, 10);
    }
}
