//! What a killed windrow leaves in a guest, and that `windrow cleanup` removes it and nothing else:
//! filters where traffic control has no links, nothing elsewhere.

use serde_json::Value;

use crate::vm::boot::Frame;
use crate::vm::check::Check;

/// The check of leftovers; its number is how many filters were removed.
pub const CHECK: Check = Check {
    name: "cleanup",
    modules: &[],
    script: SCRIPT,
    judge,
};

/// Filters of one windrow: one a direction.
const FILTERS: u64 = 2;

/// What the guest's shell runs. The first windrow is killed, and its leftovers are the next one's to
/// remove, and asks for all that the programs have code for; the third is killed beside one that goes on, and its leftovers are left to `cleanup`.
const SCRIPT: &str = r#"#!/bin/sh
start() {
	name=$1
	shift
	windrow monitor "$@" --json --memory 4M --window 100ms > "/tmp/$name" &
	eval "$name=$!"
	until grep -q '"type":"start"' "/tmp/$name"; do
		sleep 0.1
	done
	head -n 1 "/tmp/$name"
}
start first lo
kill -KILL $first
wait $first
start second -i any --by src/24,dst/16/48,dport,iface,dir,vlan,tos 'not tcp port 1 or vlan'
windrow cleanup || exit 1
start third lo
kill -KILL $third
wait $third
windrow cleanup || exit 1
windrow cleanup || exit 1
kill -TERM $second
wait $second || exit 1
tail -n 1 /tmp/second
"#;

fn judge(frame: &Frame) -> Result<u64, String> {
    if let Some(problem) = frame.bad_exit() {
        return Err(problem);
    }
    let json: Vec<Value> = frame.json().collect();
    let Some(hook) = json.first().and_then(|start| start["hook"].as_str()) else {
        return Err("did not say its hook".to_owned());
    };
    let of_each_run: &[u64] = if hook == "clsact" {
        &[0, FILTERS, 0]
    } else {
        &[0, 0, 0]
    };
    let removed = removed(&frame.lines);
    if removed != of_each_run {
        return Err(format!("removed {removed:?} filters, not {of_each_run:?}"));
    }
    if json
        .last()
        .is_none_or(|summary| summary["type"] != "summary")
    {
        return Err("took the filters of a windrow that ran".to_owned());
    }
    Ok(removed.iter().sum())
}

/// What each run of `cleanup` removed; its last line says what came of it.
fn removed(lines: &[String]) -> Vec<u64> {
    let (mut runs, mut removed) = (Vec::new(), 0);
    for line in lines {
        if line.starts_with("removed ") {
            removed += 1;
        } else if line.starts_with("nothing to remove") || line.contains("filters removed") {
            runs.push(std::mem::take(&mut removed));
        }
    }
    runs
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The output of a guest with clsact where all is well.
    pub fn passed() -> Frame {
        frame("clsact", &[&[NOTHING][..], &TWO, &[NOTHING]].concat())
    }

    fn frame(hook: &str, cleanups: &[&str]) -> Frame {
        let mut lines = vec![format!("{{\"type\":\"start\",\"hook\":\"{hook}\"}}")];
        lines.extend(cleanups.iter().map(|line| (*line).to_owned()));
        lines.push("{\"type\":\"summary\"}".to_owned());
        Frame {
            name: CHECK.name.to_owned(),
            exit: Some(0),
            lines,
        }
    }

    const NOTHING: &str =
        "nothing to remove: no killed windrow left a filter at the 1 interface here";
    const TWO: [&str; 3] = [
        "removed a",
        "removed b",
        "2 filters removed; 2 filters of running windrows",
    ];

    #[test]
    fn clsact_has_leftovers_and_tcx_has_none() {
        assert_eq!(judge(&passed()), Ok(2));
        let mut wrong = passed();
        wrong.lines[0] = wrong.lines[0].replace("clsact", "tcx");
        assert!(judge(&wrong).is_err());
        let none = [NOTHING; 3];
        assert_eq!(judge(&frame("tcx", &none)), Ok(0));
        assert!(judge(&frame("clsact", &none)).is_err());
    }

    #[test]
    fn a_script_that_fails_is_no_pass() {
        let mut failed = frame("tcx", &[NOTHING; 3]);
        failed.exit = Some(1);
        assert_eq!(judge(&failed), Err("exited with 1".to_owned()));
        failed.exit = None;
        assert_eq!(judge(&failed), Err("did not end".to_owned()));
    }
}
