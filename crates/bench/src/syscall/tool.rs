//! Tools that watch all system calls of the system: how each is started, and what it prints.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::design::{Attached, Design};
use super::load::{Call, Load};
use crate::installed::program;
use crate::watcher::Watcher;

/// As many keys as windrow has rows by default; `bpftrace` drops the others.
const BPFTRACE_KEYS: &str = "BPFTRACE_MAP_KEYS_MAX=10000";

/// Counts at the entry, which takes less than at the exit.
const COUNTS: &str = "
tracepoint:raw_syscalls:sys_enter { @calls[pid, args->id] = count(); }";

/// Count, sum and average, least, most, and errors. A start that is overwritten takes less than one that
/// is deleted and made again.
const STATISTICS: &str = "
tracepoint:raw_syscalls:sys_enter { @start[tid] = nsecs; }
tracepoint:raw_syscalls:sys_exit {
    $start = @start[tid];
    if ($start) {
        $took = nsecs - $start;
        @calls[pid, args->id] = stats($took);
        @least[pid, args->id] = min($took);
        @most[pid, args->id] = max($took);
        if (args->ret < 0) { @errors[pid, args->id] = count(); }
    }
}
END { clear(@start); }";

/// How many calls of a kind a tool has counted, by what it printed.
type Counted = fn(&str, Call) -> Result<u64>;

/// A tool that can be started again and again.
pub struct Tool {
    command: Command,
    counted: Counted,
}

impl Tool {
    /// `bpftrace`, counting by process and call.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn bpftrace_counts() -> Result<Self> {
        Self::bpftrace(COUNTS)
    }

    /// `bpftrace`, with durations and errors by process and call.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn bpftrace_statistics() -> Result<Self> {
        Self::bpftrace(STATISTICS)
    }

    fn bpftrace(script: &str) -> Result<Self> {
        let mut command = Command::new("env");
        command
            .arg(BPFTRACE_KEYS)
            .arg(program("bpftrace")?.get_program());
        command.args(["-f", "json", "-e", script]);
        Ok(Self {
            command,
            counted: counted_by_bpftrace,
        })
    }

    /// `syscount` with latencies: by call, since it knows either calls or processes.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn syscount() -> Result<Self> {
        let mut command = program("syscount")?;
        command.args(["--latency", "--top", "1000"]);
        Ok(Self {
            command,
            counted: counted_by_syscount,
        })
    }
}

impl Design for Tool {
    fn attach(&mut self) -> Result<Box<dyn Attached + '_>> {
        Ok(Box::new(Watching {
            watcher: Watcher::start(&self.command)?,
            counted: self.counted,
            made: Vec::new(),
        }))
    }
}

/// A tool while it runs.
struct Watching {
    watcher: Watcher,
    counted: Counted,
    /// By each load until now.
    made: Vec<(Call, u64)>,
}

impl Watching {
    /// Compares what it counted, by all that it printed, with what was called.
    fn check(&self, text: &str) -> Result<()> {
        for call in Call::ALL {
            let of_call = self.made.iter().filter(|(made, _)| *made == call);
            let made: u64 = of_call.map(|(_, calls)| calls).sum();
            let counted = (self.counted)(text, call)?;
            let name = call.name();
            ensure!(
                counted >= made,
                "it counted {counted} of {made} calls of {name}"
            );
        }
        Ok(())
    }
}

impl Attached for Watching {
    fn measure(&mut self, load: &Load) -> Result<f64> {
        self.made.push((load.call, load.made()));
        load.own_ns()
    }

    fn detach(mut self: Box<Self>) -> Result<()> {
        let text = self.watcher.end()?;
        let checked = self.check(&text);
        checked.map_err(|error| self.watcher.explained(error))
    }
}

/// A line of `bpftrace -f json`.
#[derive(Deserialize)]
struct Printed {
    r#type: String,
    data: Value,
}

/// Of all processes, in the map `@calls`: a number, or an object that has a `count`, a key of process and
/// call.
fn counted_by_bpftrace(text: &str, call: Call) -> Result<u64> {
    let of_call = format!(",{}", call.number());
    for line in text.lines().filter(|line| !line.is_empty()) {
        let line: Printed = serde_json::from_str(line).context("it printed other than JSON")?;
        let calls = line.data.get("@calls").and_then(Value::as_object);
        if let ("map" | "stats", Some(calls)) = (line.r#type.as_str(), calls) {
            return sum(calls, &of_call);
        }
    }
    anyhow::bail!("it printed no map of calls")
}

fn sum(calls: &Map<String, Value>, of_call: &str) -> Result<u64> {
    let counts = calls.iter().filter(|(key, _)| key.ends_with(of_call));
    let count = |value: &Value| value.get("count").unwrap_or(value).as_u64();
    let counts = counts.map(|(_, value)| count(value));
    counts
        .sum::<Option<u64>>()
        .context("it printed a count that is none")
}

/// A line a call: its name, count, and microseconds.
fn counted_by_syscount(text: &str, call: Call) -> Result<u64> {
    let mut lines = text.lines().map(|line| line.split_whitespace());
    let mut line = lines
        .find(|line| line.clone().next() == Some(call.name()))
        .with_context(|| format!("it printed no line of {}", call.name()))?;
    let count = line.nth(1).unwrap_or_default();
    count
        .parse()
        .with_context(|| format!("`{count}` is no count"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bpftrace_counts_in_numbers_or_statistics() {
        let [getppid, read] = Call::ALL.map(Call::number);
        let text = format!(
            "{{\"type\": \"attached_probes\", \"data\": {{\"probes\": 1}}}}\n\n\
             {{\"type\": \"map\", \"data\": {{\"@calls\": {{\"7,{getppid}\": 5, \"8,{getppid}\": 6, \
             \"9,{read}\": 1}}}}}}\n"
        );
        let counted = |text, call| counted_by_bpftrace(text, call).map_err(|it| it.to_string());
        assert_eq!(counted(&text, Call::Getppid), Ok(11));
        assert_eq!(counted(&text, Call::Read), Ok(1));
        let text = format!(
            "{{\"type\": \"map\", \"data\": {{\"@least\": {{\"7,{read}\": 90}}}}}}\n\
             {{\"type\": \"stats\", \"data\": {{\"@calls\": {{\"7,{read}\": \
             {{\"count\": 4, \"average\": 100, \"total\": 400}}}}}}}}\n"
        );
        assert_eq!(counted(&text, Call::Read), Ok(4));
        assert_eq!(counted(&text, Call::Getppid), Ok(0));
        assert!(counted("", Call::Read).is_err());
    }

    #[test]
    fn syscount_has_a_line_a_call() {
        let text = "Tracing syscalls, printing top 500... Ctrl+C to quit.\n[14:23:11]\n\
            SYSCALL                   COUNT        TIME (us)\n\
            pread64                       9              1.000\n\
            getppid                 1000048       372619.835\n";
        let counted = |call| counted_by_syscount(text, call).map_err(|it| it.to_string());
        assert_eq!(counted(Call::Getppid), Ok(1_000_048));
        let missing = Err("it printed no line of read".to_owned());
        assert_eq!(counted(Call::Read), missing);
    }
}
