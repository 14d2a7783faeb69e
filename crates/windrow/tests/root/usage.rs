//! Bad invocations: one sentence that says what to do, the right exit code, and nothing attached.
//! Needs root, since some of them get as far as the kernel.

mod cases;

use std::{
    ffi::{OsStr, OsString},
    fs::OpenOptions,
    os::unix::ffi::OsStrExt,
    process::{Command, Output, Stdio},
    time::Duration,
};

use crate::harness::{
    bpf::{attached, orphans},
    monitor::{exit_code, windrow},
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

/// Runs one that is to end by itself, with no more to say than a pipe holds.
fn run(pair: &VethPair, arguments: &[&OsStr]) -> Output {
    let spawn = || {
        windrow(&[])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    };
    let mut child = pair.b.namespace.run(spawn).expect("enter").expect("spawn");
    // One that goes on is killed, and has no code then.
    exit_code(&mut child);
    child.wait_with_output().expect("output")
}

/// The interfaces as they are, but for what they count, with what queues there.
fn interfaces(pair: &VethPair) -> String {
    let show = |program: &str, arguments: &str| {
        let words = arguments.split(' ');
        let output = Command::new(program).args(words).output().expect("run");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let all = || show("ip", "-d link show") + &show("tc", "qdisc show");
    pair.b.namespace.run(all).expect("enter")
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
    let before = interfaces(&pair);
    for &(arguments, code, parts) in cases::CASES {
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
        let usage = first.starts_with("error: ") && code == 2;
        assert!(
            usage || first.starts_with("windrow: "),
            "{arguments:?}: {first}"
        );
        let caret = lines.iter().any(|line| line.trim_start().starts_with('^'));
        assert!(
            usage || caret || lines.len() == 1,
            "{arguments:?}: {lines:#?}"
        );
        let wrong = ["error: ", "windrow: "].map(|begin| {
            let begun = lines.iter().filter(|line| line.starts_with(begin));
            begun.count()
        });
        assert_eq!(wrong.iter().sum::<usize>(), 1, "{arguments:?}: {lines:#?}");
        for part in parts {
            assert!(
                lines.concat().contains(part),
                "{arguments:?}: {part:?} in {lines:#?}"
            );
        }
        assert_eq!(attached(&pair.b), 0, "{arguments:?}");
        assert_eq!(interfaces(&pair), before, "{arguments:?}");
    }
    until("no program without an owner", || orphans().is_empty());
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
