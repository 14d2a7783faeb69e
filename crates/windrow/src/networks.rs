//! `--networks FILE`: what networks are called, and the keys that need it.

use std::path::Path;
use std::sync::Arc;

use windrow_core::by::By;
use windrow_core::networks::Networks;

use crate::exit::Failure;

/// Reads a file of names. With one they stand beside all addresses that are asked for; without one no
/// name can be asked for.
pub fn read(file: Option<&Path>, by: Option<By>) -> Result<(By, Arc<Networks>), Failure> {
    let by = by.unwrap_or_default();
    let Some(file) = file else {
        if by.has_network() {
            return Err(Failure::usage(
                "src_net and dst_net in --by are names of networks: --networks FILE says what they are",
            ));
        }
        return Ok((by, Arc::default()));
    };
    let failure = |wrong: String| {
        let file = file.display().to_string();
        Failure::usage(format!("--networks {}: {wrong}", file.escape_debug()))
    };
    let bytes = std::fs::read(file).map_err(|error| failure(error.to_string()))?;
    let networks = Networks::parse(&bytes).map_err(failure)?;
    Ok((by.with_networks(), Arc::new(networks)))
}
