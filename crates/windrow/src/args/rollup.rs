//! What is asked of longer windows.

use std::time::Duration;

use clap::Args;

use super::units::{parse_bytes, parse_duration};

/// Longer windows, made of those that are counted.
#[derive(Debug, Args)]
pub struct Rollup {
    /// Longer windows, made by adding: lengths with commas between, as 1m,1h, each a multiple of the one
    /// before
    #[arg(long, value_name = "LENGTHS", value_delimiter = ',', value_parser = |text: &str| parse_duration(text.trim()))]
    pub rollup: Vec<Duration>,
    /// All that the tables of longer windows may hold, for each length
    #[arg(long, value_name = "BYTES", default_value = "32M", requires = "rollup", value_parser = parse_bytes)]
    pub rollup_memory: u64,
}
