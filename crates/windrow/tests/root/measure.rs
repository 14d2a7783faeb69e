//! `windrow measure`: its figures are those of the traffic, and what cannot be measured is said.
//! Most tests need root.

mod progress;
mod timed;

use std::{
    net::SocketAddr,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use crate::harness::{
    bpf::attached,
    lines::names,
    monitor::{exit_code, windrow},
    net::{B4, OFFLOADS, address, addressed, counters, generate, namespace, pair, received, until},
    root_or_skip, skip,
    tcp::{PORT, transfer},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use windrow_lab::{Generator, Plan, VethOptions, VethPair, napi_on};

/// In their order: what other programs rely on.
const NAMES: &str = "type source ifaces hook direction counts duration_ns windows events packets bytes \
     summaries rows reduction raw_bytes summary_bytes raw_bytes_per_second \
     summary_bytes_per_second saved ns_per_packet ns_per_packet_reason ns_per_packet_runs \
     empty_program_ns statistics_ns agent_cpu_ns agent_cpu_share agent_memory_bytes \
     kernel_memory_bytes residue_packets residue_bytes lost";

/// What is said where others do much beside a test.
const OF_A_BUSY_MACHINE: [&str; 3] = [
    "was closed late",
    "more keys than rows",
    "found no histogram",
];

/// Far longer than any of these tests: each ends it before.
const UNTIL_STOPPED: &str = "10m";

/// A `windrow measure --json` that runs.
struct Measure {
    child: Option<Child>,
    /// Of the object that it prints.
    names: &'static str,
}

impl Measure {
    /// At the receiving end of a pair; attached when this returns.
    fn start(pair: &VethPair, duration: &str) -> Measure {
        let before = attached(&pair.b);
        let spawn = || Measure::spawn(&["w1", "--duration", duration], NAMES);
        let measure = pair.b.namespace.run(spawn).expect("enter");
        until("both directions are attached", || {
            attached(&pair.b) == before + 2
        });
        measure
    }

    fn spawn(arguments: &[&str], names: &'static str) -> Measure {
        let child = windrow(&["measure", "--json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Measure {
            child: Some(child.expect("spawn")),
            names,
        }
    }

    fn pid(&self) -> u32 {
        self.child.as_ref().expect("running").id()
    }

    /// Its exit code, the object that it printed, and its messages, once it ends by itself.
    fn finish(mut self) -> (Option<i32>, Value, String) {
        let mut child = self.child.take().expect("once");
        let code = exit_code(&mut child);
        let output = child.wait_with_output().expect("output");
        let (found, messages) = printed_as(&output, self.names);
        (code, found, messages)
    }

    fn stop(self, signal: Signal) -> Value {
        kill(Pid::from_raw(self.pid() as i32), signal).expect("signal");
        let (code, found, messages) = self.finish();
        assert_eq!((code, &messages[..]), (Some(0), ""), "{signal}");
        found
    }
}

impl Drop for Measure {
    fn drop(&mut self) {
        // Only where a test failed.
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The object, and the messages but for those of a busy machine.
fn printed(output: &Output) -> (Value, String) {
    printed_as(output, NAMES)
}

/// The same of another source, whose object has other names.
fn printed_as(output: &Output, expected: &str) -> (Value, String) {
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text.lines().count(), 1, "{text}{messages}");
    assert_eq!(names(&text), expected);
    let messages = messages
        .lines()
        .filter(|line| !OF_A_BUSY_MACHINE.iter().any(|part| line.contains(part)))
        .collect::<Vec<_>>()
        .join("\n");
    (serde_json::from_str(&text).expect("JSON"), messages)
}

fn number(found: &Value, name: &str) -> u64 {
    let number = found[name].as_u64();
    number.unwrap_or_else(|| panic!("{name} in {found}"))
}

fn float(found: &Value, name: &str) -> f64 {
    let number = found[name].as_f64();
    number.unwrap_or_else(|| panic!("{name} in {found}"))
}

/// What holds whatever was counted, where a summary takes so many bytes.
fn check_sums(found: &Value, a_summary_bytes: u64) {
    let [events, summaries] = ["events", "summaries"].map(|name| number(found, name));
    let seconds = number(found, "duration_ns") as f64 / 1e9;
    assert!(seconds > 0.0 && seconds < 600.0, "{seconds}");
    let near = |name, expected: f64| {
        let got = float(found, name);
        assert!(
            (got - expected).abs() <= expected * 1e-9,
            "{name}: {got}, not {expected}"
        );
    };
    let (raw, bytes) = (64 * events, a_summary_bytes * summaries);
    assert_eq!(number(found, "raw_bytes"), raw);
    assert_eq!(number(found, "summary_bytes"), bytes);
    near("raw_bytes_per_second", raw as f64 / seconds);
    near("summary_bytes_per_second", bytes as f64 / seconds);
    if summaries == 0 {
        near("reduction", 0.0);
        near("saved", 0.0);
    } else {
        near("reduction", events as f64 / summaries as f64);
        near("saved", (1.0 - bytes as f64 / raw as f64).max(0.0));
    }
    assert_eq!(number(found, "lost"), 0);
    assert!(number(found, "agent_cpu_ns") > 0);
}

/// What holds whatever the traffic was.
fn check(found: &Value) {
    check_sums(found, 64);
    for name in ["residue_packets", "residue_bytes"] {
        assert_eq!(number(found, name), 0, "{name}");
    }
    let null = |name: &str| found[name].is_null();
    assert_ne!(
        null("ns_per_packet"),
        null("ns_per_packet_reason"),
        "{found}"
    );
    // The tables are mapped into the process, and belong to the kernel all the same.
    let tables = 128 << 20;
    let kernel = number(found, "kernel_memory_bytes");
    assert!(
        (tables / 2..tables + (4 << 20)).contains(&kernel),
        "{kernel}"
    );
    let agent = number(found, "agent_memory_bytes");
    assert!((1 << 20..tables / 2).contains(&agent), "{agent}");
}

#[test]
fn figures_are_those_of_the_traffic_and_signals_end_it_early() {
    root_or_skip!("figures_are_those_of_the_traffic_and_signals_end_it_early");
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let pair = pair(VethOptions::default());
        let _napi = napi_on(&pair.b.namespace, "w1").expect("napi");
        let measure = Measure::start(&pair, UNTIL_STOPPED);
        let before = counters(&pair.b).rx_packets;
        let plan = Plan {
            rate_pps: Some(200_000),
            frames: 200_000,
            stray: true,
            ..Plan::default()
        };
        let sent = generate(&pair, &plan);
        received(&pair.b, before + sent.packets);
        let found = measure.stop(signal);
        check(&found);
        for (name, expected) in [
            ("events", sent.packets),
            ("packets", sent.packets),
            ("bytes", sent.bytes),
        ] {
            assert_eq!(number(&found, name), expected, "{name}");
        }
        // A row a flow in every window that saw it, and nothing else came.
        let (windows, rows) = (number(&found, "windows"), number(&found, "rows"));
        let flows = u64::from(plan.mix.flows);
        assert!(
            (flows..=flows * windows).contains(&rows),
            "{rows} in {windows} windows"
        );
        assert_eq!(number(&found, "summaries"), rows);
        assert_eq!(found["ifaces"], serde_json::json!(["w1"]));
        assert_eq!(found["direction"], "both");
        assert_eq!(found["counts"], "packets");
    }
}

#[test]
fn a_packet_has_a_cost_and_people_see_that_it_is_an_estimate() {
    root_or_skip!("a_packet_has_a_cost_and_people_see_that_it_is_an_estimate");
    let pair = pair(VethOptions::default());
    let _napi = napi_on(&pair.b.namespace, "w1").expect("napi");
    // Before and after: packets come all the time that is measured.
    let plan = Plan {
        rate_pps: Some(50_000),
        frames: u64::MAX,
        duration: Some(Duration::from_secs(120)),
        stray: true,
        ..Plan::default()
    };
    let generator = Generator::load().expect("load");
    let traffic = generator.run(&pair.a.namespace, pair.a.index, &plan);
    let traffic = traffic.expect("run");
    // Whatever holds up the empty program is taken off from ours: once more then.
    let mut measured = (0..5).map(|_| Measure::start(&pair, "2s").finish());
    let costs = |(_, found, _): &(_, Value, _)| float(found, "ns_per_packet") > 0.0;
    let (code, found, messages) = measured.find(costs).expect("a cost in one of five");
    let text = pair.b.namespace.run(|| {
        let text = windrow(&["measure", "-i", "w1", "--duration", "2s"]).output();
        String::from_utf8(text.expect("run").stdout).expect("UTF-8")
    });
    let text = text.expect("enter");
    traffic.stop().expect("stop");
    traffic.join().expect("join");

    assert_eq!((code, &messages[..]), (Some(0), ""));
    check(&found);
    let nanos = float(&found, "ns_per_packet");
    assert!(nanos < 1e6, "{nanos}");
    assert!(float(&found, "empty_program_ns") > 0.0);
    let runs = number(&found, "ns_per_packet_runs");
    assert!(runs > 0 && runs < number(&found, "events"), "{runs}");
    let on = number(&found, "statistics_ns");
    assert!(
        on >= 200_000_000 && on < number(&found, "duration_ns"),
        "{on}"
    );
    for part in ["≈ ", " of an empty program", "w1 at ", "residue 0 "] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{text}");
}

#[test]
fn a_super_frame_is_one_event_of_many_packets() {
    root_or_skip!("a_super_frame_is_one_event_of_many_packets");
    let pair = addressed(OFFLOADS);
    let measure = Measure::start(&pair, UNTIL_STOPPED);
    let to = SocketAddr::new(address(B4), PORT);
    let took = transfer(&pair.a.namespace, &pair.b.namespace, to, 64 << 20);
    let found = measure.stop(Signal::SIGINT);
    check(&found);
    assert_eq!(number(&found, "packets"), took.sent + took.answered);
    assert!(
        number(&found, "events") * 2 < number(&found, "packets"),
        "{found}"
    );
}

#[test]
fn without_the_privilege_the_reason_is_given_and_the_rest_is_measured() {
    const NAME: &str = "without_the_privilege_the_reason_is_given_and_the_rest_is_measured";
    root_or_skip!("without_the_privilege_the_reason_is_given_and_the_rest_is_measured");
    let run = || {
        Command::new("setpriv")
            .args(["--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"])
            .arg(env!("CARGO_BIN_EXE_windrow"))
            .args(["measure", "lo", "--duration", "2s", "--json"])
            .output()
    };
    let output = match namespace().run(run).expect("enter") {
        Ok(output) => output,
        Err(error) => return skip(NAME, &format!("setpriv: {error}")),
    };
    let (found, messages) = printed(&output);
    assert_eq!((output.status.code(), &messages[..]), (Some(0), ""));
    check(&found);
    let reason = found["ns_per_packet_reason"].as_str().expect("a reason");
    assert!(reason.contains("CAP_SYS_ADMIN"), "{reason}");
    assert_eq!(number(&found, "statistics_ns"), 0);
}

#[test]
fn a_quiet_interface_makes_sense() {
    root_or_skip!("a_quiet_interface_makes_sense");
    let quiet = namespace();
    let run = |arguments: &[&str]| {
        let run = || windrow(arguments).output().expect("run");
        quiet.run(run).expect("enter")
    };
    let output = run(&["measure", "lo", "--duration", "2s", "--json"]);
    let (found, messages) = printed(&output);
    assert_eq!((output.status.code(), &messages[..]), (Some(0), ""));
    check(&found);
    assert_eq!(number(&found, "events"), 0);
    let reason = "no packet came while the kernel measured";
    assert_eq!(found["ns_per_packet_reason"], reason);
    let output = run(&["measure", "lo", "--duration", "2s"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains(reason) && text.contains("no packet came\n"),
        "{text}"
    );
    assert!(!text.contains("NaN") && !text.contains('\x1b'), "{text}");
}

#[test]
fn totals_of_several_interfaces_say_that_they_are_sights() {
    root_or_skip!("totals_of_several_interfaces_say_that_they_are_sights");
    let pair = pair(VethOptions::default());
    for several in ["any", "w*", "lo"] {
        let run = |more: &[&str]| {
            let run = || {
                let mut windrow = windrow(&["measure", "-i", several, "--duration", "200ms"]);
                windrow.args(more).output().expect("run")
            };
            pair.b.namespace.run(run).expect("enter")
        };
        let (found, _) = printed(&run(&["--json"]));
        assert_eq!(found["counts"], "sights", "{several}");
        let text = String::from_utf8(run(&[]).stdout).expect("UTF-8");
        assert!(text.contains(" sights, "), "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}

#[test]
fn an_interface_that_goes_is_reported_first() {
    root_or_skip!("an_interface_that_goes_is_reported_first");
    let pair = pair(VethOptions::default());
    let _napi = napi_on(&pair.b.namespace, "w1").expect("napi");
    let measure = Measure::start(&pair, UNTIL_STOPPED);
    let before = counters(&pair.b).rx_packets;
    let plan = Plan {
        frames: 10_000,
        stray: true,
        ..Plan::default()
    };
    let sent = generate(&pair, &plan);
    received(&pair.b, before + sent.packets);
    pair.delete().expect("delete");
    let (code, found, messages) = measure.finish();
    assert_eq!(code, Some(3), "{messages}");
    check(&found);
    assert_eq!(number(&found, "packets"), sent.packets);
    let sentence = "windrow: w1 is gone; everything measured until then was reported";
    assert_eq!(messages, sentence);
}

#[test]
fn sources_are_named_and_others_refused() {
    let help = windrow(&["measure", "--help"]).output().expect("run");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for part in [
        "windrow measure eth0",
        "windrow measure --source syscalls",
        "windrow measure --source connects",
    ] {
        assert!(help.contains(part), "no {part:?} in {help}");
    }
    let output = windrow(&["measure", "--source", "files"]).output();
    assert_eq!(output.expect("run").status.code(), Some(2));
}
