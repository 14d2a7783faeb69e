//! One file a command.

pub mod completions;
#[cfg(feature = "kernel")]
pub mod demo;
pub mod man;
#[cfg(feature = "kernel")]
pub mod monitor;
pub mod replay;
