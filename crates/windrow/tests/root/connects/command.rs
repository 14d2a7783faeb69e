//! `windrow connects -- COMMAND`: it ends as the command does, and counts what is the command's.

use std::thread;

use super::run::Room;
use crate::harness::{
    counting::{FIRST, has_pid_namespaces},
    root_or_skip,
};

#[test]
fn it_ends_with_the_commands_exit_code() {
    root_or_skip!("it_ends_with_the_commands_exit_code");
    let room = Room::new();
    for code in [0, 3] {
        let report = room.try_run(&[], &[], &format!("ends 10 {code}"));
        assert_eq!(report.code, Some(code), "{}", report.stderr);
        assert_eq!(report.summary.exit_code, Some(code));
        report.assert_told();
        report.assert_ended();
    }
}

#[test]
fn what_others_connect_is_not_its() {
    root_or_skip!("what_others_connect_is_not_its");
    let [room, elsewhere] = [Room::new(), Room::new()];
    thread::scope(|scope| {
        let other = scope.spawn(|| elsewhere.play("storm 2 1 10000"));
        let report = room.run_as_told(&[], "ends 100 0");
        assert_eq!(report.summary.sums.attempts, 100);
        assert_eq!(report.summary.sums.accepted, 100);
        other.join().expect("the other");
    });
}

#[test]
fn a_process_in_a_pid_namespace_has_both_numbers() {
    const NAME: &str = "a_process_in_a_pid_namespace_has_both_numbers";
    root_or_skip!("a_process_in_a_pid_namespace_has_both_numbers");
    if !has_pid_namespaces(NAME) {
        return;
    }
    let report = Room::new().try_run(&FIRST, &[], "ends 50 5");
    assert_eq!(report.code, Some(5), "{}", report.stderr);
    // What processes tell is their number in there.
    for it in super::told::told(&report.stdout) {
        let its = |row: &super::lines::Row| row.dir == it.dir && row.ns_pid == Some(it.pid);
        assert_eq!(report.sum(its), it.sum, "{it:?}");
        for row in report.rows.iter().filter(|row| its(row)) {
            assert!(row.pid.is_some_and(|pid| pid > it.pid), "{row:?}");
        }
    }
}
