#![allow(clippy::unwrap_used)] // tests
//! Real commands. What concerns a whole process (signals, terminals, what it was started with) is
//! asked of a process of its own: [`stand_in`], which runs a command as windrow does.

mod signals;
mod terminal;

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio, exit};
use std::time::Duration;

use tempfile::TempDir;

use super::*;

/// Longer than any command here takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// The words of the stand-in's command, one a line.
const WORDS: &str = "WINDROW_TEST_COMMAND";

/// Not a test: windrow itself, as far as it concerns a command.
#[test]
#[ignore = "other tests run it, as a process of its own"]
fn stand_in() {
    let words = env::var(WORDS).unwrap();
    let words: Vec<OsString> = words.split('\n').map(OsString::from).collect();
    let run = || -> Result<u8, Failure> {
        let (sender, ended) = channel();
        Prepared::new(&words)?.start(move |code| sender.send(code).unwrap())?;
        Ok(ended.recv().unwrap()?)
    };
    exit(match run() {
        Ok(code) => code.into(),
        Err(failure) => {
            eprintln!("windrow: {failure}");
            1
        }
    });
}

/// The stand-in with that command, begun by `launcher` (words that execute what follows them). No
/// signal is ignored at first, however the tests were begun.
fn windrow(launcher: &[&str], words: &[&str]) -> Command {
    let name = format!("{}::stand_in", module_path!().split_once("::").unwrap().1);
    let mut command = Command::new("env");
    command
        .arg("--default-signal")
        .args(launcher)
        .arg(env::current_exe().unwrap())
        .args(["--exact", &name, "--ignored", "--nocapture", "--quiet"])
        .env(WORDS, words.join("\n"))
        .stdin(Stdio::null());
    command
}

/// Runs it to its end with a shell's script as its command.
fn script(launcher: &[&str], script: &str) -> Output {
    let output = windrow(launcher, &["sh", "-c", script]).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.is_empty(), "{complaint}");
    output
}

fn start(words: &[&str]) -> Result<u8, Failure> {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let (sender, ended) = channel();
    Prepared::new(&words)?.start(move |code| sender.send(code).unwrap())?;
    Ok(ended.recv_timeout(PATIENCE).unwrap()?)
}

/// An executable file with that text.
fn executable(directory: &TempDir, text: &str) -> String {
    let file = directory.path().join("tool");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn the_exit_code_is_the_commands_or_tells_its_signal() {
    assert_eq!(start(&["true"]).unwrap(), 0);
    assert_eq!(start(&["sh", "-c", "exit 255"]).unwrap(), 255);
    assert_eq!(start(&["sh", "-c", "kill -9 $$"]).unwrap(), 137);
    // Signals of real time have no names.
    assert_eq!(start(&["sh", "-c", "kill -64 $$"]).unwrap(), 192);
    assert_eq!(code_of(ExitStatus::from_raw(3 << 8)), 3);
    assert_eq!(code_of(ExitStatus::from_raw(6 | 0x80)), 134);
}

#[test]
fn what_cannot_be_executed_is_told_apart_from_what_is_not_there() {
    let directory = TempDir::new().unwrap();
    let refusal = |words: &[&str]| {
        let failure = start(words).unwrap_err();
        (failure.code(), failure.to_string())
    };
    let (code, text) = refusal(&["./no-such-file"]);
    assert!(code == 127 && text.contains("does not exist"), "{text}");
    let (code, text) = refusal(&["/"]);
    assert!(code == 126 && text.contains("is a directory"), "{text}");
    let (code, text) = refusal(&[&executable(&directory, "#!/no/such/shell\n")]);
    assert!(code == 127 && text.contains("interpreter"), "{text}");
    let (code, text) = refusal(&[&executable(&directory, "exit 3\n")]);
    assert!(code == 126 && text.contains("sh /"), "{text}");
    let long = "x".repeat(200_000);
    let (code, text) = refusal(&["true", &long]);
    assert!(code == 126 && text.contains("too long"), "{text}");
    assert_eq!(refusal(&[]).0, 2);
}

#[test]
fn nothing_runs_unless_it_is_started() {
    let directory = TempDir::new().unwrap();
    let mark = directory.path().join("mark");
    let words = [OsString::from("touch"), mark.clone().into()];
    drop(Prepared::new(&words).unwrap());
    assert!(!mark.exists());
    assert_eq!(start(&["touch", mark.to_str().unwrap()]).unwrap(), 0);
    assert!(mark.exists());
}

#[test]
fn a_command_knows_itself_by_the_name_that_was_given() {
    let output = windrow(&[], &["sh", "-c", "tr '\\0' ' ' < /proc/$$/cmdline", "a b"]).output();
    let output = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(
        output.contains("sh -c tr '\\0' ' ' < /proc/$$/cmdline a b "),
        "{output}"
    );
}

#[test]
fn input_and_output_are_the_commands() {
    let mut command = windrow(&[], &["sh", "-c", "cat; echo to stderr >&2; exit 4"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"line\n").unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.stdout.ends_with(b"line\n"));
    assert_eq!(output.stderr, b"to stderr\n");
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn no_descriptor_of_windrows_is_passed_on() {
    // The listing's own descriptor is there in both.
    let list = "ls /proc/self/fd | wc -l";
    let alone = Command::new("sh")
        .args(["-c", list])
        .stdin(Stdio::null())
        .output();
    let output = script(&[], list);
    assert!(output.stdout.ends_with(&alone.unwrap().stdout));
}

#[test]
fn the_process_group_and_the_environment_are_kept() {
    // The parent of the command is the stand-in.
    let groups =
        "set -- $(cut -d ' ' -f 5 /proc/$PPID/stat /proc/$$/stat); [ $1 = $2 ] && [ $FLAG ]";
    let output = windrow(&[], &["sh", "-c", groups])
        .env("FLAG", "set")
        .output();
    assert_eq!(output.unwrap().status.code(), Some(0));
}

#[test]
fn children_that_outlive_the_command_are_not_waited_for() {
    let mut command = windrow(&[], &["sh", "-c", "exec 3<&0; cat <&3 & exit 3"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    // The command's child reads until this is closed.
    let input = child.stdin.take();
    assert_eq!(child.wait().unwrap().code(), Some(3));
    drop(input);
}
