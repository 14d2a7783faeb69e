//! Manual pages and completions: what is printed for a user's system. Needs no privilege.

use std::process::{Command, Output};

fn windrow(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_windrow"))
        .args(arguments)
        .output()
        .expect("run")
}

fn stdout(arguments: &[&str]) -> String {
    let output = windrow(arguments);
    assert!(output.status.success(), "{arguments:?}");
    assert!(output.stderr.is_empty(), "{arguments:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn every_command_has_a_page_with_its_options_and_examples() {
    let page = stdout(&["man"]);
    assert!(page.contains(".TH windrow 1"), "{page}");
    assert!(page.contains("windrow\\-replay(1)"), "{page}");
    let page = stdout(&["man", "replay"]);
    for part in [
        ".TH windrow-replay 1",
        "\\-\\-window",
        "standard input",
        "windrow replay capture.pcap",
    ] {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
    let output = windrow(&["man", "reply"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains("reply") && error.contains("replay"),
        "{error}"
    );
}

#[test]
fn every_shell_can_complete_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&["completions", shell]);
        assert!(
            script.contains("replay") && script.contains("bytes"),
            "{shell}"
        );
    }
    let output = windrow(&["completions", "tcsh"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("bash") && error.contains("zsh"), "{error}");
}
