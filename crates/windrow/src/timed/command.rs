//! `-- COMMAND`: runs a command as a shell would, and tells when it has ended.
//!
//! The command is a child of the thread that calls [`Prepared::start`], and the only process that is
//! begun while it is counted. So a program in the kernel knows it by its parent, and counts
//! it from its execve on: the first that is tried is the one that succeeds, since its file was looked
//! up before. Nothing has to be marked between fork and exec, and no code of ours runs there. What it
//! inherits is what windrow was given: descriptors, process group, terminal, signal mask and ignored
//! signals. Only SIGPIPE is at its default, whatever it was: in windrow it is ignored before `main`.

mod search;
#[cfg(test)]
mod tests;
mod watch;

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::channel;
use std::thread;

use anyhow::Context;
use nix::errno::Errno;

use crate::exit::Failure;
use watch::Watch;

/// A shell's code for a command that a signal ended is this and the signal's number.
const SIGNALLED: u8 = 128;

/// A command whose program was found. Nothing has been started.
#[derive(Debug)]
pub struct Prepared {
    program: PathBuf,
    /// What the user called it by.
    name: OsString,
    arguments: Vec<OsString>,
}

impl Prepared {
    /// Looks for the program that the first word names, in the directories of PATH as execvp does.
    ///
    /// # Errors
    /// There is none (exit code 127), or one that may not be executed (126).
    pub fn new(words: &[OsString]) -> Result<Prepared, Failure> {
        let (name, arguments) = words
            .split_first()
            .ok_or_else(|| Failure::usage("no command is given"))?;
        Ok(Prepared {
            program: search::program(name, env::var_os("PATH").as_deref())?,
            name: name.clone(),
            arguments: arguments.to_vec(),
        })
    }

    /// Starts it, and returns its process id as windrow sees it. Whatever is to be counted must be
    /// attached before.
    ///
    /// `ended` is called once, on a thread of its own, with the exit code that windrow is to have:
    /// the command's, or 128 + n where signal n ended it. That is when its *main process* has ended,
    /// with all its threads, as for `time` and `perf stat`. Children that it leaves behind are
    /// waited for by nobody: one that became a daemon would otherwise keep windrow for ever.
    ///
    /// From now on signals are the command's: [`watch`] says which are passed on to it.
    ///
    /// # Errors
    /// The kernel cannot execute the file (exit code 126), or not what it names as its interpreter
    /// or loader (127), or windrow lacks what it takes to watch it. Then it does not run.
    pub fn start(
        self,
        ended: impl FnOnce(io::Result<u8>) + Send + 'static,
    ) -> Result<u32, Failure> {
        // All that may fail comes first, so that no command runs that nobody waits for.
        let watch = Watch::begin().context("setting up signals")?;
        let (hand_over, handed_over) = channel::<Child>();
        thread::Builder::new()
            .name("windrow-command".into())
            .spawn(move || {
                if let Ok(child) = handed_over.recv() {
                    watch.until_the_end(child, |status| ended(status.map(code_of)));
                }
            })
            .context("starting the thread that waits for the command")?;
        let child = self.spawn()?;
        let pid = child.id();
        // The thread receives once before anything else.
        let _ = hand_over.send(child);
        Ok(pid)
    }

    fn spawn(self) -> Result<Child, Failure> {
        let spawned = Command::new(&self.program)
            .arg0(&self.name)
            .args(&self.arguments)
            .spawn();
        spawned.map_err(|error| {
            let program = self.program.display();
            match error.raw_os_error().map(Errno::from_raw) {
                Some(Errno::ENOENT) => Failure::not_found(format!(
                    "{program} cannot run: the interpreter or loader that it names does not exist"
                )),
                Some(Errno::ENOEXEC) => Failure::not_executable(format!(
                    "{program} is no program, and has no line #! that names one: if it is a script, \
                     give its shell, too, as in: sh {program}"
                )),
                _ => Failure::not_executable(format!("{program} cannot run: {error}")),
            }
        })
    }
}

/// The exit code that tells how a command has ended, as a shell has it.
fn code_of(status: ExitStatus) -> u8 {
    let signalled = || status.signal().map(|signal| i32::from(SIGNALLED) + signal);
    let code = status.code().or_else(signalled);
    // Codes are a byte, signals end at 64.
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}
