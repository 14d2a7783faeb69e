//! One file a command.

#[cfg(feature = "kernel")]
pub mod cleanup;
pub mod completions;
#[cfg(feature = "kernel")]
pub mod connects;
#[cfg(feature = "kernel")]
pub mod demo;
#[cfg(feature = "kernel")]
pub mod doctor;
pub mod man;
#[cfg(feature = "kernel")]
pub mod measure;
#[cfg(feature = "kernel")]
pub mod monitor;
pub mod replay;
#[cfg(feature = "kernel")]
pub mod syscalls;
