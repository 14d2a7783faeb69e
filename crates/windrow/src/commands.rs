//! One file a command.

#[cfg(feature = "kernel")]
pub mod demo;
#[cfg(feature = "kernel")]
pub mod monitor;
pub mod replay;
