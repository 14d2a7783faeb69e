//! Calls by the numbering of 32-bit programs.
#![cfg(target_arch = "x86_64")]

use nix::libc::{SYS_execve, SYS_getpid, SYS_writev};

use super::run::{calls, calls_of_running, image32};
use crate::harness::{root_or_skip, skip};

/// getpid, in the numbering of 32-bit programs.
const GETPID32: i64 = 20;

/// Whether the kernel runs 32-bit programs and the compiler makes them; their program.
fn compat(name: &str) -> Option<String> {
    let image = image32();
    let runs = image.as_ref().is_some_and(|image| {
        let ran = std::process::Command::new(image).status();
        ran.is_ok_and(|status| status.success())
    });
    if !runs {
        skip(name, "no programs for 32 bits here");
    }
    image.filter(|_| runs)
}

#[test]
fn calls_of_both_numberings_are_kept_apart() {
    root_or_skip!("calls_of_both_numberings_are_kept_apart");
    let Some(_) = compat("calls_of_both_numberings_are_kept_apart") else {
        return;
    };
    for report in [calls(&[], "int80 100"), calls_of_running(&[], "int80 100")] {
        report.assert(SYS_getpid, 100, 0);
        // The same number.
        report.assert(SYS_writev, 100, 0);
        let compat = |row: &super::report::Row| row.compat == Some(true);
        let theirs = report.sum(|row| compat(row) && row.syscall == Some(GETPID32));
        assert_eq!((theirs.count, theirs.errors), (100, 0));
        assert_eq!(report.sum(compat).count, 100);
        for row in report.rows.iter().filter(|row| compat(row)) {
            assert_eq!(row.name.as_deref(), Some("i386:getpid"));
        }
    }
}

#[test]
fn an_execve_into_a_32_bit_image_is_counted_as_it_began() {
    root_or_skip!("an_execve_into_a_32_bit_image_is_counted_as_it_began");
    let Some(image) = compat("an_execve_into_a_32_bit_image_is_counted_as_it_began") else {
        return;
    };
    let report = calls(&[], &format!("execs {image}"));
    report.assert(SYS_execve, 2, 0);
    let theirs = report.sum(|row| row.compat == Some(true));
    assert_eq!((theirs.count, theirs.errors, theirs.untimed), (7, 0, 0));
    assert_eq!(report.summary.sums.never_returned, 1);
    // By name: theirs alone, ours alone.
    let report = calls(&["--syscall", "i386:getpid"], &format!("execs {image}"));
    assert_eq!(report.sum(|_| true).count, 7);
    let report = calls(&["--syscall", "writev"], "int80 10");
    assert_eq!(report.sum(|_| true).count, 10);
}
