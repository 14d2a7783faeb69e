//! Processes whose numbers differ from those that the host gives them.

use std::{collections::BTreeSet, fs, process::Command};

use nix::libc::{SYS_execve, SYS_getppid};

use super::{
    report::Report,
    run::{program, under},
};
use crate::harness::{
    counting::{FIRST, Written, has_pid_namespaces},
    root_or_skip,
};

#[test]
fn a_command_in_a_pid_namespace_is_counted_under_both_numbers() {
    const NAME: &str = "a_command_in_a_pid_namespace_is_counted_under_both_numbers";
    root_or_skip!("a_command_in_a_pid_namespace_is_counted_under_both_numbers");
    if !has_pid_namespaces(NAME) {
        return;
    }
    let report = under(&FIRST, &[], &[&program(), "ends", "100", "5"]);
    assert_eq!(report.code, Some(5), "{}", report.stderr);
    assert_eq!(report.start.pid, 1, "windrow is the first process there");
    report.assert(SYS_getppid, 100, 0);
    report.assert(SYS_execve, 1, 0);
    let pids: BTreeSet<_> = report
        .rows
        .iter()
        .map(|row| (row.pid, row.ns_pid))
        .collect();
    let pids: Vec<_> = pids.into_iter().collect();
    let [(Some(pid), Some(ns_pid))] = pids[..] else {
        panic!("one process with two numbers: {pids:?}");
    };
    assert!(ns_pid > 1 && ns_pid < 100 && pid > ns_pid, "{pid} {ns_pid}");
}

#[test]
fn a_pid_is_meant_as_it_is_seen_from_inside() {
    const NAME: &str = "a_pid_is_meant_as_it_is_seen_from_inside";
    root_or_skip!("a_pid_is_meant_as_it_is_seen_from_inside");
    if !has_pid_namespaces(NAME) {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path().display();
    // The command that is counted lets two processes go on that wait; one of them was asked for.
    let script = format!(
        "mkfifo {folder}/one {folder}/two
        {0} held ends 100 0 <{folder}/one >/dev/null & one=$!
        {0} held ends 50 0 <{folder}/two >/dev/null & two=$!
        exec 8>{folder}/one 9>{folder}/two
        {1} syscalls --json -o {folder}/lines --pid $one --duration 1m & counts=$!
        until [ -s {folder}/lines ]; do kill -0 $counts || exit 1; sleep .01; done
        echo >&8; echo >&9
        wait $one && wait $two && kill -TERM $counts && wait $counts && echo $one",
        program(),
        env!("CARGO_BIN_EXE_windrow"),
    );
    let ran = Command::new(FIRST[0])
        .args(&FIRST[1..])
        .args(["sh", "-c", &script])
        .output()
        .expect("run");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{said}");
    let pid = String::from_utf8_lossy(&ran.stdout);
    let pid: u32 = pid.trim().parse().expect("a number");
    let lines = fs::read_to_string(directory.path().join("lines")).expect("lines");
    let report = Report::read(Written {
        lines,
        code: Some(0),
        stdout: String::new(),
        stderr: said,
    });
    report.assert(SYS_getppid, 100, 0);
    // Tasks outside were counted, and cannot be looked at.
    assert_eq!(report.summary.residue_enters, None);
    for row in &report.rows {
        assert_eq!(row.ns_pid, Some(pid), "{row:?}");
        assert_ne!(row.pid, Some(pid), "{row:?}");
    }
}
