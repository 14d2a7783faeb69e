//! How the program ends: codes, and one sentence on stderr.

use std::fmt;
use std::io;
use std::process::ExitCode;

/// All went well.
pub const FINE: u8 = 0;
/// It failed.
pub const FAILED: u8 = 1;
/// Bad usage or configuration; nothing was attached.
pub const USAGE: u8 = 2;
/// The last source went away; what it counted was reported.
#[cfg(feature = "kernel")]
pub const SOURCE_GONE: u8 = 3;
/// The command that was to run was found, and cannot be executed; as a shell has it.
#[cfg(feature = "kernel")]
pub const NOT_EXECUTABLE: u8 = 126;
/// There is no such command, or not the interpreter that it names; as a shell has it.
#[cfg(feature = "kernel")]
pub const NOT_FOUND: u8 = 127;

/// An end that is not fine, with the sentence that the user reads.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    error: anyhow::Error,
}

impl Failure {
    /// The user asked for something that cannot be.
    pub fn usage(sentence: impl fmt::Display) -> Self {
        Failure {
            code: USAGE,
            error: anyhow::anyhow!("{sentence}"),
        }
    }

    /// The exit code that it ends with.
    #[cfg(all(test, feature = "kernel"))]
    pub fn code(&self) -> u8 {
        self.code
    }

    /// The same with something more to say behind it.
    pub fn and(self, more: impl fmt::Display) -> Self {
        Failure {
            code: self.code,
            error: anyhow::anyhow!("{:#}; {more}", self.error),
        }
    }

    /// The source went away.
    #[cfg(feature = "kernel")]
    pub fn source_gone(sentence: impl fmt::Display) -> Self {
        Failure {
            code: SOURCE_GONE,
            error: anyhow::anyhow!("{sentence}"),
        }
    }

    /// The command that was to run cannot be executed.
    #[cfg(feature = "kernel")]
    pub fn not_executable(sentence: impl fmt::Display) -> Self {
        Failure {
            code: NOT_EXECUTABLE,
            error: anyhow::anyhow!("{sentence}"),
        }
    }

    /// There is no such command.
    #[cfg(feature = "kernel")]
    pub fn not_found(sentence: impl fmt::Display) -> Self {
        Failure {
            code: NOT_FOUND,
            error: anyhow::anyhow!("{sentence}"),
        }
    }
}

/// The sentence.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure {
            code: FAILED,
            error: error.into(),
        }
    }
}

/// Tells the user and turns the result into the process's exit code.
pub fn report(result: Result<u8, Failure>) -> ExitCode {
    let failure = match result {
        Ok(code) => return ExitCode::from(code),
        Err(failure) => failure,
    };
    // `windrow … | head`: the reader has what it wanted.
    if is_closed_pipe(&failure.error) {
        return ExitCode::from(FINE);
    }
    eprintln!("windrow: {:#}", failure.error);
    ExitCode::from(failure.code)
}

/// Whether the reader of our output went away.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
