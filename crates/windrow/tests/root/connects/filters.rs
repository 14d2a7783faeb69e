//! Whose connections are counted, and what they are grouped by.

use std::{collections::BTreeSet, fs};

use super::{
    report::Report,
    run::{Live, Room},
};
use crate::harness::{group::Group, root_or_skip, skip};

/// All that is in rows is so many attempts that were refused.
#[track_caller]
fn assert_only(report: &Report, count: u64) {
    let all = report.sum(|_| true);
    assert_eq!(
        (all.attempts, all.failed_by.refused),
        (count, count),
        "{report:#?}"
    );
    assert!(report.summary.sums.filtered_events > 0, "{report:#?}");
}

#[test]
fn only_the_processes_that_were_named_are_counted() {
    root_or_skip!("only_the_processes_that_were_named_are_counted");
    let room = Room::new();
    let mut held = [10, 20, 30].map(|n| room.hold(&format!("held refused {n}")));
    let pids = [held[0].pid(), held[2].pid()];
    let [first, third] = pids.map(|pid| pid.to_string());
    let live = Live::new(&["--pid", &first, "--pid", &third]);
    let said = held.each_mut().map(|held| held.finish());
    let report = live.stop();
    assert_only(&report, 40);
    report.assert_told_by(&said[0]);
    report.assert_told_by(&said[2]);
}

#[test]
fn of_a_server_that_was_named_all_that_it_accepts_is_counted() {
    const NAME: &str = "of_a_server_that_was_named_all_that_it_accepts_is_counted";
    root_or_skip!("of_a_server_that_was_named_all_that_it_accepts_is_counted");
    let room = Room::new();
    let mut held = room.hold("storm-of-servers 127.0.0.1 2");
    let pid = held.pid();
    // The server is a child of it.
    let Ok(child) = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")) else {
        return skip(NAME, "children are not told here");
    };
    let live = Live::new(&["--pid", child.trim()]);
    room.play("storm-of-clients 127.0.0.1 2 1 100");
    let said = held.finish();
    let report = live.stop();
    report.assert_told_by(&said);
    let sums = &report.summary.sums;
    assert_eq!((sums.attempts, sums.accepted), (0, 100));
    assert!(sums.filtered_events >= 200, "{sums:?}");
}

#[test]
fn only_the_users_names_and_groups_that_were_given_are_counted() {
    const NAME: &str = "only_the_users_names_and_groups_that_were_given_are_counted";
    root_or_skip!("only_the_users_names_and_groups_that_were_given_are_counted");
    let room = Room::new();
    assert_only(&room.run(&["--uid", "65534"], "as-user 50"), 50);
    assert_only(
        &room.run(&["--comm", "somebody"], "renamed somebody 50"),
        50,
    );
    let Some(group) = Group::new("connects") else {
        return skip(NAME, "no control groups of the unified hierarchy here");
    };
    let scenario = format!("in-group {} 50", group.path.display());
    assert_only(&room.run(&["--cgroup", &group.name], &scenario), 50);
    let report = room.run(&["--by", "cgroup"], &scenario);
    let inside = |row: &super::lines::Row| row.cgroup.as_deref() == Some(&group.name);
    assert_eq!(report.sum(inside).attempts, 50);
    assert_eq!(report.sum(|row| !inside(row)).attempts, 1);
}

#[test]
fn rows_are_what_they_are_grouped_by() {
    root_or_skip!("rows_are_what_they_are_grouped_by");
    let room = Room::new();
    let by = |by, scenario: &str| {
        let report = room.run(&["--by", by, "--window", "24h"], scenario);
        assert_eq!(report.start.by.join(","), by);
        report
    };
    let report = by("comm", "families 10");
    let rows: BTreeSet<_> = report
        .rows
        .iter()
        .map(|row| {
            (
                row.dir.as_str(),
                row.comm.as_deref().unwrap_or_default(),
                row.established,
            )
        })
        .collect();
    let wanted = [
        ("in", "server", 40),
        ("out", "any", 10),
        ("out", "mapped", 10),
        ("out", "plain", 10),
        ("out", "six", 10),
    ];
    assert_eq!(rows, BTreeSet::from(wanted));
    for row in &report.rows {
        assert_eq!(
            (row.pid, row.src.as_ref(), row.dport),
            (None, None, None),
            "{row:?}"
        );
    }
    let report = by("uid", "as-user 50");
    let of = |uid| report.sum(|row| row.uid == Some(uid)).attempts;
    assert_eq!((report.rows.len(), of(65534), of(0)), (2, 50, 1));
    let report = by("dst/24,dport", "storm 2 1 100");
    let rows: BTreeSet<_> = report
        .rows
        .iter()
        .map(|row| {
            (
                row.dir.as_str(),
                row.dst.as_deref().unwrap_or_default(),
                row.dport.unwrap_or(0),
            )
        })
        .collect();
    let wanted =
        [8000, 8001].map(|port| [("in", "127.0.0.0/24", port), ("out", "127.0.0.0/24", port)]);
    assert_eq!(rows, wanted.into_iter().flatten().collect());
    assert!(report.rows.iter().all(|row| row.established == 50));
}
