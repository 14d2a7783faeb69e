//! What the command line of `windrow connects` means.

use windrow_core::connects::Connects;
use windrow_core::connects::top::Sort;

use crate::args::{self, ConnectSortName};
use crate::exit::Failure;
use crate::timed::counting::Counting;
use crate::timed::owners;

/// How connections are counted, beside what they have in common with all that is timed.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// What becomes of them is looked at when they are closed.
    pub health: bool,
    /// How handshakes are spread.
    pub histograms: bool,
}

impl Default for How {
    fn default() -> How {
        How {
            health: false,
            histograms: true,
        }
    }
}

/// Resolves names, and checks what has limits.
///
/// # Errors
/// What is wrong with the command line.
pub fn resolve(arguments: &args::Connects) -> Result<Counting<Connects>, Failure> {
    Ok(Counting {
        by: arguments.by.unwrap_or_default(),
        selection: owners::selection(&arguments.owners)?,
        how: How {
            health: arguments.health,
            histograms: !arguments.no_quantiles,
        },
        ..Counting::windowed(&arguments.windowed, &arguments.command)?
    })
}

/// `--sort`.
pub fn sort(name: ConnectSortName) -> Sort {
    match name {
        ConnectSortName::Attempts => Sort::Attempts,
        ConnectSortName::Established => Sort::Established,
        ConnectSortName::Failed => Sort::Failed,
        ConnectSortName::Time => Sort::Time,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;

    use super::*;
    use crate::args::{Arguments, Command};

    fn resolved(words: &str) -> Result<Counting<Connects>, Failure> {
        let arguments = Arguments::parse_from(
            ["windrow", "connects"]
                .into_iter()
                .chain(words.split_whitespace()),
        );
        let Command::Connects(arguments) = arguments.command else {
            panic!("another command");
        };
        resolve(&arguments)
    }

    #[test]
    fn the_host_is_counted_as_by_an_empty_command_line() {
        let resolved = resolved("").expect("it is right");
        let host = Counting::<Connects>::of_the_host(Duration::from_secs(1));
        assert_eq!(format!("{host:?}"), format!("{resolved:?}"));
    }

    #[test]
    fn longer_windows_of_a_command_are_for_programs() {
        let error = resolved("--rollup 1m -- true").expect_err("nobody would see them");
        assert!(error.to_string().contains("--json or --csv"), "{error}");
        assert!(resolved("--rollup 1m --json -- true").is_ok_and(|it| it.of_command));
        assert!(resolved("--rollup 1m").is_ok_and(|it| !it.of_command));
    }
}
