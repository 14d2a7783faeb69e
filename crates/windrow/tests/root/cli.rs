//! The command line as a user meets it: errors and their exit codes, pipes, files and terminals.
//! Most tests need root.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    os::unix::{ffi::OsStrExt, process::CommandExt},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use crate::harness::{
    alone,
    bpf::attached,
    monitor::{exit_code, windrow},
    net::{counters, generate, namespace, pair, received, until},
    root_or_skip, skip,
};
use nix::{
    pty::openpty,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use windrow_lab::{Namespace, Plan, VethOptions, VethPair};

fn output(arguments: &[&str]) -> Output {
    windrow(arguments).output().expect("run")
}

fn output_in(namespace: &Namespace, arguments: &[&str]) -> Output {
    namespace.run(|| output(arguments)).expect("enter")
}

/// It failed with that code and one message that says all of `parts`; nothing is on stdout.
fn assert_refused(output: &Output, code: i32, parts: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(output.stdout.is_empty(), "results only on stdout");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    assert!(!text.contains('\x1b'), "{text:?}");
}

#[test]
fn bad_usage_is_explained() {
    let _alone = alone();
    let cases: [(&[&str], &[&str]); 14] = [
        (&["monitor", "lo", "--window", "0"], &["--window", "250ms"]),
        (&["monitor", "lo", "--window", "0s"], &["--window", "250ms"]),
        (
            &["monitor", "lo", "--window", "8760h"],
            &["--window", "24h"],
        ),
        (&["monitor", "lo", "--window", "10us"], &["--window", "1ms"]),
        (&["monitor", "lo", "--top", "0"], &["--top", "above 0"]),
        (&["monitor", "lo", "--top", "-1"], &["--top", "above 0"]),
        (&["monitor", "lo", "--memory", "0"], &["--memory", "64M"]),
        (&["monitor", "lo", "--memory", "many"], &["--memory", "64M"]),
        (
            &["monitor", "lo", "--memory", "99999999999G"],
            &["--memory", "64M"],
        ),
        (
            &["monitor", "lo", "--windw", "1s"],
            &["--windw", "--window"],
        ),
        (&["monitr"], &["monitr", "monitor"]),
        (&["monitor", "lo", "--hook", "xpd"], &["xpd", "xdp"]),
        (
            &["monitor", "lo", "--hook", "xdp", "--direction", "out"],
            &["--direction", "--hook tcx"],
        ),
        (
            &["monitor", "lo", "--hook", "xdp", "--direction", "both"],
            &["--direction", "--hook tcx"],
        ),
    ];
    for (arguments, parts) in cases {
        println!("{arguments:?}");
        assert_refused(&output(arguments), 2, parts);
    }
    assert_eq!(output(&[]).status.code(), Some(2));
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["monitor", "--help"],
        &["demo", "--help"],
    ] {
        let output = output(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(
            !output.stdout.is_empty() && output.stderr.is_empty(),
            "{arguments:?}"
        );
    }
}

#[test]
fn an_unknown_interface_lists_those_there_are() {
    root_or_skip!("an_unknown_interface_lists_those_there_are");
    let pair = pair(VethOptions::default());
    let refused = output_in(&pair.b.namespace, &["monitor", "eth7"]);
    assert_refused(&refused, 2, &["\"eth7\"", "lo", "w1"]);
    let refused = output_in(&pair.b.namespace, &["monitor", "-i", "eth7", "--json"]);
    assert_refused(&refused, 2, &["\"eth7\"", "lo", "w1"]);
    let refused = output_in(&pair.b.namespace, &["monitor", "w1", "-i", "lo"]);
    assert_refused(&refused, 2, &["cannot be used with"]);
    // Nothing to take by default.
    let refused = output_in(&namespace(), &["monitor"]);
    assert_refused(&refused, 2, &["no default route", "-i eth0"]);
}

#[test]
fn too_little_memory_says_how_much_it_takes() {
    root_or_skip!("too_little_memory_says_how_much_it_takes");
    let refused = output_in(&namespace(), &["monitor", "lo", "--memory", "1k"]);
    let code = refused.status.code();
    assert!(code == Some(1) || code == Some(2), "{code:?}");
    assert_refused(&refused, code.unwrap_or_default(), &["memory"]);
}

#[test]
fn a_user_without_privileges_learns_which_are_missing() {
    const NAME: &str = "a_user_without_privileges_learns_which_are_missing";
    root_or_skip!("a_user_without_privileges_learns_which_are_missing");
    // The build directory may be closed to that user.
    let copy = std::env::temp_dir().join(format!("windrow-test-{}", std::process::id()));
    std::fs::copy(env!("CARGO_BIN_EXE_windrow"), &copy).expect("copy");
    let tried = namespace().run(|| {
        let mut command = Command::new(&copy);
        command
            .args(["monitor", "lo", "--json"])
            .stdin(Stdio::null());
        command.uid(65534).gid(65534).output()
    });
    std::fs::remove_file(&copy).expect("remove");
    match tried.expect("enter") {
        Ok(tried) => assert_refused(&tried, 1, &["CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON"]),
        Err(error) => skip(NAME, &error.to_string()),
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    root_or_skip!("a_closed_pipe_ends_it_quietly");
    for arguments in [&["--json"][..], &[]] {
        let pair = pair(VethOptions::default());
        let child = pair.b.namespace.run(|| {
            windrow(&["monitor", "w1", "--window", "100ms"])
                .args(arguments)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
        });
        let mut child = child.expect("enter").expect("spawn");
        let stdout = child.stdout.take().expect("piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        // The reader is gone; the next window tells windrow.
        let gone = Instant::now();
        assert_eq!(exit_code(&mut child), Some(0), "{arguments:?}");
        // A hundred windows and more: not the next.
        assert!(gone.elapsed() < Duration::from_secs(15), "{arguments:?}");
        let mut text = String::new();
        child
            .stderr
            .take()
            .expect("piped")
            .read_to_string(&mut text)
            .expect("stderr");
        assert!(!text.contains("ipe"), "{text}");
        until("nothing is attached", || attached(&pair.b) == 0);
    }
}

/// What `windrow monitor` writes into a file, with a little traffic.
fn into_file(pair: &VethPair, environment: &[(&str, &str)], name: &str) -> String {
    let path = std::env::temp_dir().join(format!("windrow-test-{}-file", std::process::id()));
    let file = File::create(&path).expect("file");
    let mut command = windrow(&["monitor", name, "--hook", "xdp", "--window", "100ms"]);
    command
        .envs(environment.iter().copied())
        .stdout(file)
        .stderr(Stdio::piped());
    let mut child = pair
        .b
        .namespace
        .run(|| command.spawn())
        .expect("enter")
        .expect("spawn");
    until("it is attached", || attached(&pair.b) == 1);
    let before = counters(&pair.b).rx_packets;
    let sent = generate(
        pair,
        &Plan {
            frames: 1000,
            stray: true,
            ..Plan::default()
        },
    );
    received(&pair.b, before + sent.packets);
    let text = || std::fs::read_to_string(&path).expect("text");
    until("its flows are printed", || text().contains("198.18."));
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).expect("signal");
    assert_eq!(exit_code(&mut child), Some(0));
    let all = text();
    std::fs::remove_file(&path).expect("remove");
    let mut messages = String::new();
    child
        .stderr
        .take()
        .expect("piped")
        .read_to_string(&mut messages)
        .expect("stderr");
    all + &messages
}

#[test]
fn a_file_has_no_escape_codes() {
    root_or_skip!("a_file_has_no_escape_codes");
    let pair = pair(VethOptions::default());
    for environment in [&[][..], &[("NO_COLOR", "1")], &[("TERM", "xterm-256color")]] {
        let text = into_file(&pair, environment, "w1");
        assert!(!text.contains('\x1b'), "{text:?}");
        assert!(text.contains("residue 0"), "{text}");
    }
}

/// What `windrow monitor` writes to a terminal in two windows and a summary.
fn on_terminal(pair: &VethPair, environment: &[(&str, &str)]) -> String {
    let terminal = openpty(None, None).expect("a terminal");
    let mut command = windrow(&["monitor", "w1", "--window", "200ms", "--duration", "700ms"]);
    command.env_remove("NO_COLOR").env("TERM", "xterm");
    command
        .envs(environment.iter().copied())
        .stdout(terminal.slave)
        .stderr(Stdio::null());
    let mut child = pair
        .b
        .namespace
        .run(|| command.spawn())
        .expect("enter")
        .expect("spawn");
    // Only the child has the terminal open now, and its end is an error to the reader.
    drop(command);
    let (mut master, mut all) = (File::from(terminal.master), Vec::new());
    let mut some = [0; 4096];
    while let Ok(read @ 1..) = master.read(&mut some) {
        all.extend(&some[..read]);
    }
    assert_eq!(exit_code(&mut child), Some(0));
    String::from_utf8(all).expect("text")
}

#[test]
fn no_color_is_respected_on_a_terminal() {
    root_or_skip!("no_color_is_respected_on_a_terminal");
    let pair = pair(VethOptions::default());
    let color = "\x1b[1m";
    assert!(on_terminal(&pair, &[]).contains(color));
    // Empty is as good as unset, says no-color.org.
    assert!(on_terminal(&pair, &[("NO_COLOR", "")]).contains(color));
    for environment in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let text = on_terminal(&pair, &[environment]);
        assert!(
            text.contains("residue 0") && !text.contains(color),
            "{text:?}"
        );
        let dim = text.contains("\x1b[2m") || text.contains("\x1b[0m");
        assert!(!dim, "{text:?}");
    }
}

#[test]
fn control_bytes_in_a_name_are_escaped() {
    root_or_skip!("control_bytes_in_a_name_are_escaped");
    let pair = pair(VethOptions::default());
    let strange = "w\x1b[31m\x07";
    let renamed = pair.b.namespace.run(|| {
        let mut command = Command::new("ip");
        command.args(["link", "set", "w1", "name"]);
        command
            .arg(std::ffi::OsStr::from_bytes(strange.as_bytes()))
            .status()
    });
    assert!(renamed.expect("enter").expect("ip").success());
    let text = into_file(&pair, &[], strange);
    assert!(!text.contains('\x1b') && !text.contains('\x07'), "{text:?}");
    assert!(text.contains(r"w\u{1b}[31m\u{7}"), "{text:?}");
    let refused = output_in(&pair.b.namespace, &["monitor", "w1"]);
    assert_refused(&refused, 2, &[r"\u{1b}[31m"]);
    let refused = output_in(&pair.b.namespace, &["monitor", "\x1b[2J"]);
    assert_refused(&refused, 2, &[r"\u{1b}[2J"]);
}
