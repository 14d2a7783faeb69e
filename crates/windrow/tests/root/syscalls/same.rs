//! The same counts and errors as `strace -c -f` has of the same command.

use std::{collections::BTreeMap, process::Command};

use super::run::{program, run};
use crate::harness::{root_or_skip, skip};

/// Counts and errors by name.
type Counted = BTreeMap<String, (u64, u64)>;

/// Of a table such as
///
/// ```text
/// % time     seconds  usecs/call     calls    errors syscall
/// ------ ----------- ----------- --------- --------- ----------------
///  34.55    0.000019          19         1         1 access
/// ```
fn of_table(text: &str) -> Counted {
    let mut counted = Counted::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse().ok());
        let (Some(calls), Some(name)) = (number(3), words.last()) else {
            continue;
        };
        if *name != "total" {
            let errors = if words.len() == 6 { number(4) } else { None };
            counted.insert((*name).to_owned(), (calls, errors.unwrap_or(0)));
        }
    }
    counted
}

fn by_strace(command: &[&str]) -> Counted {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("table");
    let mut strace = Command::new("strace");
    strace.args(["-c", "-f", "-o"]).arg(&file).args(command);
    let ran = strace.output().expect("run");
    assert!(ran.status.success(), "{command:?}: {ran:?}");
    of_table(&std::fs::read_to_string(file).expect("text"))
}

fn by_windrow(command: &[&str]) -> Counted {
    let report = run(&[], command);
    assert_eq!(report.code, Some(0), "{command:?}: {}", report.stderr);
    let mut counted = Counted::new();
    for row in &report.rows {
        let name = row.name.clone().expect("asked for");
        let sum = counted.entry(name).or_default();
        *sum = (sum.0 + row.count, sum.1 + row.errors);
    }
    counted
}

#[test]
fn strace_counts_the_same() {
    const NAME: &str = "strace_counts_the_same";
    root_or_skip!("strace_counts_the_same");
    if Command::new("strace").arg("-V").output().is_err() {
        return skip(NAME, "no strace here");
    }
    let program = program();
    // None of these does more or less from run to run, as what waits for several others does.
    for command in [
        &["/bin/true"][..],
        &["ls", "-lR", "/usr/lib/systemd", "/usr/include"],
        &[
            "sh",
            "-c",
            "for i in 1 2 3 4 5; do /bin/true; /bin/echo $i; done",
        ],
        &[&program, "counts", "1", "500"],
        &[&program, "forks", "21"],
        &[&program, "vforks", "5", "/bin/true"],
        &[&program, "signals", "100"],
        &[&program, "refused", "500"],
    ] {
        let (ours, theirs) = (by_windrow(command), by_strace(command));
        assert_eq!(ours, theirs, "{command:?}");
    }
}
