//! `windrow man`: manual pages, made of what `--help` says.

use std::io::{Write, stdout};

use anyhow::Context;
use clap::CommandFactory;

use crate::args::{Arguments, Man};
use crate::exit::Failure;

/// Prints the page of windrow, or of one of its commands.
pub fn run(arguments: &Man) -> Result<(), Failure> {
    let mut windrow = Arguments::command();
    windrow.build();
    let page = match &arguments.command {
        None => windrow,
        Some(name) => {
            let names: Vec<String> = windrow
                .get_subcommands()
                .map(|command| command.get_name().to_owned())
                .collect();
            let command = windrow.find_subcommand(name).ok_or_else(|| {
                Failure::usage(format!(
                    "there is no command {name:?}; there are {}",
                    names.join(", ")
                ))
            })?;
            command.clone()
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .source(concat!("windrow ", env!("CARGO_PKG_VERSION")))
        .render(&mut text)
        .context("making the page")?;
    stdout().write_all(&text).context("writing the output")?;
    Ok(())
}
