//! That every system call is counted: of a storm of tasks which call without a pause and preempt each
//! other on both processors, and are counted twice at once, alone and as a part of the whole guest.

use serde_json::Value;

use crate::vm::boot::Frame;
use crate::vm::check::Check;

/// The check of system calls; its number is how many reads were counted.
pub const CHECK: Check = Check {
    name: "calls",
    modules: &[],
    script: SCRIPT,
    judge,
};

/// What the guest's shell runs: each task of the storm starts one `dd` after the other, and each
/// `dd` reads and writes as often as it is told, and not once more. Rows are summed up here, since
/// the serial port is slow.
const SCRIPT: &str = r#"#!/bin/sh
export tasks=64 rounds=4 calls=1000
windrow syscalls --json --window 200ms --duration 3s -o /tmp/guest &
guest=$!
until grep -qs '"type":"start"' /tmp/guest; do
	kill -0 $guest || exit 1
	sleep 0.1
done
windrow syscalls --json --window 200ms -o /tmp/command -- sh -c '
	for task in $(seq $tasks); do
		for round in $(seq $rounds); do
			dd if=/dev/zero of=/dev/null bs=1 count=$calls status=none || exit
		done &
	done
	wait' || exit 1
wait $guest || exit 1
tail -n 1 /tmp/guest
tail -n 1 /tmp/command
awk -v made=$((tasks * rounds * calls)) '
	function value(name) {
		match($0, "\"" name "\":[^,}]*")
		return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
	}
	/"type":"window"/ {
		without = value("without_quantiles")
	}
	/"type":"syscall"/ && value("comm") == "\"dd\"" {
		count[value("name")] += value("count")
		unexplained += value("p50_ns") == "null" && without == 0
	}
	END {
		printf "{\"type\":\"sums\",\"made\":%d,\"read\":%d,\"write\":%d,\"unexplained\":%d}\n",
			made, count["\"read\""], count["\"write\""], unexplained
	}' /tmp/command
"#;

/// What a run's summary must say: nothing is left over, and the kernel ran the programs every time.
const ZERO: [&str; 5] = [
    "residue_events",
    "residue_ns",
    "residue_exits",
    "residue_enters",
    "lost",
];

fn judge(frame: &Frame) -> Result<u64, String> {
    if let Some(problem) = frame.bad_exit() {
        return Err(problem);
    }
    let lines: Vec<Value> = frame.json().collect();
    let [guest, command, sums] = lines.as_slice() else {
        return Err("did not print two summaries and the sums of rows".to_owned());
    };
    for (whose, summary) in [("the guest's", guest), ("the command's", command)] {
        if let Some(name) = ZERO.into_iter().find(|name| summary[name] != 0) {
            return Err(format!("has {whose} {name} at {}", summary[name]));
        }
    }
    let made = &sums["made"];
    for name in ["read", "write"] {
        if sums[name] != *made {
            return Err(format!("counted {} of {made} {name}s", sums[name]));
        }
    }
    if sums["unexplained"] != 0 {
        let rows = &sums["unexplained"];
        return Err(format!("has {rows} rows without quantiles, and no reason"));
    }
    made.as_u64()
        .filter(|made| *made > 0)
        .ok_or_else(|| "made no calls".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = r#"{"type":"summary","residue_events":0,"residue_ns":0,"residue_exits":0,"residue_enters":0,"lost":0}"#;
    const SUMS: &str = r#"{"type":"sums","made":800,"read":800,"write":800,"unexplained":0}"#;

    /// What comes of an output whose command's summary and sums are changed a little.
    fn judged(summary: (&str, &str), sums: (&str, &str)) -> Result<u64, String> {
        let lines = [
            SUMMARY.to_owned(),
            SUMMARY.replace(summary.0, summary.1),
            SUMS.replace(sums.0, sums.1),
        ];
        judge(&Frame {
            name: CHECK.name.to_owned(),
            exit: Some(0),
            lines: lines.into(),
        })
    }

    #[test]
    fn all_calls_are_counted() {
        assert_eq!(judged(("", ""), ("", "")), Ok(800));
        let missing = judged(("", ""), (r#""write":800"#, r#""write":799"#));
        assert_eq!(missing, Err("counted 799 of 800 writes".to_owned()));
        let none = judged(("", ""), ("800", "0"));
        assert_eq!(none, Err("made no calls".to_owned()));
    }

    #[test]
    fn nothing_is_left_over_and_nothing_lost() {
        let lost = judged((r#""lost":0"#, r#""lost":7"#), ("", ""));
        assert_eq!(lost, Err("has the command's lost at 7".to_owned()));
        let unknown = judged(
            (r#""residue_enters":0"#, r#""residue_enters":null"#),
            ("", ""),
        );
        assert!(unknown.is_err());
    }

    #[test]
    fn quantiles_are_missing_only_for_a_reason() {
        let missing = judged(("", ""), (r#""unexplained":0"#, r#""unexplained":2"#));
        assert!(missing.is_err());
    }
}
