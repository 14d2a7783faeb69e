//! What is said of each promise.

use super::super::sample;
use super::*;

const GOLDEN: &str = "\
pass  hot IPv4 uniform: windrow is 1.200 × the floor at 1,000 flows (at most 1.3)
pass  hot IPv6 uniform: windrow is 1.258 × the floor at 1,000 flows (at most 1.3)
pass  hot IPv4 uniform: windrow's net is 0.150 of hash's at 1,000 flows (at most 1/6)
pass  hot IPv6 uniform: windrow's net is 0.160 of hash's at 1,000 flows (at most 1/6)
pass  hot IPv4 uniform: windrow's net is 0.300 of hash's at 100,000 flows (at most 1/3)
MISS  hot IPv6 uniform: windrow's net is 0.833 of hash's at 100,000 flows (at most 1/3)
none  hot: windrow's net against hash's, 1,000,000 flows: not measured
pass  hot IPv6 uniform: windrow's net is 1.333 × that of IPv4 at 1,000 flows (at most 1.5)
MISS  hot IPv6 uniform: windrow's net is 3.333 × that of IPv4 at 100,000 flows (at most 3)
none  live: windrow over the floor, up to 10,000 flows: not measured
none  live: windrow's net against hash's, 1,000 flows: not measured
none  live: windrow's net against hash's, 100,000 flows: not measured
none  live: windrow's net against hash's, 1,000,000 flows: not measured
none  live: IPv6's net against IPv4's, 1,000 flows: not measured
none  live: IPv6's net against IPv4's, 100,000 flows: not measured
MISS  full IPv4 uniform: windrow is 1.769 × drop at 100,000 flows (at most 1.5)
MISS  full IPv4 uniform: windrow is 0.605 × lru_hash at 100,000 flows (at most 1/2)
none  full_live: windrow against drop: not measured
none  full_live: windrow's net against lru_hash's: not measured
pass  levels IPv4 uniform, 1,000 flows: prefixes, known flows: 3.0 ns more a packet (at most 3)
none  levels: registers, known flows: not measured
none  levels: registers, new keys: not measured
MISS  levels IPv4 uniform, 100,000 flows: registers, full table: 3.5 ns more a packet (at most 3)
none  export: windrow drains 1,000 rows, µs: not measured
pass  export: windrow drains 100,000 rows: 8.00 ns a row (at most 10)
pass  export: windrow drains 100,000 rows: 0 system calls (at most 0)
MISS  export: windrow drains 1,000,000 rows: 16.00 ms (at most 15)
pass  export: windrow drains 1,000,000 rows: 0 system calls (at most 0)
pass  conservation at xdp, windows of 10 ms: of 3,000,000 packets 0 lost, 0 counted twice (at most 0)
MISS  conservation at tcx, windows of 10 ms: of 3,000,000 packets 1 lost, 0 counted twice (at most 0)
pass  sender at xdp: beside windrow 1.250 × its time beside an empty program (at most 1.5)
pass  agent: 0.0123 cores outside the hook, 1,000,000 packets/s of 1,000 flows (at most 0.02)
pass  syscall getppid: windrow adds 1.200 × what latency_floor adds (at most 1.25)
MISS  syscall read: windrow adds 1.400 × what latency_floor adds (at most 1.25)
none  syscall: windrow_hist against latency_floor: not measured
pass  syscall getppid: windrow adds 0.300 × what bpftrace adds (at most 0.45)
none  syscall: windrow_count against bpftrace_count: not measured
pass  syscall build: wall time beside windrow is 1.005 × that without (at most 1.01)
MISS  syscall build: processor time beside windrow is 1.020 × that without (at most 1.01)
MISS  connect: windrow adds 2.000 × what floor adds (at most 1.5)
pass  connect: windrow adds 0.200 × what tcplife adds (at most 1/4)
pass  connect: windrow takes 0.167 × the connections that tcplife takes (at most 1/4)
18 kept, 10 missed, 14 without a figure
";

#[test]
fn each_promise_has_its_lines() {
    assert_eq!(lines(&sample::outcomes(), |_| true), GOLDEN);
}

#[test]
fn promises_of_other_groups_are_left_out() {
    let text = lines(&[], |group| group == "agent");
    assert_eq!(
        text,
        "none  agent: cores outside the hook: not measured\n0 kept, 0 missed, 1 without a figure\n"
    );
    assert_eq!(lines(&[], |_| false), "");
}

#[test]
fn the_worst_number_of_flows_is_shown() {
    let costs = [(1, 36.0), (1_000, 45.0), (10_000, 40.0), (100_000, 90.0)];
    let outcomes: Vec<Outcome> = costs
        .into_iter()
        .flat_map(|(flows, ns)| {
            [("floor", 30.0), ("windrow", ns)]
                .map(|(what, ns)| Outcome::Cost(sample::cost(LIVE, what, flows, ns)))
        })
        .collect();
    let line = "MISS  live IPv4 uniform: windrow is 1.500 × the floor at 1,000 flows (at most 1.3)";
    assert!(lines(&outcomes, |_| true).lines().any(|it| it == line));
}

#[test]
fn a_share_of_nothing_is_no_figure() {
    let outcomes = [("floor", 30.0), ("windrow", 31.0), ("hash", 30.0)]
        .map(|(what, ns)| Outcome::Cost(sample::cost(HOT, what, 1_000, ns)));
    let line = "none  hot IPv4 uniform: windrow's net is – of hash's at 1,000 flows (at most 1/6)";
    assert!(lines(&outcomes, |_| true).lines().any(|it| it == line));
}

#[test]
fn a_limit_itself_is_kept() {
    let line = lines(&[sample::drain("windrow", 100_000, 10.0, 0)], |_| true);
    assert!(line.contains("pass  export: windrow drains 100,000 rows: 10.00 ns a row"));
}
