//! Commands at a terminal: keys, job control, hanging up.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::fd::OwnedFd;

use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};

use super::signals::COUNT;
use super::*;

/// A terminal as a user has it before them.
struct Terminal {
    user: File,
    path: String,
}

impl Terminal {
    fn open() -> Terminal {
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let user = posix_openpt(flags).unwrap();
        grantpt(&user).unwrap();
        unlockpt(&user).unwrap();
        let path = ptsname_r(&user).unwrap();
        let user = File::from(OwnedFd::from(user));
        Terminal { user, path }
    }

    /// The command's input and output is here, and its session, which it leads, has this terminal.
    fn run(&self, launcher: &[&str], words: &[&str]) -> Child {
        let end = OpenOptions::new().read(true).write(true).open(&self.path);
        let end = end.unwrap();
        let launcher = [&["setsid", "--ctty"], launcher].concat();
        windrow(&launcher, words)
            .stdin(end.try_clone().unwrap())
            .stdout(end.try_clone().unwrap())
            .stderr(end)
            .spawn()
            .unwrap()
    }

    fn types(&mut self, keys: &str) {
        self.user.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads until this was shown.
    fn shows(&mut self, text: &str) {
        let mut shown = Vec::new();
        let mut some = [0; 256];
        while !String::from_utf8_lossy(&shown).contains(text) {
            let length = self.user.read(&mut some).unwrap_or(0);
            assert!(length > 0, "{}", String::from_utf8_lossy(&shown));
            shown.extend_from_slice(&some[..length]);
        }
    }
}

#[test]
fn ctrl_c_reaches_the_command_once_and_windrow_survives() {
    for key in ["\x03", "\x1c"] {
        let mut terminal = Terminal::open();
        let mut child = terminal.run(&[], &["sh", "-c", COUNT]);
        terminal.shows("ready");
        terminal.types(key);
        assert_eq!(child.wait().unwrap().code(), Some(41));
    }
}

#[test]
fn ctrl_z_stops_both_and_fg_continues_them() {
    let shell = r#"set -m; "$@"; echo "stopped $?"; fg > /dev/null; echo "ended $?""#;
    let mut terminal = Terminal::open();
    let command = ["sh", "-c", "echo ready; read line; exit 9"];
    let mut child = terminal.run(&["sh", "-c", shell, "sh"], &command);
    terminal.shows("ready");
    terminal.types("\x1a");
    terminal.shows("stopped 148");
    terminal.types("line\n");
    terminal.shows("ended 9");
    child.wait().unwrap();
}

#[test]
fn a_terminal_that_hangs_up_tells_the_command_where_windrow_leads_the_session() {
    let mut terminal = Terminal::open();
    let mut child = terminal.run(&[], &["sh", "-c", COUNT]);
    terminal.shows("ready");
    drop(terminal);
    assert_eq!(child.wait().unwrap().code(), Some(41));
}
