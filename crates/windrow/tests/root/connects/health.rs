//! What connections were like when they closed; longer windows; and the other formats.

use super::{
    run::{Room, program},
    told::number,
};
use crate::harness::{monitor::windrow, root_or_skip};

#[test]
fn bytes_and_lives_are_those_of_the_programs() {
    root_or_skip!("bytes_and_lives_are_those_of_the_programs");
    const N: u64 = 20;
    const SENT: u64 = 100_000;
    const RECEIVED: u64 = 250_000;
    let options = ["--health", "--window", "24h"];
    let room = Room::new();
    let report = room.run_as_told(&options, &format!("exchange {N} {SENT} {RECEIVED}"));
    report.assert_ended();
    let row = |dir: &str| {
        let mut rows = report.rows.iter().filter(|row| row.dir == dir);
        let (Some(row), None) = (rows.next(), rows.next()) else {
            panic!("one row {dir}: {report:#?}");
        };
        row
    };
    let mut again = 0;
    for (dir, sent, received) in [("out", SENT, RECEIVED), ("in", RECEIVED, SENT)] {
        let it = row(dir);
        assert_eq!(it.closed, Some(N), "{it:?}");
        again += it.retransmits.expect("health");
        let bytes = (it.bytes_sent, it.bytes_received);
        assert_eq!(bytes, (Some(N * sent), Some(N * received)), "{it:?}");
    }
    // Nothing is lost there, but whoever is held up for long is sent some of it again.
    assert_eq!(again, room.opens().retransmitted);
    let lived = number(&report.stdout, "lived_ns");
    let mean = row("out").lifetime_mean_ns.expect("lives");
    assert!(mean >= 20_000_000 && mean <= lived / N, "{mean} {lived}");
}

#[test]
fn longer_windows_are_the_sum_of_theirs() {
    root_or_skip!("longer_windows_are_the_sum_of_theirs");
    let options = ["--window", "10ms", "--rollup", "1s"];
    let report = Room::new().run_as_told(&options, "sockets");
    let longer = report
        .rows
        .iter()
        .filter(|row| row.window_ns == 1_000_000_000);
    let longer: Vec<_> = longer.collect();
    assert!(!longer.is_empty(), "{report:#?}");
    let all = |of: fn(&super::lines::Row) -> u64| longer.iter().map(|row| of(row)).sum::<u64>();
    let sums = &report.summary.sums;
    assert_eq!(all(|row| row.attempts), sums.attempts);
    assert_eq!(all(|row| row.established), sums.established + sums.accepted);
    assert_eq!(all(|row| row.failed), sums.failed);
    let handshakes: u64 = report.counted().map(|row| row.handshake_total_ns).sum();
    assert_eq!(all(|row| row.handshake_total_ns), handshakes);
}

#[test]
fn rows_are_written_as_csv_too() {
    root_or_skip!("rows_are_written_as_csv_too");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("rows.csv");
    let ran = Room::new().namespace.run(|| {
        windrow(&["connects", "--csv", "--window", "24h", "-o"])
            .arg(&file)
            .args(["--", program(), "families", "10"])
            .output()
    });
    let ran = ran.expect("enter").expect("run");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let text = std::fs::read_to_string(&file).expect("text");
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let column = |name: &str| {
        let found = header.iter().position(|it| *it == name);
        found.unwrap_or_else(|| panic!("no column {name}: {header:?}"))
    };
    let rows: Vec<_> = lines.collect();
    assert_eq!(
        rows.len(),
        6,
        "four clients, two addresses of a server: {text}"
    );
    let mut sums = [0, 0];
    for row in &rows {
        assert_eq!(row.len(), header.len(), "{text}");
        let place = usize::from(row[column("dir")] == "in");
        sums[place] += row[column("established")].parse::<u64>().expect("a number");
        assert!(["127.0.0.1", "::1"].contains(&row[column("dst")]), "{text}");
        assert_eq!(row[column("dport")], "8000");
    }
    assert_eq!(sums, [40, 40]);
    for name in [
        "pid",
        "comm",
        "src",
        "attempts",
        "failed",
        "handshake_total_ns",
        "p50_ns",
        "p99_ns",
        "failed_by_refused",
        "exact",
    ] {
        column(name);
    }
}
