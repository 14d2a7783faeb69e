//! What reports of connections look like.

use super::*;

fn summary(run: &Run) -> Summary<'_, Connects> {
    Summary {
        run,
        in_flight: Some(0),
        length: Duration::from_secs(1),
        exit_code: None,
    }
}

fn report(summary: &Summary<'_, Connects>, view: &View<Connects>) -> Vec<String> {
    <Connects as Page>::report(summary, view, &mut style(None))
}

#[test]
fn the_report_says_where_every_attempt_is() {
    let mut run = Run::default();
    let mut out = row(Dir::Out, "10.0.0.5", 1500, 1490, 8);
    out.outcome.failures[Failure::TimedOut as usize] = 1;
    out.spent.calls += 1;
    out.outcome.health = Health {
        closed: 2,
        rtt_ns: 200_000,
        retransmits: 3,
        bytes_sent: 1000,
        bytes_received: 2_000_000,
        lifetime_ns: 4_000_000_000,
    };
    let mut accepted = row(Dir::In, "10.0.0.5", 0, 7, 0);
    accepted.outcome.health = Health {
        closed: 1,
        rtt_ns: 7_000,
        bytes_sent: 5,
        lifetime_ns: 1_000_000_000,
        ..Health::default()
    };
    let mut window = window(vec![out, accepted], Spent::ZERO);
    let it = &mut window.ledger.counters;
    (it.closed, it.begun_before) = (3, 4);
    (it.events, it.seen.calls) = (it.events + 4, it.seen.calls + 4);
    run.add(&window, 0);
    let summary = Summary {
        in_flight: Some(1),
        ..summary(&run)
    };
    let mut view = view(BY_DEFAULT);
    view.how.health = true;
    view.top = Some(1);
    let lines = report(&summary, &view);
    assert_eq!(
        lines,
        [
            "Total attempts: 1,500 in 1.00 s (1.50 k/s), 7 accepted; handshakes took 179.6 ms in all",
            "Attempts: 1,500 = 1,490 established + 9 failed + 1 in flight, residue 0",
            "Failed: 9 = 8 refused + 1 timed out",
            "Events: 3,010 = 3,006 in rows + 4 of what had begun before the start, residue 0",
            "Closed, of what went out: 2, round trip 100 µs, lifetime 2.00 s, sent 1.00 kB, received 2.00 MB, \
          retransmits 3",
            "Closed, of what came in: 1, round trip 7.0 µs, lifetime 1.00 s, sent 5 B, received 0 B",
            "",
            "Top 1 by attempts:",
            "TCP connects: 192.168.1.10 → 10.0.0.5:80 (count: 1,500)  curl/1234  established 1,490  \
          failed 9 (refused 8, timed out 1)  mean 120 µs  closed 2  round trip 100 µs  lifetime 2.00 s  \
          sent 1.00 kB  received 2.00 MB  retransmits 3",
        ]
    );
}

#[test]
fn what_did_not_happen_is_not_said() {
    let mut run = Run::default();
    run.add(
        &window(vec![row(Dir::Out, "10.0.0.5", 2, 2, 0)], Spent::ZERO),
        0,
    );
    let mut view = view(BY_DEFAULT);
    view.how.health = true;
    let lines = report(&summary(&run), &view);
    assert_eq!(
        lines[0],
        "Total attempts: 2 in 1.00 s (2 /s); handshakes took 240 µs in all"
    );
    assert!(
        !lines.iter().any(|line| line.starts_with("Closed")),
        "{lines:?}"
    );
    let mut run = Run::default();
    let refused = row(Dir::Out, "10.0.0.5", 1, 0, 1);
    run.add(&window(vec![refused], Spent::ZERO), 0);
    let lines = report(&summary(&run), &view);
    assert_eq!(lines[0], "Total attempts: 1 in 1.00 s (1 /s)");
}

#[test]
fn a_run_without_connections_is_a_line() {
    let mut run = Run::default();
    let mut window = window(Vec::new(), Spent::ZERO);
    run.add(&window, 0);
    let view = view(BY_DEFAULT);
    assert_eq!(report(&summary(&run), &view), ["No TCP connections"]);
    let it = &mut window.ledger.counters;
    (it.events, it.seen.calls, it.filtered) = (3, 3, 3);
    run.add(&window, 0);
    assert_eq!(
        report(&summary(&run), &view),
        ["No TCP connections", "Events: 3 = 3 filtered, residue 0"]
    );
}

#[test]
fn what_was_closed_and_is_in_no_row_is_in_all() {
    let mut out = row(Dir::Out, "10.0.0.5", 1, 1, 0);
    out.outcome.health.closed = 1;
    let mut window = window(vec![out], Spent::new(1, 0));
    window.ledger.folded_outcome.health.closed = 1;
    window.ledger.counters.closed = 2;
    let mut run = Run::default();
    run.add(&window, 0);
    let mut view = view(BY_DEFAULT);
    view.how.health = true;
    let lines = report(&summary(&run), &view);
    let closed: Vec<&str> = (lines.iter())
        .filter_map(|line| line.strip_prefix("Closed, of "))
        .collect();
    let zeros = "round trip 0 ns, lifetime 0 ns, sent 0 B, received 0 B";
    assert_eq!(
        closed,
        [
            format!("what went out: 1, {zeros}"),
            format!("all: 2, {zeros}")
        ]
    );
}
