//! What a guest's output says about a kernel: one row, as a table or as JSON. The columns are
//! read by other programs; add to them, do not rename them.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::vm::boot::{Frame, Transcript};
use crate::vm::check::Check;
use crate::vm::{Boot, Payload};

mod table;

pub use table::table;

/// How many last lines of a log a failure shows.
const LAST_LINES: usize = 15;

/// The result of one kernel. Numbers are `None` until some payload has reported them.
#[derive(Debug)]
pub struct Row {
    /// The guest that it is about.
    pub boot: Boot,
    /// Why the kernel failed and where to read on, unless it passed.
    pub problem: Option<String>,
    release: String,
    /// How the guest's kernel preempts, by its own word.
    preempt: Option<String>,
    loaded: bool,
    /// Packets and bytes that were counted by only one side, over all payloads.
    residue: Option<u64>,
    packets: Option<u64>,
    /// Packets that the demonstration's own link dropped before any hook.
    dropped: Option<u64>,
    sent: Option<u64>,
    /// The hook that each payload got, in the payloads' order: asking for tcx may give clsact.
    hooks: Vec<(&'static str, Option<String>)>,
    /// What each check found, in their order.
    checks: Vec<(&'static str, Option<u64>)>,
    /// From qemu's start until the first program ran.
    until_up: Duration,
    total: Duration,
}

impl Row {
    /// Judges a transcript. A kernel passes when every payload ended with 0, counted all packets
    /// that it sent and its link did not drop, and left no residue, on a hook that it may have,
    /// when every check passed, and when it preempts as it was asked to.
    pub fn read(
        boot: Boot,
        payloads: &[Payload],
        checks: &[Check],
        transcript: &Transcript,
    ) -> Self {
        let mut row = Self {
            boot,
            problem: None,
            release: transcript.release.clone(),
            preempt: transcript.preempt.clone(),
            loaded: true,
            residue: None,
            packets: None,
            dropped: None,
            sent: None,
            hooks: Vec::new(),
            checks: Vec::new(),
            until_up: transcript.boot,
            total: transcript.total,
        };
        let mut problems = Vec::new();
        if transcript.timed_out {
            problems.push(format!(
                "the guest was ended after {} s",
                transcript.total.as_secs()
            ));
        }
        problems.extend(row.other_preemption());
        for payload in payloads {
            let frame = transcript.frame(payload.name);
            let problem = match frame {
                Some(frame) => row.take(payload, frame),
                None => {
                    row.loaded = false;
                    row.hooks.push((payload.name, None));
                    Some("did not begin".to_owned())
                }
            };
            problems.extend(problem.map(|text| format!("{} {text}", payload.name)));
        }
        for check in checks {
            let judged = match transcript.frame(check.name) {
                Some(frame) => (check.judge)(frame),
                None => Err("did not begin".to_owned()),
            };
            row.checks.push((check.name, judged.as_ref().ok().copied()));
            let problem = judged.err();
            problems.extend(problem.map(|text| format!("{} {text}", check.name)));
        }
        if !problems.is_empty() {
            row.problem = Some(format!("{}{}", problems.join("; "), ends(transcript)));
        }
        row
    }

    /// What is wrong with the preemption, in a guest that came up.
    fn other_preemption(&self) -> Option<String> {
        let asked = self.boot.preempt?;
        let found = self.preempt.as_deref();
        let is_other = !self.release.is_empty() && found != Some(asked);
        let found = found.unwrap_or("none that it names");
        is_other.then(|| format!("was asked for preempt={asked} and has {found}"))
    }

    /// Adds what one payload says; gives what is wrong with it.
    fn take(&mut self, payload: &Payload, frame: &Frame) -> Option<String> {
        let start = last_of_type(frame, "start");
        let hook = start.as_ref().and_then(|it| it["hook"].as_str());
        self.hooks.push((payload.name, hook.map(str::to_owned)));
        let summary = last_of_type(frame, "summary");
        let number = |name: &str| summary.as_ref().and_then(|it| it[name].as_u64());
        let residue = summary.as_ref().and_then(residue_of);
        let (packets, sent) = (number("packets"), number("sent_packets"));
        let dropped = number("dropped_packets");
        add(&mut self.residue, residue);
        add(&mut self.packets, packets);
        add(&mut self.dropped, dropped);
        add(&mut self.sent, sent);

        if let Some(problem) = frame.bad_exit() {
            self.loaded = false;
            return Some(problem);
        }
        let Some(hook) = hook else {
            return Some("did not say its hook".to_owned());
        };
        if !payload.hooks.contains(&hook) {
            return Some(format!(
                "ran on the hook {hook}, which is not what it asked for"
            ));
        }
        let (Some(residue), Some(packets), Some(dropped), Some(sent)) =
            (residue, packets, dropped, sent)
        else {
            return Some("printed no complete summary".to_owned());
        };
        if residue != 0 {
            return Some(format!("left a residue of {residue}"));
        }
        // Of packets that never come to a hook nothing is learned.
        if packets == 0 || packets + dropped != sent {
            return Some(format!(
                "counted {packets} of {sent} sent packets, and its link dropped {dropped}"
            ));
        }
        None
    }

    /// The row as one JSON object.
    pub fn json(&self) -> Value {
        let mut object = json!({
            "kernel": self.boot.kernel.name,
            "release": self.release,
            "preempt": self.preempt,
            "loaded": self.loaded,
            "residue": self.residue,
            "packets": self.packets,
            "dropped": self.dropped,
            "sent": self.sent,
            "boot_seconds": tenths(self.until_up),
            "seconds": tenths(self.total),
            "passed": self.problem.is_none(),
        });
        for (name, hook) in &self.hooks {
            object[column(name)] = json!(hook);
        }
        for (name, found) in &self.checks {
            object[*name] = json!(found);
        }
        object
    }
}

/// A payload's column; `hook` is what asking for tcx gave.
fn column(payload: &str) -> &str {
    if payload == "tcx" { "hook" } else { payload }
}

/// The last JSON line with this `type`.
fn last_of_type(frame: &Frame, kind: &str) -> Option<Value> {
    frame.json().rev().find(|line| line["type"] == kind)
}

/// The sum of both residues, without their signs.
fn residue_of(summary: &Value) -> Option<u64> {
    let one = |name: &str| summary[name].as_i64().map(i64::unsigned_abs);
    Some(one("residue_packets")? + one("residue_bytes")?)
}

fn add(sum: &mut Option<u64>, value: Option<u64>) {
    if let Some(value) = value {
        *sum = Some(sum.unwrap_or(0) + value);
    }
}

fn tenths(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

/// The ends of both logs, with their paths.
fn ends(transcript: &Transcript) -> String {
    let one = |log: &Path| {
        let text = std::fs::read(log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
        let shown: String = last.iter().map(|line| format!("\n    {line}")).collect();
        format!("\n  end of {}:{shown}", log.display())
    };
    one(&transcript.output_log) + &one(&transcript.console_log)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::PAYLOADS;
    use crate::vm::cleanup;
    use crate::vm::kernel::KERNELS;

    fn frame(name: &str, exit: Option<i32>, counted: u64, residue: i64) -> Frame {
        let hook = if name == "tcx" { "clsact" } else { name };
        Frame {
            name: name.to_owned(),
            exit,
            lines: vec![
                format!("{{\"type\":\"start\",\"hook\":\"{hook}\"}}"),
                "a note on stderr".to_owned(),
                format!(
                    "{{\"type\":\"summary\",\"sent_packets\":40,\"dropped_packets\":0,\"packets\":{counted},\"residue_packets\":{residue},\"residue_bytes\":0}}"
                ),
            ],
        }
    }

    /// A guest whose cleanup is in order, as far as it came.
    fn row(frames: Vec<Frame>) -> Row {
        row_asked(None, frames)
    }

    /// The same, asked for a preemption; it has `voluntary`.
    fn row_asked(preempt: Option<&'static str>, mut frames: Vec<Frame>) -> Row {
        if frames.iter().all(|frame| frame.exit.is_some()) {
            frames.push(cleanup::tests::passed());
        }
        let transcript = Transcript {
            release: "6.1.0-50-cloud-amd64".to_owned(),
            preempt: Some("voluntary".to_owned()),
            frames,
            boot: Duration::from_millis(2300),
            total: Duration::from_millis(6500),
            ..Transcript::default()
        };
        let kernel = &KERNELS[0];
        Row::read(
            Boot { kernel, preempt },
            &PAYLOADS,
            &[cleanup::CHECK],
            &transcript,
        )
    }

    fn first_problem(row: &Row) -> &str {
        let problem = row.problem.as_deref().unwrap_or_default();
        problem.lines().next().unwrap_or_default()
    }

    #[test]
    fn a_good_kernel_gives_its_columns() {
        let row = row(vec![
            frame("tcx", Some(0), 40, 0),
            frame("xdp", Some(0), 40, 0),
        ]);
        assert_eq!(row.problem, None);
        let expected = "\
kernel  loaded  residue  hook    xdp  packets  dropped  sent  cleanup  boot  seconds  preempt    release
6.1     yes     0        clsact  xdp  80       0        80    2        2.3   6.5      voluntary  6.1.0-50-cloud-amd64
";
        assert_eq!(table(std::slice::from_ref(&row)), expected);
        let object = row.json();
        assert_eq!(object["loaded"], true);
        assert_eq!(object["residue"], 0);
        assert_eq!(object["hook"], "clsact");
        assert_eq!(object["xdp"], "xdp");
        assert_eq!(object["preempt"], "voluntary");
    }

    #[test]
    fn another_preemption_than_asked_for_fails() {
        let good = |hook| frame(hook, Some(0), 40, 0);
        let row = |asked| row_asked(Some(asked), vec![good("tcx"), good("xdp")]);
        assert_eq!(row("voluntary").problem, None);
        assert_eq!(
            first_problem(&row("lazy")),
            "was asked for preempt=lazy and has voluntary"
        );
    }

    #[test]
    fn lost_packets_fail_though_all_exits_are_0() {
        let row = row(vec![
            frame("tcx", Some(0), 39, 0),
            frame("xdp", Some(0), 40, 0),
        ]);
        assert!(row.loaded);
        assert_eq!(
            first_problem(&row),
            "tcx counted 39 of 40 sent packets, and its link dropped 0",
            "{row:?}"
        );
    }

    #[test]
    fn packets_that_the_link_dropped_are_shown_and_not_lost() {
        let two_dropped = |counted| {
            let mut tcx = frame("tcx", Some(0), counted, 0);
            tcx.lines[2] = tcx.lines[2].replace("dropped_packets\":0", "dropped_packets\":2");
            row(vec![tcx, frame("xdp", Some(0), 40, 0)])
        };
        let row = two_dropped(38);
        assert_eq!(row.problem, None);
        assert_eq!(row.json()["dropped"], 2);
        let row = two_dropped(37);
        assert_eq!(
            first_problem(&row),
            "tcx counted 37 of 40 sent packets, and its link dropped 2"
        );
    }

    #[test]
    fn another_hook_than_asked_for_fails() {
        let mut other = frame("xdp", Some(0), 40, 0);
        other.lines[0] = other.lines[0].replace("xdp", "tcx");
        let row = row(vec![frame("tcx", Some(0), 40, 0), other]);
        assert_eq!(
            first_problem(&row),
            "xdp ran on the hook tcx, which is not what it asked for"
        );
    }

    #[test]
    fn residues_do_not_cancel_out() {
        let row = row(vec![
            frame("tcx", Some(0), 40, -3),
            frame("xdp", Some(0), 40, 3),
        ]);
        assert_eq!(row.residue, Some(6));
        assert_eq!(
            first_problem(&row),
            "tcx left a residue of 3; xdp left a residue of 3"
        );
    }

    #[test]
    fn a_guest_that_dies_is_not_loaded() {
        let row = row(vec![frame("tcx", None, 40, 0)]);
        assert!(!row.loaded);
        assert_eq!(
            first_problem(&row),
            "tcx did not end; xdp did not begin; cleanup did not begin"
        );
    }

    #[test]
    fn nothing_sent_is_no_pass() {
        let mut empty = frame("tcx", Some(0), 0, 0);
        empty.lines[2] = empty.lines[2].replace(":40", ":0");
        let row = row(vec![empty, frame("xdp", Some(0), 40, 0)]);
        assert!(row.problem.is_some());
    }
}
