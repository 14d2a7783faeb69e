//! `windrow measure --source syscalls`, and `connects`.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::process::parent_id,
    process::Command,
};

use nix::sys::signal::Signal;
use serde_json::Value;

use super::{Measure, UNTIL_STOPPED, check_sums, float, number, printed_as};
use crate::harness::{
    monitor::windrow,
    net::{namespace, until},
    root_or_skip, skip,
};

/// In their order: what other programs rely on.
const NAMES: &str = "type source duration_ns windows events summaries rows reduction raw_bytes \
     summary_bytes raw_bytes_per_second summary_bytes_per_second saved ns_per_event \
     ns_per_event_reason ns_per_event_runs empty_program_ns statistics_ns agent_cpu_ns \
     agent_cpu_share agent_memory_bytes kernel_memory_bytes residue_events lost";

/// Of the whole host; it counts when this returns, and may be sent signals.
fn start(source: &str, duration: &str) -> Measure {
    let arguments = ["--source", source, "--duration", duration];
    let measure = Measure::spawn(&arguments, NAMES);
    let tasks = format!("/proc/{}/task", measure.pid());
    until("it measures", || {
        let tasks = fs::read_dir(&tasks).expect("it runs");
        let mut names = tasks
            .flatten()
            .flat_map(|task| fs::read_to_string(task.path().join("comm")));
        names.any(|name| name.trim_end() == "windrow-cost")
    });
    measure
}

/// What holds whatever others do on the host.
fn check(found: &Value) {
    // A summary of calls has more in it than one of packets.
    check_of(found, "syscalls", 128);
}

fn check_of(found: &Value, source: &str, summary_bytes: u64) {
    check_sums(found, summary_bytes);
    assert_eq!(found["source"], source);
    assert_eq!(number(found, "residue_events"), 0);
    let null = |name: &str| found[name].is_null();
    assert_ne!(null("ns_per_event"), null("ns_per_event_reason"), "{found}");
    let kernel = number(found, "kernel_memory_bytes");
    assert!((1 << 20..1 << 30).contains(&kernel), "{kernel}");
    let agent = number(found, "agent_memory_bytes");
    assert!((1 << 20..64 << 20).contains(&agent), "{agent}");
}

#[test]
fn calls_are_all_measured_and_signals_end_it_early() {
    root_or_skip!("calls_are_all_measured_and_signals_end_it_early");
    const CALLS: u64 = 20_000;
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let measure = start("syscalls", UNTIL_STOPPED);
        for _ in 0..CALLS {
            let _ = parent_id();
        }
        let found = measure.stop(signal);
        check(&found);
        assert!(number(&found, "events") >= CALLS, "{found}");
    }
}

#[test]
fn a_call_has_a_cost_and_people_see_that_it_is_an_estimate() {
    root_or_skip!("a_call_has_a_cost_and_people_see_that_it_is_an_estimate");
    // Whatever holds up the empty program is taken off from ours: once more then.
    let mut measured = (0..5).map(|_| start("syscalls", "3s").finish());
    let costs = |(_, found, _): &(_, Value, _)| float(found, "ns_per_event") > 0.0;
    let (code, found, _) = measured.find(costs).expect("a cost in one of five");
    assert_eq!(code, Some(0));
    check(&found);
    let nanos = float(&found, "ns_per_event");
    assert!(nanos < 1e6, "{nanos}");
    assert!(float(&found, "empty_program_ns") > 0.0);
    let runs = number(&found, "ns_per_event_runs");
    assert!(runs > 0 && runs <= number(&found, "events"), "{runs}");
    let on = number(&found, "statistics_ns");
    let whole = number(&found, "duration_ns");
    assert!((200_000_000..whole).contains(&on), "{on}");

    let output = windrow(&["measure", "--source", "syscalls", "--duration", "2s"]).output();
    let text = String::from_utf8(output.expect("run").stdout).expect("UTF-8");
    for part in [
        "Measured: system calls of the whole host, for ",
        "cost of a call        ≈ ",
        " of an empty program",
        "residue 0 calls, lost events 0",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{text}");
}

#[test]
fn connections_are_all_measured() {
    root_or_skip!("connections_are_all_measured");
    const CONNECTIONS: u64 = 2_000;
    let measure = start("connects", UNTIL_STOPPED);
    // Where a connection stays on the CPU that makes it, whatever the host has set for its own `lo`.
    let made = namespace().run(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
        let address = listener.local_addr().expect("an address");
        for _ in 0..CONNECTIONS {
            let _ours = TcpStream::connect(address).expect("connect");
            let _theirs = listener.accept().expect("accept");
        }
    });
    made.expect("enter");
    let found = measure.stop(Signal::SIGINT);
    check_of(&found, "connects", 192);
    // An attempt, its end, and what was accepted.
    assert!(number(&found, "events") >= 3 * CONNECTIONS, "{found}");

    let output = windrow(&["measure", "--source", "connects", "--duration", "500ms"]).output();
    let text = String::from_utf8(output.expect("run").stdout).expect("UTF-8");
    for part in [
        "Measured: TCP connections of the whole host, for ",
        "cost of a change",
        "residue 0 events, lost events 0",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{text}");
}

#[test]
fn without_the_privilege_the_rest_of_calls_is_measured() {
    const NAME: &str = "without_the_privilege_the_rest_of_calls_is_measured";
    root_or_skip!("without_the_privilege_the_rest_of_calls_is_measured");
    let output = Command::new("setpriv")
        .args(["--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"])
        .arg(env!("CARGO_BIN_EXE_windrow"))
        .args(["measure", "--source", "syscalls", "--duration", "2s"])
        .arg("--json")
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => return skip(NAME, &format!("setpriv: {error}")),
    };
    let (found, messages) = printed_as(&output, NAMES);
    assert_eq!((output.status.code(), &messages[..]), (Some(0), ""));
    check(&found);
    let reason = found["ns_per_event_reason"].as_str().expect("a reason");
    assert!(reason.contains("CAP_SYS_ADMIN"), "{reason}");
    assert_eq!(number(&found, "statistics_ns"), 0);
    assert!(number(&found, "events") > 0);
}

#[test]
fn an_interface_has_neither_calls_nor_connections() {
    let sources = ["syscalls", "connects"];
    let interfaces = [&["lo"][..], &["-i", "lo"]];
    for (source, interface) in sources.iter().zip(interfaces) {
        let arguments = ["measure", "--source", source];
        let output = windrow(&arguments).args(interface).output().expect("run");
        assert_eq!(output.status.code(), Some(2), "{interface:?}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains("\"lo\"") && text.contains("net"), "{text}");
        assert_eq!((text.lines().count(), output.stdout.len()), (1, 0));
    }
}
