//! The lines of `--json`: names and their order, which other programs rely on, and which flows are
//! printed. Needs root.

use std::{
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use crate::harness::{
    lines::names,
    monitor::{Monitor, exit_code, windrow},
    net::{counters, generate, ip, pair, received},
    root_or_skip,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use windrow_lab::{Plan, RawSocket, VethOptions};

/// The names of each kind of line, in their order: what other programs rely on.
const NAMES: [(&str, &str); 7] = [
    (
        "start",
        "type version source ifaces hook direction by counts window_ns memory_bytes rows_per_cpu pid",
    ),
    (
        "window",
        "type seq start end source window_ns events packets bytes rows spilled_rows folded_packets \
         folded_bytes other_packets other_bytes filtered_packets filtered_bytes absent_packets_hi \
         absent_bytes_hi capacity_rows reduction residue_packets residue_bytes late occupancy lost \
         iface_packets drain_ns deep_chains distinct_src distinct_dst distinct_dport distinct_error",
    ),
    (
        "flow",
        "type seq window_ns src dst sport dport proto packets packets_hi bytes bytes_hi first last \
         tcp_flags exact",
    ),
    (
        "prefix",
        "type seq window_ns side level prefix packets packets_hi bytes bytes_hi",
    ),
    ("other", "type seq window_ns reason packets bytes"),
    ("warning", "type seq window_ns code text"),
    (
        "summary",
        "type source windows late_windows events packets bytes rows flows flows_exact \
         spilled_rows folded_packets folded_bytes other_packets other_bytes filtered_packets filtered_bytes absent_packets_hi \
         absent_bytes_hi reduction residue_packets residue_bytes lost drain_ns deep_chains \
         distinct_src distinct_dst distinct_dport distinct_error",
    ),
];

#[test]
fn json_names_are_those_of_the_contract() {
    root_or_skip!("json_names_are_those_of_the_contract");
    let pair = pair(VethOptions::default());
    let child = pair.b.namespace.run(|| {
        // So little memory that the table is full: then there are prefixes and a warning.
        windrow(&[
            "monitor", "w1", "--json", "--hook", "xdp", "--window", "1h", "--memory", "1M",
        ])
        .stdout(Stdio::piped())
        .spawn()
    });
    let mut child = child.expect("enter").expect("spawn");
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut text = String::new();
    stdout.read_line(&mut text).expect("the start line");
    let mix = windrow_lab::Mix {
        flows: 50_000,
        ..windrow_lab::Mix::default()
    };
    generate(
        &pair,
        &Plan {
            mix,
            stray: true,
            ..Plan::default()
        },
    );
    let arp = pair.a.namespace.run(|| {
        let frame = [&[2; 12][..], &[8, 6], &[0; 46]].concat();
        RawSocket::open("w0").and_then(|socket| socket.send(&frame))
    });
    arp.expect("enter").expect("send");
    received(&pair.b, 100_001);
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).expect("signal");
    stdout.read_to_string(&mut text).expect("text");
    assert_eq!(exit_code(&mut child), Some(0));
    for (kind, expected) in NAMES {
        let begin = format!(r#"{{"type":"{kind}","#);
        let line = text.lines().find(|line| line.starts_with(&begin));
        let line = line.unwrap_or_else(|| panic!("no line of type {kind}"));
        assert_eq!(names(line), expected, "{kind}");
    }
    assert!(text.contains(r#""reason":"ethertype_0806","packets":1,"bytes":60"#));
    // Disjoint levels, as one object.
    assert!(text.contains(r#""folded_packets":{"24":"#) && text.contains(r#","total":"#));
    assert!(text.starts_with(r#"{"type":"start","#), "first");
    let last = text.lines().last().expect("a line");
    assert!(last.starts_with(r#"{"type":"summary","#), "last");
}

#[test]
fn top_leaves_out_flow_lines_only() {
    root_or_skip!("top_leaves_out_flow_lines_only");
    let pair = pair(VethOptions::default());
    for sort in ["packets", "bytes"] {
        let arguments = format!("w1 --hook xdp --window 24h --top 3 --sort {sort}");
        let monitor = Monitor::start(&pair.b.namespace, &arguments);
        let before = counters(&pair.b).rx_packets;
        let sent = generate(
            &pair,
            &Plan {
                frames: 10_007,
                stray: true,
                ..Plan::default()
            },
        );
        received(&pair.b, before + sent.packets);
        let report = monitor.stop();
        assert_eq!(report.seen().packets, 10_007);
        assert_eq!(
            report.windows[0].rows, 1000,
            "all rows, as printed without --top"
        );
        let shown: Vec<u64> = report.flows.iter().map(|flow| flow.packets).collect();
        assert_eq!(shown, [11, 11, 11], "of 7 with 11 and 993 with 10");
    }
    assert!(ip(&pair.b.namespace, "link show w1"));
}
