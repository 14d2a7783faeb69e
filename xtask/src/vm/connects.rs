//! That every TCP connection is counted, on both sides: of a storm of clients which connect without a pause, are
//! refused, have no way and give up, counted twice at once, alone and as a part of the whole guest.

use serde_json::Value;

use crate::vm::boot::Frame;
use crate::vm::check::Check;

pub mod storm;

/// The check of connections; its number is how many were established.
pub const CHECK: Check = Check {
    name: "connects",
    modules: &[],
    script: SCRIPT,
    judge,
};

/// What the guest's shell runs: the storm says what it did itself. Rows are summed up here, since the
/// serial port is slow. What goes to the lone address comes back over `lo`, and is dropped there.
const SCRIPT: &str = r#"#!/bin/sh
# The first connections make the kernel rewrite code that connects run, which is not for a storm.
nc 127.0.0.1 4000 2>/dev/null
nc ::1 4000 2>/dev/null
rm -f /tmp/guest /tmp/command
ip route add 198.51.100.1 dev lo src 127.0.0.1 || exit 1
# What comes in interrupts comes in the middle of what tasks do.
echo 3 >/sys/class/net/lo/queues/rx-0/rps_cpus || exit 1
windrow connects --json --health --window 200ms -o /tmp/guest &
guest=$!
until grep -qs '"type":"start"' /tmp/guest; do
	kill -0 $guest || exit 1
	sleep 0.1
done
windrow connects --json --health --window 200ms -o /tmp/command -- xtask storm || exit 1
kill -TERM $guest
wait $guest || exit 1
case $(uname -r) in
[1-6].*) echo '{"type":"kernel","preempts":false}' ;;
*) echo '{"type":"kernel","preempts":true}' ;;
esac
tail -n 1 /tmp/guest
tail -n 1 /tmp/command
awk '
	function value(name) {
		match($0, "\"" name "\":[^,}]*")
		return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
	}
	/"type":"connect"/ && value("dir") == "\"out\"" {
		attempts += value("attempts")
		established += value("established")
		refused += value("refused")
		unreachable += value("unreachable")
		abandoned += value("abandoned")
		out += value("closed")
	}
	/"type":"connect"/ && value("dir") == "\"in\"" {
		accepted += value("established")
		back += value("closed")
	}
	END {
		printf "{\"type\":\"sums\",\"attempts\":%d,\"established\":%d,\"accepted\":%d,\"closed\":%d,",
			attempts, established, accepted, out + back
		printf "\"failed_by\":{\"refused\":%d,\"unreachable\":%d,\"abandoned\":%d}}\n",
			refused, unreachable, abandoned
	}' /tmp/command
"#;

/// What a run's summary must say: nothing is left over or unexplained.
const ZERO: [&str; 9] = [
    "residue_events",
    "residue_ns",
    "residue_attempts",
    "residue_established",
    "residue_failed",
    "residue_closed",
    "unkept",
    "in_flight_sockets",
    "unknown_listener",
];

/// And what is left of attempts whose other end was left out.
const HALVES: [&str; 2] = ["begun_before", "overtaken"];

/// The kernel leaves out a change or two of a storm that comes in the middle of others, and does not always say so:
/// of so many ends one.
const LEFT_OUT: u64 = 1000;
/// Where tasks are preempted in programs, it is as many as there are tasks in the middle of one: few, but on an
/// emulated CPU that its host takes away. One program alone misses one in 10 to 25.
const LEFT_OUT_PREEMPTED: u64 = 50;

/// What is not 0 then.
const FEW: [&str; 3] = ["in_flight", "residue_in_flight", "lost"];

fn judge(frame: &Frame) -> Result<u64, String> {
    if let Some(problem) = frame.bad_exit() {
        return Err(problem);
    }
    let lines: Vec<Value> = frame.json().collect();
    let [storm, kernel, guest, command, rows] = lines.as_slice() else {
        return Err("did not print what was done, two summaries and the sums of rows".to_owned());
    };
    let preempts = kernel["preempts"] == true;
    let left_out = if preempts {
        LEFT_OUT_PREEMPTED
    } else {
        LEFT_OUT
    };
    let halves: &[&str] = if preempts { &[] } else { &HALVES };
    let established = storm["established"].as_u64().unwrap_or(0);
    // What is lost grows with what the host takes away from the guest, and is no count that is wrong.
    let most = |name: &str| match name {
        "lost" => established / LEFT_OUT_PREEMPTED,
        _ => established / left_out,
    };
    for (whose, summary) in [("the guest's", guest), ("the command's", command)] {
        if let Some(name) = (ZERO.iter().chain(halves)).find(|name| summary[name] != 0) {
            return Err(format!("has {whose} {name} at {}", summary[name]));
        }
        let is_few = |name: &&str| summary[*name].as_u64().is_some_and(|it| it <= most(name));
        if let Some(name) = FEW.iter().find(|name| !is_few(name)) {
            return Err(format!("has {whose} {name} at {}", summary[name]));
        }
    }
    let lost = |summary: &Value| summary["lost"].as_u64().unwrap_or(0);
    let counted = [
        ("for the guest", guest, lost(guest)),
        ("for the command", command, lost(command)),
        ("in rows", rows, lost(command)),
    ];
    for (name, made) in made(storm) {
        for (at, counts, lost) in counted {
            let found = counts.pointer(name).and_then(Value::as_u64);
            // Nothing is made up in the place of what is left out, but that connect() which tells of an error that
            // nobody heard of is an attempt of its own.
            // A refusal is heard of where connect() tells of it, but not as what has become of its attempt.
            let comes_in = ["/established", "/accepted", "/closed", "/failed_by/refused"];
            let may_be_missed = preempts || comes_in.contains(&name);
            let least = made - u64::from(may_be_missed) * (made / left_out);
            let at_most = made + u64::from(preempts) * lost;
            if !found.is_some_and(|found| (least..=at_most).contains(&found)) {
                let found = found.map_or("none".to_owned(), |found| found.to_string());
                return Err(format!("counted {at} {found} of {made} {name}"));
            }
        }
    }
    storm["established"]
        .as_u64()
        .filter(|established| *established > 0)
        .ok_or_else(|| "made no connections".to_owned())
}

/// What the storm did, by where it is counted.
fn made(storm: &Value) -> [(&'static str, u64); 7] {
    let number = |name: &str| storm[name].as_u64().unwrap_or(0);
    let failed = number("refused") + number("unreachable") + number("abandoned");
    [
        ("/attempts", number("established") + failed),
        ("/established", number("established")),
        ("/accepted", number("accepted")),
        ("/closed", number("established") + number("accepted")),
        ("/failed_by/refused", number("refused")),
        ("/failed_by/unreachable", number("unreachable")),
        ("/failed_by/abandoned", number("abandoned")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORM: &str = r#"{"type":"storm","established":800,"accepted":800,"refused":30,"unreachable":20,"abandoned":10}"#;
    const COUNTED: &str = r#""attempts":860,"established":800,"accepted":800,"closed":1600,"failed_by":{"refused":30,"unreachable":20,"abandoned":10}"#;

    /// What comes of an output whose command's summary and sums of rows are changed a little.
    fn judged(summary: (&str, &str), rows: (&str, &str)) -> Result<u64, String> {
        judged_where(false, summary, rows)
    }

    fn judged_where(
        preempts: bool,
        summary: (&str, &str),
        rows: (&str, &str),
    ) -> Result<u64, String> {
        let zero = ZERO.iter().chain(&HALVES).chain(&FEW);
        let zero: Vec<String> = zero.map(|name| format!("\"{name}\":0")).collect();
        let guest = format!("{{\"type\":\"summary\",{},{COUNTED}}}", zero.join(","));
        let lines = [
            STORM.to_owned(),
            format!("{{\"type\":\"kernel\",\"preempts\":{preempts}}}"),
            guest.clone(),
            guest.replace(summary.0, summary.1),
            format!("{{\"type\":\"sums\",{COUNTED}}}").replace(rows.0, rows.1),
        ];
        judge(&Frame {
            name: CHECK.name.to_owned(),
            exit: Some(0),
            lines: lines.into(),
        })
    }

    #[test]
    fn all_connections_are_counted_on_both_sides() {
        assert_eq!(judged(("", ""), ("", "")), Ok(800));
        let missing = judged(("", ""), (r#""accepted":800"#, r#""accepted":799"#));
        let expected = "counted in rows 799 of 800 /accepted";
        assert_eq!(missing, Err(expected.to_owned()));
        let unsaid = judged((r#""refused":30"#, r#""other":30"#), ("", ""));
        let expected = "counted for the command none of 30 /failed_by/refused";
        assert_eq!(unsaid, Err(expected.to_owned()));
    }

    #[test]
    fn nothing_is_left_over_and_nothing_lost() {
        let lost = judged((r#""lost":0"#, r#""lost":17"#), ("", ""));
        assert_eq!(lost, Err("has the command's lost at 17".to_owned()));
        let attempts = judged((r#""attempts":860"#, r#""attempts":859"#), ("", ""));
        assert!(attempts.is_err());
        let less = (r#""lost":0,"#, r#""lost":7,"attempts":853,"#);
        let rows = (r#""attempts":860"#, r#""attempts":853"#);
        assert_eq!(judged_where(true, less, rows), Ok(800));
        let unsaid = (r#""attempts":860"#, r#""attempts":861"#);
        assert!(judged_where(true, ("", ""), unsaid).is_err());
        let many = (r#""lost":0"#, r#""lost":17"#);
        assert!(judged_where(true, many, ("", "")).is_err());
        let unknown = judged(
            (r#""residue_in_flight":0"#, r#""residue_in_flight":null"#),
            ("", ""),
        );
        assert!(unknown.is_err());
    }
}
