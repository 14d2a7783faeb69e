//! Bad invocations: one sentence that says what to do, the right exit code, and nothing attached.
//! Needs root, since some of them get as far as the kernel.

use std::{
    ffi::{OsStr, OsString},
    fs::OpenOptions,
    os::unix::ffi::OsStrExt,
    process::{Output, Stdio},
    time::Duration,
};

use crate::harness::{
    bpf::attached,
    monitor::windrow,
    net::{ip, pair, received, until},
    report::Report,
    root_or_skip,
    watched::send,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use windrow_lab::{VethOptions, VethPair};

/// What is run, its exit code, and what its first line says.
type Case = (&'static [&'static str], i32, &'static [&'static str]);

/// Every word is as a user may have slipped.
const CASES: &[Case] = &[
    (
        &["monitor", "w1", "--rollup", "1500ms"],
        2,
        &["windows of 1500 ms are not made of several whole windows of 1 s"],
    ),
    (
        &[
            "monitor",
            "w1",
            "--adaptive",
            "--rollup",
            "15s",
            "--max-window",
            "10s",
        ],
        2,
        &["windows of 15 s are not made of several whole windows of 2 s"],
    ),
    (
        &["monitor", "w1", "--rollup", "1m", "--rollup-memory", "1K"],
        2,
        &["--rollup-memory"],
    ),
    (
        &["monitor", "w1", "--by", "src_net"],
        2,
        &["src_net", "--networks"],
    ),
    (
        &["monitor", "w1", "--networks", "/nosuch"],
        2,
        &["/nosuch", "No such file"],
    ),
    (&["monitor", "w1", "--window", "0"], 2, &["--window"]),
    (&["monitor", "w1", "--window", "1y"], 2, &["--window"]),
    (&["monitor", "w1", "--window", "8760h"], 2, &["1ms to 24h"]),
    (&["monitor", "w1", "--min-window", "1s"], 2, &["--adaptive"]),
    (
        &["monitor", "w1", "--adaptive", "--max-window", "1h"],
        2,
        &[
            "--max-window",
            "250ms, 500ms, 1s, 2s, 5s, 10s, 15s, 30s, 1m",
        ],
    ),
    (
        &["monitor", "w1", "--adaptive", "--window", "3s"],
        2,
        &["--window must be one of 250ms, 500ms"],
    ),
    (
        &["monitor", "w1", "--adaptive", "--max-window", "500ms"],
        2,
        &["--window 1s, --max-window 500ms must be in this order"],
    ),
    (
        &[
            "monitor",
            "w1",
            "--adaptive",
            "--min-window",
            "10s",
            "--max-window",
            "5s",
        ],
        2,
        &["--min-window 10s, --window 1s, --max-window 5s"],
    ),
    (&["monitor", "w1", "--duration", "0"], 2, &["--duration"]),
    (&["monitor", "w1", "--top", "0"], 2, &["--top"]),
    (&["monitor", "w1", "--memory", "1k"], 2, &["--memory"]),
    (
        &["monitor", "w1", "--memory", "99999999999G"],
        2,
        &["--memory"],
    ),
    (&["monitor", "w1", "--sort", "size"], 2, &["size"]),
    (&["monitor", "w1", "--export", "rings"], 2, &["rings"]),
    (
        &["monitor", "w1", "--json", "--csv"],
        2,
        &["--json", "--csv"],
    ),
    (
        &["monitor", "w1", "--hook", "xdp", "--direction", "out"],
        2,
        &["--hook tcx"],
    ),
    (&["monitor", "w1", "--windw", "1s"], 2, &["--windw"]),
    (
        &["monitor", "-i", "w1", "-i", "w1"],
        2,
        &["\"w1\"", "twice"],
    ),
    (
        &["monitor", "-i", "w1", "-i", "other"],
        2,
        &["another name of w1"],
    ),
    (
        &["monitor", "-i", "nosuch0"],
        2,
        &["nosuch0", "there are", "w1"],
    ),
    (&["monitor", "nosuch0"], 2, &["nosuch0", "there are", "w1"]),
    (
        &["monitor", "w1", "-i", "lo"],
        2,
        &["\"w1\"", "cannot be used with -i"],
    ),
    (
        &["monitor", "-i", "w1", "--exclude", "lo"],
        2,
        &["--exclude", "-i any"],
    ),
    (
        &["monitor", "-i", "w1", "-i", "any", "--exclude", "w*"],
        2,
        &["asked for and excluded"],
    ),
    (&["monitor", "-i", "[z"], 2, &["\"[z\"", "no pattern"]),
    (
        &["monitor", "w1", "--by", "sorce"],
        2,
        &["sorce", "did you mean src?"],
    ),
    (
        &["monitor", "w1", "--by", "src,src"],
        2,
        &["src is given twice"],
    ),
    (&["monitor", "w1", "--by", "src/33"], 2, &["/33", "0 to 32"]),
    (
        &["monitor", "w1", "--by", "proto/8"],
        2,
        &["only src and dst have prefixes"],
    ),
    (&["monitor", "w1", "--by", ""], 2, &["there is no key"]),
    (
        &["monitor", "w1", "--hierarchy", "24,12"],
        2,
        &["\"12\"", "24, 16 and 8"],
    ),
    (
        &["monitor", "w1", "--by", "proto", "--hierarchy", "24"],
        2,
        &["src or dst among the keys"],
    ),
    (
        &["monitor", "w1", "--csv", "--hierarchy", "24"],
        2,
        &["--hierarchy", "--csv"],
    ),
    (&["monitor", "w1", "tpc", "port", "80"], 2, &["tpc"]),
    (&["monitor", "w1", "port", "70000"], 2, &["70000"]),
    (&["monitor", "w1", "(tcp"], 2, &[")"]),
    (&["monitor", "w1", "tcp", "and"], 2, &["and"]),
    (
        &["monitor"],
        2,
        &["no default route", "windrow monitor eth0"],
    ),
    (&["monitr"], 2, &["monitr"]),
    (
        &["measure", "w1", "--source", "syscalls"],
        2,
        &["--source net"],
    ),
    (&["measure", "nosuch0"], 2, &["nosuch0", "w1"]),
    (&["doctor", "-i", "nosuch0"], 2, &["nosuch0", "w1"]),
    (&["demo", "--rate", "0"], 2, &["--rate"]),
    (&["demo", "--flows", "99999999999"], 2, &["--flows"]),
    (&["replay"], 2, &["FILE"]),
    (&["replay", "/no/such.pcap"], 1, &["/no/such.pcap"]),
    (
        &["replay", "/dev/null", "--by", "sport/8"],
        2,
        &["only src and dst have prefixes"],
    ),
    (&["completions", "tcsh"], 2, &["tcsh"]),
];

fn run(pair: &VethPair, arguments: &[&OsStr]) -> Output {
    let ran = pair
        .b
        .namespace
        .run(|| windrow(&[]).args(arguments).output());
    ran.expect("enter").expect("run")
}

/// The lines of what it said.
fn said(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{text}");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bad_invocations_are_told_in_a_sentence_and_attach_nothing() {
    root_or_skip!("bad_invocations_are_told_in_a_sentence_and_attach_nothing");
    let pair = pair(VethOptions::default());
    // Interfaces may have several names.
    let named = ip(&pair.b.namespace, "link property add dev w1 altname other");
    for &(arguments, code, parts) in CASES {
        if arguments.contains(&"other") && !named {
            println!("without other names: {arguments:?}");
            continue;
        }
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        let output = run(&pair, &arguments);
        let lines = said(&output);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {lines:#?}"
        );
        assert!(output.stdout.is_empty(), "{arguments:?}");
        // Command lines that cannot be read are shown with their usage, filters with a caret.
        let first = lines.first().expect("a sentence");
        let usage = first.starts_with("error: ");
        assert!(
            usage || first.starts_with("windrow: "),
            "{arguments:?}: {first}"
        );
        let caret = lines.iter().any(|line| line.trim_start().starts_with('^'));
        assert!(
            usage || caret || lines.len() == 1,
            "{arguments:?}: {lines:#?}"
        );
        for part in parts {
            assert!(
                lines.concat().contains(part),
                "{arguments:?}: {part:?} in {lines:#?}"
            );
        }
        assert_eq!(attached(&pair.b), 0, "{arguments:?}");
    }
}

#[test]
fn a_caret_stands_under_the_word_that_is_wrong() {
    root_or_skip!("a_caret_stands_under_the_word_that_is_wrong");
    let pair = pair(VethOptions::default());
    for monitor in [true, false] {
        let mut arguments: Vec<&OsStr> = match monitor {
            true => vec![OsStr::new("monitor"), OsStr::new("w1")],
            false => vec![OsStr::new("replay"), OsStr::new("/dev/null")],
        };
        arguments.extend(["tcp", "and", "prot", "80"].map(OsStr::new));
        let output = run(&pair, &arguments);
        let lines = said(&output);
        assert_eq!(output.status.code(), Some(2), "{lines:#?}");
        let place = lines
            .iter()
            .position(|line| line.trim_start().starts_with('^'));
        let caret = place.expect("a caret");
        let at = lines[caret].find('^').expect("a caret");
        assert!(lines[caret - 1][at..].starts_with("prot 80"), "{lines:#?}");
        assert!(lines.concat().contains("port"), "{lines:#?}");
    }
}

#[test]
fn what_is_no_text_is_refused() {
    root_or_skip!("what_is_no_text_is_refused");
    let pair = pair(VethOptions::default());
    let strange = OsString::from(OsStr::from_bytes(b"w\xff1"));
    for arguments in [
        &[OsStr::new("monitor"), &strange][..],
        &[OsStr::new("monitor"), OsStr::new("-i"), &strange],
        &[
            OsStr::new("monitor"),
            OsStr::new("w1"),
            OsStr::new("--by"),
            &strange,
        ],
    ] {
        let output = run(&pair, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!said(&output).is_empty());
        // Control bytes are not handed to the terminal.
        let control = [OsStr::new("monitor"), OsStr::new("\x1b[2J")];
        let output = run(&pair, &control);
        assert_eq!(output.status.code(), Some(2));
        assert!(!said(&output).concat().contains('\x1b'));
    }
    assert_eq!(attached(&pair.b), 0);
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    root_or_skip!("output_that_cannot_be_written_is_a_failure");
    let pair = pair(VethOptions::default());
    for format in ["--json", "--csv", "-n"] {
        let full = OpenOptions::new().write(true).open("/dev/full");
        let ran = pair.b.namespace.run(|| {
            windrow(&[
                "monitor",
                "w1",
                "--window",
                "50ms",
                "--duration",
                "1s",
                format,
            ])
            .stdout(Stdio::from(full.expect("/dev/full")))
            .output()
        });
        let output = ran.expect("enter").expect("run");
        let lines = said(&output);
        assert_eq!(output.status.code(), Some(1), "{format}: {lines:#?}");
        let last = lines.last().expect("a sentence");
        assert!(
            last.starts_with("windrow: writing the output"),
            "{lines:#?}"
        );
        assert_eq!(attached(&pair.b), 0, "{format}");
    }
}

#[test]
fn a_full_pipe_makes_windows_late_and_loses_nothing() {
    root_or_skip!("a_full_pipe_makes_windows_late_and_loses_nothing");
    let pair = pair(VethOptions::default());
    let child = pair.b.namespace.run(|| {
        windrow(&["monitor", "w1", "--json", "--window", "5ms"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    });
    let child = child.expect("enter").expect("spawn");
    until("it is attached", || attached(&pair.b) == 2);
    // Nobody reads: a pipe holds the lines of about a hundred windows.
    std::thread::sleep(Duration::from_secs(2));
    send(&pair.a, 1000);
    received(&pair.b, 1000);
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).expect("signal");
    let output = child.wait_with_output().expect("wait");
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).expect("text");
    let stderr = String::from_utf8(output.stderr).expect("text");
    let report = Report::parse(&text, output.status.code(), stderr);
    report.check(true);
    assert_eq!(report.seen().packets, 1000);
    assert!(report.windows.iter().any(|window| window.late));
    assert_eq!(report.lost(), 0);
}
