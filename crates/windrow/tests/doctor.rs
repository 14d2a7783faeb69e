//! `windrow doctor`: what it finds here, with and without privilege. Needs root.

mod harness;

use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

use harness::{
    bpf::{Foreign, NEXT, attached},
    monitor::windrow,
    net::pair,
    root_or_skip,
};
use serde_json::Value;
use windrow_lab::VethOptions;

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("a JSON object")
}

fn check<'a>(report: &'a Value, list: &str, name: &str) -> &'a Value {
    let checks = report[list].as_array().expect("a list");
    let found = checks.iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {report}"))
}

#[test]
fn root_can_do_everything_here_and_sees_who_else_is_there() {
    root_or_skip!("root_can_do_everything_here_and_sees_who_else_is_there");
    let pair = pair(VethOptions::default());
    let _foreign = Foreign::attach(&pair.b, NEXT, true);
    let run = |arguments: &[&str]| {
        let run = || windrow(arguments).output().expect("run");
        pair.b.namespace.run(run).expect("enter")
    };
    let output = run(&["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let found = report(&output);
    assert_eq!(found["ok"], true);
    for name in ["capabilities", "programs", "traffic control", "XDP"] {
        assert_eq!(check(&found, "checks", name)["state"], "ok", "{name}");
    }
    let theirs = check(&found, "interfaces", "w1")["found"]
        .as_str()
        .expect("text");
    assert!(theirs.contains("tcx in: \"foreign\" (id "), "{theirs}");
    // Looked at, and nothing attached.
    assert_eq!(attached(&pair.b), 1);

    let text = String::from_utf8(run(&["doctor", "-i", "w1"]).stdout).expect("UTF-8");
    assert!(text.contains("ok        w1"), "{text}");
    let unknown = run(&["doctor", "-i", "w9"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("w1"));
}

#[test]
fn a_user_without_privilege_is_told_what_is_missing() {
    root_or_skip!("a_user_without_privilege_is_told_what_is_missing");
    // The build directory may be closed to that user.
    let copy = std::env::temp_dir().join(format!("windrow-doctor-{}", std::process::id()));
    std::fs::copy(env!("CARGO_BIN_EXE_windrow"), &copy).expect("copy");
    let mut command = Command::new(&copy);
    command.args(["doctor", "--json"]).uid(65534).gid(65534);
    let output = command.output();
    std::fs::remove_file(&copy).expect("remove");
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            let test = "a_user_without_privilege_is_told_what_is_missing";
            return harness::skip(test, &error.to_string());
        }
    };
    assert_eq!(output.status.code(), Some(1));
    let found = report(&output);
    assert_eq!(found["ok"], false);
    for name in ["capabilities", "programs"] {
        let check = check(&found, "checks", name);
        assert_eq!(check["state"], "missing");
        assert!(
            check["found"]
                .as_str()
                .is_some_and(|text| text.contains("CAP_BPF"))
        );
    }
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("capabilities, programs"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn an_interface_that_cannot_be_read_is_missing() {
    root_or_skip!("an_interface_that_cannot_be_read_is_missing");
    let pair = pair(VethOptions::default());
    // A tunnel device without Ethernet header can be read; an ARPHRD of its own kind cannot.
    let add = || {
        let ip = Command::new("ip")
            .args(["link", "add", "can0", "type", "vcan"])
            .output();
        ip.is_ok_and(|output| output.status.success())
    };
    if !pair.b.namespace.run(add).expect("enter") {
        return harness::skip(
            "an_interface_that_cannot_be_read_is_missing",
            "this kernel has no vcan",
        );
    }
    let run = || {
        windrow(&["doctor", "--json", "-i", "can0"])
            .output()
            .expect("run")
    };
    let output = pair.b.namespace.run(run).expect("enter");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        check(&report(&output), "interfaces", "can0")["state"],
        "missing"
    );
}
