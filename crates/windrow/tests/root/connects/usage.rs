//! Bad invocations: one sentence that says what to do, the right exit code, and no command started.

use crate::harness::{monitor::windrow, root_or_skip};

/// What is asked for, and what the answer says.
type Case = (&'static [&'static str], &'static [&'static str]);

const CASES: &[Case] = &[
    (&["--by", "sport"], &["sport"]),
    (&["--by", "pid,pid"], &["pid is given twice"]),
    (&["--by", "dst/33"], &["dst/33"]),
    (&["--by", "dport/8"], &["dport/8"]),
    (&["--sort", "count"], &["count", "attempts"]),
    (&["--syscall", "read"], &["--syscall"]),
    (&["--pid", "4194305"], &["--pid", "no process 4194305"]),
    (&["--json", "--csv"], &["--json", "--csv"]),
];

#[test]
fn bad_invocations_are_told_in_a_sentence_and_start_nothing() {
    root_or_skip!("bad_invocations_are_told_in_a_sentence_and_start_nothing");
    for (arguments, parts) in CASES {
        for rest in [&["--duration", "100ms"][..], &["--", "echo", "started"]] {
            let mut windrow = windrow(&["connects"]);
            let output = windrow.args(*arguments).args(rest).output().expect("run");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
            assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
            let usage = said.starts_with("error: ");
            assert!(usage || said.starts_with("windrow: "), "{said}");
            assert!(usage || said.lines().count() == 1, "{said}");
            for part in *parts {
                assert!(said.contains(part), "{arguments:?}: {part:?} in {said}");
            }
        }
    }
}
