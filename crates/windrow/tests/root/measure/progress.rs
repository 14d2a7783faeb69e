//! How far a measurement has come, on a terminal, and there only.

use std::{fs::File, io::Read, process::Stdio, thread};

use nix::pty::openpty;

use crate::harness::{
    monitor::{exit_code, windrow},
    net::namespace,
    root_or_skip,
};

#[test]
fn a_terminal_shows_how_far_it_has_come() {
    root_or_skip!("a_terminal_shows_how_far_it_has_come");
    let quiet = namespace();
    let terminal = openpty(None, None).expect("a terminal");
    let mut command = windrow(&["measure", "lo", "--duration", "2s", "--json"]);
    command
        .env("TERM", "xterm")
        .stdout(Stdio::piped())
        .stderr(terminal.slave);
    let mut child = quiet
        .run(|| command.spawn())
        .expect("enter")
        .expect("spawn");
    // Only the child has the terminal open now, and its end is an error to the reader.
    drop(command);
    let mut master = File::from(terminal.master);
    let shown = thread::spawn(move || {
        let (mut shown, mut some) = (Vec::new(), [0; 4096]);
        while let Ok(read @ 1..) = master.read(&mut some) {
            shown.extend(&some[..read]);
        }
        shown
    });
    assert_eq!(exit_code(&mut child), Some(0));
    let shown = shown.join().expect("a reader");
    let shown = String::from_utf8(shown).expect("UTF-8");
    assert!(
        shown.contains(" of 2 s · 0 packets"),
        "{}",
        shown.escape_debug()
    );
    // In the end the line is empty again.
    assert!(shown.ends_with("\x1b[2K"), "{}", shown.escape_debug());
    let mut result = String::new();
    let stdout = child.stdout.take().expect("piped");
    { stdout }.read_to_string(&mut result).expect("text");
    assert!(
        result.starts_with("{\"type\":\"measure\"") && result.lines().count() == 1,
        "{result}"
    );
}
