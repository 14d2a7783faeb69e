//! Control groups of the unified hierarchy.

use nix::libc::SYS_getppid;

use super::run::calls;
use crate::harness::{group::Group, root_or_skip, skip};

#[test]
fn calls_belong_to_the_group_that_their_process_is_in() {
    const NAME: &str = "calls_belong_to_the_group_that_their_process_is_in";
    root_or_skip!("calls_belong_to_the_group_that_their_process_is_in");
    let Some(group) = Group::new("rows") else {
        return skip(NAME, "no control groups of the unified hierarchy here");
    };
    let scenario = format!("in-group {} 50", group.path.display());
    let report = calls(&["--by", "cgroup,syscall"], &scenario);
    let inside = |row: &super::report::Row| row.cgroup.as_deref() == Some(&group.name);
    assert_eq!(
        report.sum(|row| inside(row) && row.is(SYS_getppid)).count,
        50
    );
    assert_eq!(
        report.sum(|row| !inside(row) && row.is(SYS_getppid)).count,
        1
    );
}

#[test]
fn only_a_group_and_those_below_it_are_counted() {
    const NAME: &str = "only_a_group_and_those_below_it_are_counted";
    root_or_skip!("only_a_group_and_those_below_it_are_counted");
    let Some(group) = Group::new("filter") else {
        return skip(NAME, "no control groups of the unified hierarchy here");
    };
    let (here, below) = (group.path.clone(), group.path.join("below"));
    for (asked, goes_to, count) in [
        (group.name.clone(), &here, 50),
        (here.display().to_string(), &here, 50),
        (group.name.clone(), &below, 50),
        (format!("{}/below", group.name), &here, 0),
    ] {
        let scenario = format!("in-group {} 50", goes_to.display());
        let report = calls(&["--cgroup", &asked, "--syscall", "getppid"], &scenario);
        assert_eq!(report.sum(|_| true).count, count, "--cgroup {asked}");
        assert!(report.summary.sums.filtered_events > 0);
    }
}
